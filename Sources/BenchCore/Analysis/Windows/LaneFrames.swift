/// Raw frames of eight channels as two vectors each.
enum LaneFrames {
    /// The numbers as they are.
    @inline(never)
    static func convert(_ numbers: UnsafePointer<Int32>, _ frames: Int, into output: UnsafeMutablePointer<Lanes>) {
        let raw = UnsafeRawPointer(numbers)
        for n in 0..<frames {
            // Four at a time, as they are converted on the way from memory.
            let low = raw.loadUnaligned(fromByteOffset: 32 &* n, as: SIMD4<Int32>.self)
            let high = raw.loadUnaligned(fromByteOffset: 32 &* n &+ 16, as: SIMD4<Int32>.self)
            output[2 &* n] = Lanes(low)
            output[2 &* n &+ 1] = Lanes(high)
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
            let low = raw.loadUnaligned(fromByteOffset: 32 &* n, as: SIMD4<Int32>.self)
            let high = raw.loadUnaligned(fromByteOffset: 32 &* n &+ 16, as: SIMD4<Int32>.self)
            output[2 &* n] = offset.0.plus(scale.0, times: Lanes(low))
            output[2 &* n &+ 1] = offset.1.plus(scale.1, times: Lanes(high))
        }
    }
}
