import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// The error curve of one panel: percentage error over current on a logarithmic axis, with limits and uncertainty.
struct CurvePlot {
    private let panel: MeterCertificate.CurvePanel
    private let top: Double, bottom: Double
    private let step: Double
    private let low: Double, high: Double
    private var height: Double { panel.small ? 102 : 138 }
    private let left = Flow.left + 38, right = Flow.right - 8
    private static let dashes: [[Double]] = [[], [5, 2.5], [1.4, 2], [7, 2, 1.4, 2], [3, 1.5], [9, 3]]

    init(_ panel: MeterCertificate.CurvePanel) {
        self.panel = panel
        let bounds = panel.limits.flatMap(\.steps).flatMap { [abs($0.lower), abs($0.upper)] }.max() ?? 1
        let reach = panel.series.flatMap(\.points).map { abs($0.error) + ($0.U ?? 0) }.max() ?? 0
        // A far outlier is drawn at the edge with its value, so that the rest stays legible.
        let wanted = min(max(bounds * 1.15, reach * 1.08), bounds * 3)
        let step = Self.tick(wanted)
        self.step = step
        top = wanted
        bottom = -top
        let currents = panel.series.flatMap(\.points).map(\.ratio)
        low = (currents.min() ?? 0.01) / 1.25
        high = max(currents.max() ?? 1, panel.maximum) * 1.2
    }

    /// A round distance of ticks that gives three to six of them above zero.
    private static func tick(_ top: Double) -> Double {
        let power = pow(10, floor(log10(max(top, 1e-6))))
        for step in [0.1, 0.2, 0.5, 1, 2] where top / (step * power) <= 5 { return step * power }
        return 2 * power
    }

    /// The panel as a piece of a page.
    func piece(_ typefaces: Typefaces) -> Piece {
        let legend = legend(typefaces)
        let total = 22 + height + 32 + Double(legend.count) * 12 + 8
        return Piece(height: total) { pen, y in
            pen.text(panel.title, Flow.left, y + 11, .sansBold, 8.2)
            frame(pen, y + 22)
            for (i, series) in panel.series.enumerated() { draw(series, i, pen, y + 22) }
            var line = y + 22 + height + 36
            for row in legend {
                for entry in row { key(entry, pen, line) }
                line += 12
            }
        }
    }

    // MARK: axes

    private func x(_ ratio: Double) -> Double { left + (right - left) * log(ratio / low) / log(high / low) }
    private func y(_ error: Double, _ edge: Double) -> Double { edge + height * (top - error) / (top - bottom) }

    private func frame(_ pen: Pen, _ edge: Double) {
        let floor = edge + height
        let decimals = max(0, -Int(Glibc.floor(log10(step) + 1e-9)))
        let count = Int((top / step + 1e-9).rounded(.down))
        for i in -count...count {
            let value = Double(i) * step
            let at = y(value, edge)
            pen.line([(left, at), (right, at)], i == 0 ? 0.6 : 0.3, i == 0 ? .grey : .hair)
            pen.text(Printed.signed(value, decimals), left - 5, at + 2.6, .sans, 7.2, .black, right: true)
        }
        var lastLabel = -Double.infinity
        for power in -3...3 {
            for digit in [1.0, 2, 5] {
                let percent = digit * pow(10, Double(power))
                let ratio = percent / 100
                guard ratio >= low, ratio <= high else { continue }
                let at = x(ratio)
                pen.line([(at, edge), (at, floor)], 0.3, .hair)
                pen.line([(at, floor), (at, floor + 3)], 0.6, .black)
                let label = Decimal.shortest((percent * 1e6).rounded() / 1e6)
                let half = pen.typefaces.width(label, .sans, 7.2) / 2
                guard at - half > lastLabel + 4 else { continue }
                pen.centred(label, at, floor + 11, .sans, 7.2)
                lastLabel = at + half
            }
        }
        if panel.maximum >= low, panel.maximum <= high {
            let at = x(panel.maximum)
            pen.line([(at, edge), (at, floor)], 0.5, .grey, dash: [1, 2])
            pen.centred("Imax", at, edge - 3, .sans, 7.2, .grey)
        }
        for (i, limit) in panel.limits.enumerated() { draw(limit, i, pen, edge) }
        pen.line([(left, edge), (left, floor), (right, floor), (right, edge), (left, edge)], 0.6, .black)
        pen.centred("Current in % of \(panel.base)", (left + right) / 2, floor + 23, .sans, 7.8)
        pen.upright("Error in %", Flow.left + 6, edge + height / 2, .sans, 7.8)
    }

