/// Raw frames of eight channels as two vectors each.
enum LaneFrames {
    /// The numbers as they are.
    @inline(never)
    static func convert(_ numbers: UnsafePointer<Int32>, _ frames: Int, into output: UnsafeMutablePointer<Lanes>) {
        let raw = UnsafeRawPointer(numbers)
        for n in 0..<frames {
            let frame = raw.loadUnaligned(fromByteOffset: 32 &* n, as: SIMD8<Int32>.self)
            output[2 &* n] = Lanes(frame.lowHalf)
            output[2 &* n &+ 1] = Lanes(frame.highHalf)
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
            let frame = raw.loadUnaligned(fromByteOffset: 32 &* n, as: SIMD8<Int32>.self)
            output[2 &* n] = offset.0.plus(scale.0, times: Lanes(frame.lowHalf))
            output[2 &* n &+ 1] = offset.1.plus(scale.1, times: Lanes(frame.highHalf))
        }
    }
}
