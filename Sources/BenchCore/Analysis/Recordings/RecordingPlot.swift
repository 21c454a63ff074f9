/// A recording and its analysis as a picture: the first cycles, the effective values over time, the harmonics.
public struct RecordingPlot: Sendable {
    private static let width = 960.0, height = 260.0, left = 70.0, right = 20.0, top = 30.0, bottom = 40.0
    private static let colours = [
        "#7a3b10", "#1b1b1b", "#6b6b6b", "#1f6fb4", "#c0392b", "#c08a1e", "#8e44ad", "#16a085",
    ]

    /// One line of a picture: its name and its points.
    private struct Line {
        var name: String, points: [(x: Double, y: Double)]
    }
    private var panels: [String] = []

    /// The picture of a recording; panels for which there is nothing to show are left out.
    public init(_ recording: Recording, _ analysis: RecordingAnalysis) {
        let assignment = PhaseAssignment(recording.channels)
        let cycles = min(recording.frames, Int(recording.rate * 4 / (analysis.nominal ?? 50)))
        func waves(_ numbers: [Int]) -> [Line] {
            numbers.map { number in
                let factor = PhaseAssignment.factor(recording.channels[number]) ?? 1
                let values = recording.physical(number, 0..<cycles)
                return Line(
                    name: recording.channels[number].name,
                    points: values.enumerated().map { (Double($0) / recording.rate * 1000, $1 * factor) })
            }
        }
        add("voltages, first cycles", "ms", "V", waves(assignment.voltages))
        add("currents, first cycles", "ms", "A", waves(assignment.currents))
        add(
            "effective values of the windows", "s", "V",
            assignment.voltages.map { number in
                Line(
                    name: recording.channels[number].name,
                    points: analysis.windows.map { ($0.begin, $0.rms[number]) })
            })
        bars(analysis)
    }