    // MARK: limits

    private func draw(_ limit: MeterCertificate.CurveLimit, _ index: Int, _ pen: Pen, _ edge: Double) {
        for bound in [\MeterCertificate.CurveStep.upper, \.lower] {
            var points: [(Double, Double)] = []
            for step in limit.steps where step.to >= low && step.from <= high {
                let value = min(max(step[keyPath: bound], bottom), top)
                points.append((x(min(max(step.from, low), high)), y(value, edge)))
                points.append((x(min(max(step.to, low), high)), y(value, edge)))
            }
            pen.line(points, 1.1, .accent, dash: Self.dashes[index % Self.dashes.count])
        }
    }

    // MARK: curves

    private func draw(_ series: MeterCertificate.CurveSeries, _ index: Int, _ pen: Pen, _ edge: Double) {
        // Curves stand side by side so that their bars do not hide each other.
        let shift = (Double(index) - Double(panel.series.count - 1) / 2) * (panel.small ? 4.6 : 4)
        let places = series.points.map { point -> (x: Double, y: Double, out: Bool) in
            let inside = min(max(point.error, bottom), top)
            return (x(point.ratio) + shift, y(inside, edge), inside != point.error)
        }
        pen.line(places.map { ($0.x, $0.y) }, 0.7, .black, dash: Self.dashes[series.dash % Self.dashes.count])
        for (point, place) in zip(series.points, places) {
            if let U = point.U, !place.out {
                let high = y(min(point.error + U, top), edge), low = y(max(point.error - U, bottom), edge)
                pen.line([(place.x, high), (place.x, low)], 0.6, .black)
                for end in [high, low] { pen.line([(place.x - 1.7, end), (place.x + 1.7, end)], 0.6, .black) }
            }
            if place.out {
                let up = point.error > 0
                let tip = place.y + (up ? 1.5 : -1.5), base = tip + (up ? 7 : -7)
                pen.shape([(place.x, tip), (place.x - 3, base), (place.x + 3, base)], .black)
                pen.text(
                    Printed.signed(point.error, 1) + " %", place.x + 5, base + (up ? 0 : 4), .sansBold, 7)
            } else {
                mark(series, place.x, place.y, pen)
            }
        }
    }

    private func mark(_ series: MeterCertificate.CurveSeries, _ x: Double, _ y: Double, _ pen: Pen) {
        let r = 1.9
        let fill: Ink = [.black, .white, .rule][series.dash % 3]
        switch series.marker % 3 {
        case 0: pen.circle(x, y, r, fill, outline: .black)
        case 1: pen.shape([(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], fill, outline: .black)
        default: pen.shape([(x, y - r * 1.3), (x + r * 1.2, y + r), (x - r * 1.2, y + r)], fill, outline: .black)
        }
    }

    // MARK: legend

    private struct Key {
        var name: String, index: Int, limit: Bool, x: Double
    }

    private func legend(_ typefaces: Typefaces) -> [[Key]] {
        var rows: [[Key]] = [[]]
        var x = left
        let all =
            panel.series.enumerated().map { ($1.name, $0, false) }
            + panel.limits.enumerated().map { ($1.name, $0, true) }
        for (name, index, limit) in all {
            let width = 30 + typefaces.width(name, .sans, 7.6) + 14
            if x + width > Flow.right + 14, !rows[rows.count - 1].isEmpty {
                rows.append([])
                x = left
            }
            rows[rows.count - 1].append(Key(name: name, index: index, limit: limit, x: x))
            x += width
        }
        return rows
    }

    private func key(_ key: Key, _ pen: Pen, _ y: Double) {
        let line = [(key.x, y - 2.6), (key.x + 24, y - 2.6)]
        if key.limit {
            pen.line(line, 1.1, .accent, dash: Self.dashes[key.index % Self.dashes.count])
        } else {
            let series = panel.series[key.index]
            pen.line(line, 0.7, .black, dash: Self.dashes[series.dash % Self.dashes.count])
            mark(series, key.x + 12, y - 2.6, pen)
        }
        pen.text(key.name, key.x + 29, y, .sans, 7.6)
    }
}
