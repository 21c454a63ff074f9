/// Reads one instrument of a bench file.
enum BenchInstrumentFields {
    static func read(_ f: Fields, _ wires: inout WirePlan) -> Marked<InstrumentDescription>? {
        let id = f.name("id")
        let role = f.choice("role", of: InstrumentRole.self)
        let driver = f.name("driver")
        let wire = f.wire("wire")
        let manufacturer = f.text("manufacturer")
        let model = f.text("model")
        let serial = f.text("serial")
        let traceability = f.block(
            "traceability", "the traceability of an instrument", role == .referenceStandard ? .required : .optional,
            Traceability.read)
        if let wire { wires.add(wire, "«\(id ?? "?")»", f.mark("wire"), shared: false) }

        var source: SourceRange?
        var accuracy: [StandardRange] = []
        var reactive: ReactiveSpecification?
        var splits: Bool?
        var counter: CounterSpecification?
        var climate: ClimateSpecification?
        var sampling: SamplingDescription?
        var complete = true
        switch role {
        case .referenceSource:
            source = sourceRange(f)
            complete = source != nil
        case .referenceStandard:
            accuracy = accuracyRows(f)
            complete = !accuracy.isEmpty
            splits = f.yesNo("splits-energy", .optional)
            reactive = f.block("reactive", "what a standard measures of reactive energy", .optional) { block in
                let definition = block.choice("definition", of: ReactiveDefinition.self)
                let rows = accuracyRows(block)
                return definition.map { ReactiveSpecification(definition: $0, accuracy: rows) }
            }
        case .pulseCounter:
            counter = counterSpecification(f)
            complete = counter != nil
        case .environment:
            climate = f.quantity("temperature-uncertainty", TemperatureDifference.self, .required, .positive)
                .map { ClimateSpecification(temperatureU: $0.value) }
            complete = climate != nil
        case .digitizer:
            sampling = f.block(
                "sampling", "what a digitizer samples", wire?.tellsChannels == true ? .optional : .required
            ) {
                SamplingFields.read($0)
            }
            complete = sampling != nil || wire?.tellsChannels == true
        case .contactor, .errorCalculator, .clockCounter, .radioReceiver, .interlock, .lamp: break
        case nil:
            // The role decides which further keys belong here: without it none is complained about.
            _ = f.keys()
        }
        guard let id, let role, let driver, let wire, let manufacturer, let model, let serial, complete else {
            return nil
        }
        var instrument = InstrumentDescription(
            id: id, role: role, driver: driver, wire: wire, manufacturer: manufacturer, model: model,
            serial: serial,
            traceability: traceability, source: source, accuracy: accuracy, counter: counter, climate: climate,
            sampling: sampling)
        instrument.reactive = reactive
        instrument.splitsEnergy = splits
        return Marked(instrument, f)
    }

    private static func sourceRange(_ f: Fields) -> SourceRange? {
        let ranges = f.block("range", "the range of a source") { r -> [ClosedRange<Double>]? in
            let voltage = r.range("voltage", Voltage.self)
            let current = r.range("current", Current.self)
            let frequency = r.range("frequency", Frequency.self)
            guard let voltage, let current, let frequency else { return nil }
            return [voltage.closed, current.closed, frequency.closed]
        }
        let stability = f.percent("stability", .required, .notNegative)
        let settle = f.value("settle") { text throws(ValueTrouble) -> Quantity<TimeSpan> in
            let time = try QuantityText.atMost(text, TimeSpan.self)
            guard time.value > 0 else { throw ValueTrouble("«\(text)»: settling takes a time larger than zero") }
            return time
        }
        let harmonics = f.orders("harmonics", .optional, from: 0)
        let fluctuation = f.range("fluctuation", Frequency.self, .optional)
        let events = f.range("events", TimeSpan.self, .optional)
        guard let ranges, let stability, let settle else { return nil }
        return SourceRange(
            voltage: ranges[0], current: ranges[1], frequency: ranges[2], stability: stability, settle: settle.value,
            harmonics: harmonics, fluctuation: fluctuation?.closed, events: events?.closed)
    }

