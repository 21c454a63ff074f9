/// A table of text for people: columns as wide as their widest cell, two blanks between them.
struct TextTable {
    private var rows: [[String]]
    private let right: Set<Int>

    /// A table with a head; the columns named in `right` are set to the right.
    init(_ head: [String], right: Set<Int> = []) {
        rows = [head]
        self.right = right
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The lines, without blanks at their ends.
    func lines(indent: String = "") -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = indent
            for (column, cell) in row.enumerated() {
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                line += right.contains(column) ? blanks + cell : cell + blanks
                if column + 1 < row.count { line += "  " }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
