import BenchCore
import TestSupport

/// The guide of `Documentation.docc`, with the files and readings that it shows.
struct GuidePage {
    private let blocks: [(title: String, lines: [String])]

    init() throws {
        let path = Checkout.path("Sources/Instruments/Documentation.docc/from-manual-to-driver.md")
        var blocks: [(String, [String])] = []
        var title = "", open: [String]?
        for line in String(decoding: try Disk.read(path), as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init) {
            if line.hasPrefix("```") {
                if let lines = open { blocks.append((title, lines)) }
                open = open == nil ? [] : nil
                if open == nil { title = "" }
            } else if open != nil {
                open?.append(line)
            } else if !line.isEmpty {
                title = line
            }
        }
        self.blocks = blocks
    }

    /// The lines of the block that follows «File `name`:» or «Reading `name`:».
    func lines(_ title: String) throws -> [String] {
        guard let block = blocks.first(where: { $0.title == title }) else {
            throw PeerError("the guide has no block «\(title)»")
        }
        return block.lines
    }

    /// A file of the guide as its bytes.
    func file(_ name: String) throws -> [UInt8] {
        Array((try lines("File `\(name)`:").joined(separator: "\n") + "\n").utf8)
    }
}
