/// A table as printed in handbooks: rules above, below and under the header, no boxes, figures at the decimal point.
struct Table {
    /// How the cells of a column stand.
    enum Alignment: Sendable { case left, right, decimal }

    /// A column: its title, its width (a share of what is left where `nil`), its alignment.
    struct Column {
        var title: String
        var width: Double?
        var alignment: Alignment = .left
        var face: Face = .sans
    }

    /// A row of cells, or a title over the rows that follow.
    enum Row {
        case cells([String], strong: Bool = false)
        case group(String)
    }

    var columns: [Column]
    var rows: [Row]
    /// Size of the figures.
    var size = 8.2

    private static let gap = 8.0, leading = 10.8

    /// Left edges and widths of the columns.
    private func places(_ total: Double) -> [(x: Double, width: Double)] {
        let gaps = Self.gap * Double(columns.count - 1)
        let fixed = columns.reduce(0) { $0 + ($1.width ?? 0) }
        let open = Double(columns.count { $0.width == nil })
        let share = open > 0 ? (total - fixed - gaps) / open : 0
        // Without an open column the gaps take what is left, so that the table fills its width.
        let gap = open > 0 || columns.count < 2 ? Self.gap : (total - fixed) / Double(columns.count - 1)
        var x = Flow.left
        return columns.map { column in
            let width = column.width ?? share
            defer { x += width + gap }
            return (x, width)
        }
    }

    /// Where the decimal point of a column stands: widths before and after it, over all rows.
    private func points(_ typefaces: Typefaces) -> [(before: Double, after: Double)] {
        columns.indices.map { c in
            guard columns[c].alignment == .decimal else { return (0, 0) }
            var widest = (before: 0.0, after: 0.0)
            for case .cells(let cells, _) in rows where c < cells.count {
                let (a, b) = Self.split(cells[c])
                widest.before = max(widest.before, typefaces.width(a, columns[c].face, size))
                widest.after = max(widest.after, typefaces.width(b, columns[c].face, size))
            }
            return widest
        }
    }

    private static func split(_ text: String) -> (String, String) {
        guard let dot = text.firstIndex(of: ".") else { return (text, "") }
        return (String(text[..<dot]), String(text[dot...]))
    }

    /// The table as pieces: its header, and its rows.
    func pieces(_ flow: Flow) -> (header: [Piece], rows: [Piece]) {
        let places = places(Flow.width)
        let points = points(flow.typefaces)
        let header = header(flow, places)
        var group: String?
        let pieces = rows.indices.map { index -> Piece in
            var piece = row(index, flow, places, points)
            piece.repeats = [header]
            if case .group(let title) = rows[index] {
                group = title
            } else if let group {
                piece.repeats.append(self.title(group + " (continued)"))
            }
            return piece
        }
        return ([header], pieces)
    }

    private func header(_ flow: Flow, _ places: [(x: Double, width: Double)]) -> Piece {
        let style = TextStyle(face: .sansBold, size: size - 0.7, ink: .black, leading: 9.6)
        let titles = columns.indices.map { c in
            columns[c].title.split(separator: "\n").flatMap { flow.wrap(String($0), style, places[c].width) }
        }
        let lines = titles.map(\.count).max() ?? 1
        let height = Double(lines) * style.leading + 8
        let aligned = columns.map(\.alignment)
        return Piece(height: height + 2, keep: true) { pen, y in
            pen.line([(Flow.left, y), (Flow.right, y)], 0.9, .black)
            for (c, title) in titles.enumerated() {
                let right = aligned[c] != .left
                let x = right ? places[c].x + places[c].width : places[c].x
                for (i, line) in title.enumerated() {
                    let base = y + 4 + style.size + Double(lines - title.count + i) * style.leading
                    pen.text(line, x, base, style.face, style.size, style.ink, right: right)
                }
            }
            pen.line([(Flow.left, y + height), (Flow.right, y + height)], 0.5, .black)
        }
    }

    /// A title over the rows that follow.
    private func title(_ text: String) -> Piece {
        Piece(height: Self.leading + 7, keep: true) { pen, y in
            pen.text(text, Flow.left, y + 6 + size, .sansItalic, size, .accent)
        }
    }

    private func row(
        _ index: Int, _ flow: Flow, _ places: [(x: Double, width: Double)], _ points: [(before: Double, after: Double)]
    ) -> Piece {
        let last = index == rows.count - 1
        let size = size
        switch rows[index] {
        case .group(let text): return title(text)
        case .cells(let cells, let strong):
            let columns = columns
            let faces = columns.map { strong && $0.face == .sans ? Face.sansBold : $0.face }
            let lines: [[String]] = columns.indices.map { c in
                guard c < cells.count else { return [] }
                if columns[c].alignment != .left { return [cells[c]] }
                let style = TextStyle(face: faces[c], size: size, ink: .black, leading: Self.leading)
                return flow.wrap(cells[c], style, places[c].width)
            }
            let count = lines.map(\.count).max() ?? 1
            let height = Double(max(count, 1)) * Self.leading + 3.4
            var followed = false
            if !last, case .cells = rows[index + 1] { followed = true }
            return Piece(height: height) { pen, y in
                for c in columns.indices {
                    for (i, line) in lines[c].enumerated() where !line.isEmpty {
                        let base = y + 2 + size + Double(i) * Self.leading
                        let (x, width) = places[c]
                        switch columns[c].alignment {
                        case .left: pen.text(line, x, base, faces[c], size)
                        case .right: pen.text(line, x + width, base, faces[c], size, right: true)
                        case .decimal:
                            let (a, b) = Self.split(line)
                            let point = x + width - points[c].after
                            let start = point - pen.typefaces.width(a, faces[c], size)
                            pen.text(a + b, start, base, faces[c], size)
                        }
                    }
                }
                let bottom = y + height - 0.4
                if last {
                    pen.line([(Flow.left, bottom), (Flow.right, bottom)], 0.9, .black)
                } else if followed {
                    pen.line([(Flow.left, bottom), (Flow.right, bottom)], 0.25, .hair)
                }
            }
        }
    }
}