    private static func counterSpecification(_ f: Fields) -> CounterSpecification? {
        let channels = f.integer("channels", in: 1...BenchFile.mostPositions)
        let jitter = f.quantity("edge-jitter", TimeSpan.self, .required, .notNegative)
        let resolution = f.number("reference-resolution", .required, .positive)
        guard let channels, let jitter, let resolution else { return nil }
        return CounterSpecification(edgeJitter: jitter.value, referenceResolution: resolution, channels: channels)
    }

    // MARK: - accuracy of a standard

    /// More rows than any data sheet has; what they cover is looked at edge by edge.
    private static let mostRows = 64

    private static func accuracyRows(_ f: Fields) -> [StandardRange] {
        let rows = f.blocks("accuracy", "a row of the accuracy of a standard") { r -> Marked<StandardRange>? in
            let voltage = r.range("voltage", Voltage.self)
            let current = r.range("current", Current.self)
            let certificate = r.percent("certificate", .required, .positive)
            let drift = r.percent("drift", .required, .notNegative)
            let temperature = r.number("temperature", in: "%/K", .temperatureCoefficient, .required, .notNegative)
            guard let voltage, let current, let certificate, let drift, let temperature else { return nil }
            return Marked(
                StandardRange(
                    current: current.closed, voltage: voltage.closed, certificateU: certificate, drift: drift,
                    temperatureCoefficient: temperature), r)
        }
        guard rows.count <= mostRows else {
            f.complain("accuracy", "\(rows.count) rows; a standard is described by at most \(mostRows)")
            return rows.map(\.value)
        }
        complainCover(rows, f)
        return rows.map(\.value)
    }

    /// Complains where two rows answer the same load, or none does between the lowest and the highest value of the table.
    ///
    /// Rows are rectangles of voltage and current: it is enough to look at every edge, and between neighbouring edges.
    private static func complainCover(_ rows: [Marked<StandardRange>], _ f: Fields) {
        let voltages = places(rows.map(\.value.voltage))
        let currents = places(rows.map(\.value.current))
        var overlaps: Set<[Int]> = []
        var hole: (voltage: Double, current: Double)?
        for voltage in voltages {
            for current in currents {
                let answering = rows.indices.filter {
                    rows[$0].value.voltage.contains(voltage) && rows[$0].value.current.contains(current)
                }
                if answering.isEmpty, hole == nil { hole = (voltage, current) }
                if answering.count > 1, overlaps.insert(Array(answering.prefix(2))).inserted {
                    rows[answering[1]].fields.complaints.add(
                        rows[answering[1]].fields.mark,
                        "this row and the row on line \(rows[answering[0]].fields.mark.line) both answer "
                            + "\(QuantityText.text(voltage, .voltage)), \(QuantityText.text(current, .current)); exactly one "
                            + "may: let one end «below» or begin «above»")
                }
            }
        }
        if let hole {
            f.complain(
                "accuracy",
                "no row answers \(QuantityText.text(hole.voltage, .voltage)), \(QuantityText.text(hole.current, .current)); "
                    + "rows must cover the ranges without a hole")
        }
    }

    /// Every end of the ranges, and a round value between neighbouring ends.
    private static func places(_ ranges: [ClosedRange<Double>]) -> [Double] {
        let ends = Set(ranges.flatMap { [$0.lowerBound, $0.upperBound] }).sorted()
        var result: [Double] = []
        for (index, end) in ends.enumerated() {
            result.append(end)
            // Neighbours that differ only by an excluded end have nothing between them.
            if index + 1 < ends.count, ends[index + 1] > end.nextUp { result.append((end + ends[index + 1]) / 2) }
        }
        return result
    }
}

extension Traceability {
    /// Reads the block of a certificate.
    static func read(_ f: Fields) -> Traceability? {
        let certificate = f.text("certificate")
        let issuer = f.text("issuer")
        let calibrated = f.day("calibrated")
        let until = f.day("valid-until")
        if let calibrated, let until, until < calibrated {
            f.complain("valid-until", "valid until \(until), before the calibration of \(calibrated)")
        }
        guard let certificate, let issuer, let calibrated, let until else { return nil }
        return Traceability(certificate: certificate, issuer: issuer, calibrated: calibrated, validUntil: until)
    }
}
