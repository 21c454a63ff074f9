/// Raw frames of eight channels as two vectors each.
enum LaneFrames {
    /// Voltages and currents of a frame; four numbers at a time, as they are converted on the way from memory.
    @inline(__always)
    static func frame(_ raw: UnsafeRawPointer, _ n: Int) -> (Lanes, Lanes) {
        (
            Lanes(raw.loadUnaligned(fromByteOffset: 32 &* n, as: SIMD4<Int32>.self)),
            Lanes(raw.loadUnaligned(fromByteOffset: 32 &* n &+ 16, as: SIMD4<Int32>.self))
        )
    }

    /// The numbers as they are.
    @inline(never)
    static func convert(_ numbers: UnsafePointer<Int32>, _ frames: Int, into output: UnsafeMutablePointer<Lanes>) {
        let raw = UnsafeRawPointer(numbers)
        for n in 0..<frames {
            let (voltages, currents) = frame(raw, n)
            output[2 &* n] = voltages
            output[2 &* n &+ 1] = currents
        }
    }

    /// The numbers times a scale, plus an offset.
    @inline(never)
    static func convert(
        _ numbers: UnsafePointer<Int32>, _ frames: Int, scale: (Lanes, Lanes), offset: (Lanes, Lanes),
        into output: UnsafeMutablePointer<Lanes>
    ) {
        let raw = UnsafeRawPointer(numbers)
        for n in 0..<frames {
            let (voltages, currents) = frame(raw, n)
            output[2 &* n] = offset.0.plus(scale.0, times: voltages)
            output[2 &* n &+ 1] = offset.1.plus(scale.1, times: currents)
        }
    }
}
