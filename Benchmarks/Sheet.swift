import BenchCore
import Glibc

/// The figures as they are printed: every one with its demand, and whether it is met.
struct Sheet {
    private(set) var missed: [String] = []

    /// A heading with what stands under it.
    func section(_ title: String, _ remark: String = "") {
        print("\n\(title)")
        if !remark.isEmpty { print("  " + remark) }
    }

    /// A figure that something is demanded of.
    mutating func demand(_ name: String, _ figure: String, _ demand: String, met: Bool) {
        print(
            "  " + Self.left(name, 58) + Self.right(figure, 20) + "   " + Self.left(demand, 24)
                + (met ? "met" : "NOT met"))
        if !met { missed.append(name) }
        flush()
    }

    /// A figure that nothing is demanded of.
    func plain(_ name: String, _ figure: String) {
        print("  " + Self.left(name, 58) + Self.right(figure, 20))
        flush()
    }

    /// Cells of a table: the first to the left, the others to the right.
    func row(_ cells: [String], first: Int = 34, width: Int = 11) {
        guard let head = cells.first else { return }
        print("  " + Self.left(head, first) + cells.dropFirst().map { Self.right($0, width) }.joined())
        flush()
    }

    private func flush() { fflush(nil) }

    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
