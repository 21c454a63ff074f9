import BenchCore

/// A digitizer as a command line names it: an address with what comes from it, or a bench file and the id of its digitizer.
struct DigitizerWords {
    /// From a bench file, or by itself.
    var bench: (file: String, id: String)?, told: InstrumentDescription?
    /// As told, s and 1/s; the digitizer's own first rate where it is not.
    var seconds: Double, rate: Double?
    /// Where the samples are to be kept; `nil` where nobody said.
    var folder: String?

    /// The options that say what comes from an address.
    static let options: Set = ["--channels", "--form", "--rate", "--seconds", "--into"]

    func description() throws -> InstrumentDescription {
        if let told { return told }
        guard let bench else { throw Fault(.notFound, "digitizer", "none was named") }
        let file = try BenchFile.load(try Disk.read(bench.file), file: bench.file)
        guard let found = file.instruments.first(where: { $0.id == bench.id && $0.role == .digitizer }) else {
            let known = file.instruments.filter { $0.role == .digitizer }.map(\.id)
            throw Fault(
                .notFound, bench.id,
                "is no digitizer of \(bench.file)"
                    + (known.isEmpty ? "; the bench has none" : "; there is \(known.joined(separator: ", "))"))
        }
        return found
    }

    static func read(_ arguments: Arguments) -> Result<DigitizerWords, UsageError> {
        func refused(_ text: String) -> Result<DigitizerWords, UsageError> { .failure(UsageError(text)) }
        guard let seconds = arguments.options["--seconds"].flatMap({ Double($0) }), seconds > 0, seconds <= 1e6 else {
            return refused("--seconds is a time above 0, at most 1000000")
        }
        let folder = arguments.options["--into"].flatMap { $0.isEmpty ? nil : $0 }
        var rate: Double?
        if let text = arguments.options["--rate"] {
            guard let value = Double(text), value >= 1, value <= 1e8 else {
                return refused("--rate is a number of frames a second, from 1 to 100000000")
            }
            guard seconds * value >= 1 else { return refused("--seconds is too short for one frame") }
            rate = value
        }
        var wanted = DigitizerWords(seconds: seconds, rate: rate, folder: folder)
        switch arguments.words.count {
        case 2:
            wanted.bench = (arguments.words[0], arguments.words[1])
            return .success(wanted)
        case 1: break
        default: return refused("name one digitizer, e.g. 192.0.2.7:5000, or a bench file and the id of its digitizer")
        }
        let place: (driver: String, wire: WireAddress)
        do throws(ValueTrouble) { place = try wire(arguments.words[0]) } catch { return refused(error.message) }
        guard let rate else { return refused("--rate is a number of frames a second, from 1 to 100000000") }
        guard let form = arguments.options["--form"].flatMap({ SampleForm(rawValue: $0) }) else {
            return refused("--form is one of \(SampleForm.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        switch channels(arguments.options["--channels"], form) {
        case .failure(let error): return .failure(error)
        case .success(let channels):
            wanted.told = InstrumentDescription(
                id: "digitizer", role: .digitizer, driver: place.driver, wire: place.wire, manufacturer: "", model: "",
                serial: "", traceability: nil, source: nil, accuracy: [], counter: nil, climate: nil,
                sampling: SamplingDescription(rates: [rate], form: form, channels: channels))
            return .success(wanted)
        }
    }

    private static func wire(_ word: String) throws(ValueTrouble) -> (String, WireAddress) {
        if word.hasPrefix("usb:") {
            let id = try WireFields.usbID(String(word.dropFirst(4)))
            return ("usb-digitizer", .usb(vendor: id.vendor, product: id.product, serial: nil, interface: 0))
        }
        if word.hasPrefix("alsa:") { return ("sound-card", .alsa(device: String(word.dropFirst(5)))) }
        let end = try WireFields.endpoint(word)
        return ("stream-digitizer", .tcp(host: end.host, port: end.port))
    }

    private static func channels(_ text: String?, _ form: SampleForm) -> Result<[RecordedChannel], UsageError> {
        func refused(_ text: String) -> Result<[RecordedChannel], UsageError> { .failure(UsageError(text)) }
        guard let text else { return refused("--channels is needed, e.g. \"U1=V*0.0001,I1=A*0.00001\"") }
        var channels: [RecordedChannel] = []
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            let right = sides.count == 2 ? sides[1].split(separator: "*", maxSplits: 1) : []
            guard right.count == 2, !sides[0].isEmpty, let scale = Double(right[1]), scale != 0, scale.isFinite else {
                return refused("«\(part)» is no channel; NAME=UNIT*SCALE is, e.g. U1=V*0.0001 for 0.1 mV a step")
            }
            var channel = RecordedChannel(name: sides[0], unit: String(right[0]), scale: scale)
            channel.setRange(form)
            channels.append(channel)
        }
        guard !channels.isEmpty, channels.count <= 256, Set(channels.map(\.name)).count == channels.count else {
            return refused("--channels names 1 to 256 channels, each once")
        }
        return .success(channels)
    }
}