    /// The picture as an SVG file.
    public var svg: String {
        let all = Self.height * Double(max(1, panels.count))
        var text =
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(Self.width))\" height=\"\(Int(all))\" "
            + "font-family=\"Liberation Sans, Helvetica, sans-serif\" font-size=\"11\">\n"
            + "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        for (n, panel) in panels.enumerated() {
            text += "<g transform=\"translate(0 \(Int(Double(n) * Self.height)))\">\n\(panel)</g>\n"
        }
        return text + "</svg>\n"
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private static func label(
        _ x: Double, _ y: Double, _ text: String, anchor: String = "middle", colour: String = "black"
    ) -> String {
        "<text x=\"\(Decimal.fixed(x, 1))\" y=\"\(Decimal.fixed(y, 1))\" text-anchor=\"\(anchor)\" fill=\"\(colour)\">\(escaped(text))</text>\n"
    }

    /// Even steps of 1, 2 or 5 that divide a range into about five.
    private static func ticks(_ low: Double, _ high: Double) -> [Double] {
        guard high > low, (high - low).isFinite else { return [low] }
        var step = 1.0
        while step * 5 < high - low { step *= 10 }
        while step * 5 > high - low { step /= 10 }
        for m in [10.0, 5, 2] where (high - low) / (step * m) >= 3 {
            step *= m
            break
        }
        return stride(from: (low / step).rounded(.up) * step, through: high, by: step).map { $0 }
    }

    private static func frame(
        _ title: String, _ xUnit: String, _ yUnit: String, _ x: ClosedRange<Double>, _ y: ClosedRange<Double>,
        numbers: Bool = true
    )
        -> String
    {
        var text = label(left, 18, title, anchor: "start")
        for tick in ticks(y.lowerBound, y.upperBound) {
            let at = place(tick, y, from: height - bottom, to: top)
            text +=
                "<line x1=\"\(left)\" x2=\"\(width - right)\" y1=\"\(Decimal.fixed(at, 1))\" y2=\"\(Decimal.fixed(at, 1))\" stroke=\"#dddddd\"/>\n"
            text += label(left - 6, at + 4, Decimal.shortest((tick * 1e9).rounded() / 1e9 + 0), anchor: "end")
        }
        if numbers {
            for tick in ticks(x.lowerBound, x.upperBound) {
                let at = place(tick, x, from: left, to: width - right)
                text += label(at, height - bottom + 16, Decimal.shortest((tick * 1e9).rounded() / 1e9 + 0))
            }
        }
        return text + label(width - right, height - 8, xUnit, anchor: "end") + label(8, 18, yUnit, anchor: "start")
            + "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width - left - right)\" height=\"\(height - top - bottom)\" fill=\"none\" stroke=\"#888888\"/>\n"
    }

    private static func place(_ value: Double, _ range: ClosedRange<Double>, from: Double, to: Double) -> Double {
        from + (value - range.lowerBound) / (range.upperBound - range.lowerBound) * (to - from)
    }

    private static func span(_ values: [Double]) -> ClosedRange<Double>? {
        guard let low = values.min(), let high = values.max(), low.isFinite, high.isFinite else { return nil }
        // Never so fine that rounding looks like a change.
        let room = max(0.05 * (high - low), 1e-3 * max(abs(low), abs(high)), 1e-9)
        return (low - room)...(high + room)
    }

    private mutating func add(_ title: String, _ xUnit: String, _ yUnit: String, _ lines: [Line]) {
        let points = lines.flatMap(\.points)
        guard points.count > 1, let x = Self.span(points.map(\.x)), let y = Self.span(points.map(\.y)) else { return }
        var text = Self.frame(title, xUnit, yUnit, x, y)
        for (n, line) in lines.enumerated() {
            let colour = Self.colours[n % Self.colours.count]
            let path = line.points.map { point in
                Decimal.fixed(Self.place(point.x, x, from: Self.left, to: Self.width - Self.right), 1) + ","
                    + Decimal.fixed(Self.place(point.y, y, from: Self.height - Self.bottom, to: Self.top), 1)
            }.joined(separator: " ")
            text += "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"1.2\" points=\"\(path)\"/>\n"
            text += Self.label(
                Self.width - Self.right - 60 * Double(lines.count - n), 18, line.name, anchor: "start", colour: colour)
        }
        panels.append(text)
    }

    /// Harmonics 2 … 50 of every channel in % of its fundamental.
    private mutating func bars(_ analysis: RecordingAnalysis) {
        let columns = analysis.phases.flatMap { phase in
            [("U", phase.voltageHarmonics), ("I", phase.currentHarmonics)].filter { !$0.1.isEmpty && $0.1[0] > 0 }
                .map { (name: $0.0 + phase.name.dropFirst(), values: $0.1) }
        }
        guard !columns.isEmpty else { return }
        let most =
            columns.flatMap { column in column.values.dropFirst().map { 100 * $0 / column.values[0] } }.max() ?? 0
        let y = 0...max(0.1, 1.05 * most)
        let x = 1.0...51
        var text = Self.frame("harmonic subgroups, % of the fundamental", "order", "%", x, y, numbers: false)
        for order in stride(from: 5, through: 50, by: 5) {
            text += Self.label(
                Self.place(Double(order) + 0.5, x, from: Self.left, to: Self.width - Self.right),
                Self.height - Self.bottom + 16,
                "\(order)")
        }
        let slot = (Self.width - Self.left - Self.right) / 50, bar = 0.8 * slot / Double(columns.count)
        for (n, column) in columns.enumerated() {
            let colour = Self.colours[n % Self.colours.count]
            for order in 2...50 {
                let share = 100 * column.values[order - 1] / column.values[0]
                let tall = Self.place(share, y, from: 0, to: Self.height - Self.top - Self.bottom)
                guard tall >= 0.3 else { continue }
                let at =
                    Self.place(Double(order) + 0.1, x, from: Self.left, to: Self.width - Self.right) + Double(n) * bar
                text +=
                    "<rect x=\"\(Decimal.fixed(at, 1))\" y=\"\(Decimal.fixed(Self.height - Self.bottom - tall, 1))\" "
                    + "width=\"\(Decimal.fixed(bar, 1))\" height=\"\(Decimal.fixed(tall, 1))\" fill=\"\(colour)\"/>\n"
            }
            text += Self.label(
                Self.width - Self.right - 40 * Double(columns.count - n), 18, column.name, anchor: "start",
                colour: colour)
        }
        panels.append(text)
    }
}
