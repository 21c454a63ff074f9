import CBench

/// Four numbers that are worked on together.
typealias Lanes = SIMD4<Double>

extension SIMD4<Double> {
    /// This plus a product; in one step and one rounding where the program is built for processors that can (otherwise the same step would be a call
    /// of the mathematics library for each lane, fifty times as slow).
    @inline(__always)
    func plus(_ a: Self, times b: Self) -> Self { cbench_fused() != 0 ? addingProduct(a, b) : self + a * b }

    /// This minus a product; as ``plus(_:times:)``.
    @inline(__always)
    func minus(_ a: Self, times b: Self) -> Self { cbench_fused() != 0 ? addingProduct(-a, b) : self - a * b }

    /// The square roots, in one step where the processor has it.
    @inline(__always)
    var roots: Self { cbench_roots(self) }

    /// The larger number in each place, and the smaller; the other where this is none.
    @inline(__always)
    func larger(_ other: Self) -> Self { cbench_larger(self, other) }
    @inline(__always)
    func smaller(_ other: Self) -> Self { cbench_smaller(self, other) }
}

extension UnsafeMutablePointer<SIMD4<Double>> {
    /// Memory for so many, all zero; each lies in one line of the cache (`allocate` gives no more than 16 bytes' alignment, and every second one would
    /// lie in two, which takes twice as long to read). To be given back with `deallocate`.
    static func lanes(_ count: Int) -> Self {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 32 * Swift.max(1, count), alignment: 64)
            .bindMemory(to: Pointee.self, capacity: count)
        memory.initialize(repeating: .zero, count: count)
        return memory
    }
}

/// For which processors the program is built.
public enum WideLanes {
    /// Whether it uses fused multiply-add (x86-64: FMA with AVX2; arm64: always).
    public static var fused: Bool { cbench_fused() != 0 }
    /// Whether this processor can do what the program is built for; one that cannot would stop at the first such instruction.
    public static var fit: Bool { cbench_processor_fits(cbench_fused()) != 0 }
}
