import CWavPack

/// Lossless compression of samples in memory by libwavpack: what comes out is a whole `.wv` file that `wvunpack` and ffmpeg read.
enum WavPack {
    /// What the numbers are.
    enum Form: Sendable, Hashable {
        /// Integers of 2, 3 or 4 bytes.
        case integer(bytes: Int)
        /// Bit patterns of 32-bit floats.
        case float

        var bytes: Int {
            switch self {
            case .integer(let bytes): bytes
            case .float: 4
            }
        }
    }

    /// What a file holds.
    struct Content: Sendable, Hashable {
        var form: Form
        var channels: Int
        var values: [Int32]
    }

    /// Why the library refused, as it says it.
    struct Refusal: Error { let text: String }

    /// The bytes of a file with these numbers, interleaved frames. The rate is rounded to whole frames a second.
    ///
    /// The library takes numbers by a pointer that it may write to: they are used up.
    static func encode(_ values: inout [Int32], form: Form, channels: Int, rate: Double) throws(Refusal) -> [UInt8] {
        let output = Output()
        let identity = Unmanaged.passUnretained(output).toOpaque()
        guard let context = WavpackOpenFileOutput(wavpackTakesBlock, identity, nil) else {
            throw Refusal(text: "no memory for compression")
        }
        defer { WavpackCloseFile(context) }
        var configuration = WavpackConfig()
        configuration.bytes_per_sample = Int32(form.bytes)
        configuration.bits_per_sample = Int32(form.bytes * 8)
        configuration.num_channels = Int32(channels)
        configuration.sample_rate = Int32(max(1, min(rate.rounded(), 2e9)))
        configuration.flags = CONFIG_FAST_FLAG
        if form == .float { configuration.float_norm_exp = 127 }
        func done(_ result: Int32) throws(Refusal) {
            guard result != 0 else { throw Refusal(text: String(cString: WavpackGetErrorMessage(context))) }
        }
        try done(WavpackSetConfiguration64(context, &configuration, Int64(values.count / channels), nil))
        try done(WavpackPackInit(context))
        let result = values.withUnsafeMutableBufferPointer {
            WavpackPackSamples(context, $0.baseAddress, UInt32($0.count / channels))
        }
        try done(result)
        try done(WavpackFlushSamples(context))
        return output.bytes
    }

    /// The numbers of a file that has to hold so many frames of so many channels.
    static func decode(_ bytes: [UInt8], frames: Int, channels: Int) throws(Refusal) -> Content {
        let input = Input(bytes)
        return try withExtendedLifetime(input) { () throws(Refusal) -> Content in
            let reader = UnsafeMutablePointer<WavpackStreamReader64>.allocate(capacity: 1)
            reader.initialize(to: Input.reader)
            defer { reader.deallocate() }
            var message = [CChar](repeating: 0, count: 256)
            let identity = Unmanaged.passUnretained(input).toOpaque()
            guard let context = WavpackOpenFileInputEx64(reader, identity, nil, &message, 0, 0) else {
                let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                throw Refusal(text: String(decoding: text, as: UTF8.self))
            }
            defer { WavpackCloseFile(context) }
            let held = (Int(WavpackGetNumChannels(context)), Int(WavpackGetNumSamples64(context)))
            guard held == (channels, frames) else {
                throw Refusal(text: "holds \(held.1) frames of \(held.0) channels, not \(frames) of \(channels)")
            }
            let isFloat = WavpackGetMode(context) & MODE_FLOAT != 0
            var values = [Int32](repeating: 0, count: frames * channels)
            let got = values.withUnsafeMutableBufferPointer {
                WavpackUnpackSamples(context, $0.baseAddress, UInt32(frames))
            }
            guard got == UInt32(frames), WavpackGetNumErrors(context) == 0 else {
                throw Refusal(
                    text: "gives \(got) of \(frames) frames, with \(WavpackGetNumErrors(context)) damaged blocks")
            }
            let form: Form = isFloat ? .float : .integer(bytes: Int(WavpackGetBytesPerSample(context)))
            return Content(form: form, channels: channels, values: values)
        }
    }

    /// Where blocks go.
    fileprivate final class Output { var bytes: [UInt8] = [] }

    /// Bytes that the library reads and seeks in.
    fileprivate final class Input {
        let bytes: [UInt8]
        var at = 0
        init(_ bytes: [UInt8]) { self.bytes = bytes }

        static func of(_ identity: UnsafeMutableRawPointer?) -> Input? {
            identity.map { Unmanaged<Input>.fromOpaque($0).takeUnretainedValue() }
        }

        func seek(_ place: Int64) -> Int32 {
            guard place >= 0, place <= Int64(bytes.count) else { return -1 }
            at = Int(place)
            return 0
        }

        static var reader: WavpackStreamReader64 {
            WavpackStreamReader64(
                read_bytes: wavpackReads, write_bytes: nil, get_pos: { Int64(Input.of($0)?.at ?? 0) },
                set_pos_abs: { Input.of($0)?.seek($1) ?? -1 }, set_pos_rel: wavpackSeeks,
                push_back_byte: wavpackPushesBack,
                get_length: { Int64(Input.of($0)?.bytes.count ?? 0) }, can_seek: { _ in 1 }, truncate_here: nil,
                close: nil)
        }
    }
}

/// The library hands over a block of the file.
private func wavpackTakesBlock(_ identity: UnsafeMutableRawPointer?, _ data: UnsafeMutableRawPointer?, _ count: Int32)
    -> Int32
{
    guard let identity, let data else { return 0 }
    let output = Unmanaged<WavPack.Output>.fromOpaque(identity).takeUnretainedValue()
    output.bytes.append(contentsOf: UnsafeRawBufferPointer(start: data, count: Int(count)))
    return 1
}

private func wavpackReads(_ identity: UnsafeMutableRawPointer?, _ data: UnsafeMutableRawPointer?, _ count: Int32)
    -> Int32
{
    guard let input = WavPack.Input.of(identity), let data, count > 0 else { return 0 }
    let length = min(Int(count), input.bytes.count - input.at)
    input.bytes.withUnsafeBytes { bytes in
        guard length > 0, let base = bytes.baseAddress else { return }
        data.copyMemory(from: base + input.at, byteCount: length)
    }
    input.at += length
    return Int32(length)
}

private func wavpackSeeks(_ identity: UnsafeMutableRawPointer?, _ delta: Int64, _ mode: Int32) -> Int32 {
    guard let input = WavPack.Input.of(identity) else { return -1 }
    // SEEK_SET, SEEK_CUR, SEEK_END of <stdio.h>.
    let base = mode == 0 ? 0 : mode == 1 ? input.at : input.bytes.count
    return input.seek(Int64(base) + delta)
}

private func wavpackPushesBack(_ identity: UnsafeMutableRawPointer?, _ byte: Int32) -> Int32 {
    guard let input = WavPack.Input.of(identity), input.at > 0 else { return -1 }
    input.at -= 1
    return byte
}
