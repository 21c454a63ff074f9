/// Reads what a digitizer of a bench file samples.
///
/// ```yaml
/// sampling:
///   rates: [51.2 kHz, 102.4 kHz]
///   form: int24                      # int16, int24, int32, float32; little endian, frame after frame
///   channels:                        # in the order of a frame; what one step of the number is worth
///     - { name: U1, step: 71.5 µV }
///     - { name: I1, step: 12.2 µA, skew: 1.2 µs }
///   corrections: [../Corrections/rack-3.yaml]    # gain and phase of its channels, relative to this file
/// ```
enum SamplingFields {
    /// More channels than any digitizer has.
    static let mostChannels = 256

    static func read(_ f: Fields) -> SamplingDescription? {
        let rates = f.values("rates") { text throws(ValueTrouble) -> Double in
            let rate = try QuantityText.quantity(text, Frequency.self).value
            guard rate >= 1, rate <= 1e8 else {
                throw ValueTrouble("«\(text)»: a digitizer samples at 1 Hz to 100 MHz")
            }
            return rate
        }
        let form = f.choice("form", of: SampleForm.self)
        let channels = f.blocks("channels", "a channel of a digitizer") { channel($0, form) }
        let start = f.integer("start-request", .optional, in: 0...255)
        let stop = f.integer("stop-request", .optional, in: 0...255)
        let corrections = f.texts("corrections", .optional)
        if channels.count > mostChannels {
            f.complain("channels", "\(channels.count) channels; at most \(mostChannels)")
        }
        var seen: Set<String> = []
        for channel in channels where !seen.insert(channel.name).inserted {
            f.complain("channels", "two channels are called «\(channel.name)»")
        }
        guard let rates, let form, !channels.isEmpty else { return nil }
        return SamplingDescription(
            rates: rates.sorted(), form: form, channels: channels, startRequest: start, stopRequest: stop,
            corrections: corrections)
    }

    private static func channel(_ f: Fields, _ form: SampleForm?) -> RecordedChannel? {
        let name = f.name("name")
        let step = f.value("step") { text throws(ValueTrouble) -> (value: Double, unit: String) in
            let voltage = Result { () throws(ValueTrouble) in try QuantityText.quantity(text, Voltage.self).value }
            if case .success(let value) = voltage { return (try notZero(value, text), "V") }
            let current = Result { () throws(ValueTrouble) in try QuantityText.quantity(text, Current.self).value }
            if case .success(let value) = current { return (try notZero(value, text), "A") }
            throw ValueTrouble("«\(text)» is neither a voltage nor a current; write e.g. «71.5 µV» or «12.2 µA»")
        }
        let skew = f.quantity("skew", TimeSpan.self, .optional)
        guard let name, let step else { return nil }
        var channel = RecordedChannel(name: name, unit: step.unit, scale: step.value, skew: skew?.value ?? 0)
        channel.setRange(form)
        return channel
    }

    private static func notZero(_ value: Double, _ text: String) throws(ValueTrouble) -> Double {
        guard abs(value) >= 1e-100, abs(value) <= 1e100 else { throw ValueTrouble("«\(text)»: a step is not zero") }
        return value
    }
}

extension RecordedChannel {
    /// The ends of the range are those of the numbers; floats have none.
    public mutating func setRange(_ form: SampleForm?) {
        guard let form, form != .float32 else { return }
        let end = Double(Int64(1) << Int64(8 * form.width - 1))
        (lowest, highest) = (-end, end - 1)
    }
}

extension WireAddress {
    /// Whether what is at its end says itself which channels it has.
    var tellsChannels: Bool {
        if case .file = self { return true }
        return false
    }
}
