import FoundationEssentials
import TestSupport

@testable import BenchCore

extension Checkout {
    /// The bytes of a file of the checkout.
    static func bytes(_ relative: String) throws -> [UInt8] { try Disk.read(path(relative)) }

    /// The names of the YAML files of a folder of the checkout, in order.
    static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(folder)).filter { $0.hasSuffix(".yaml") }.sorted()
    }

    /// The standards' figures beside the checkout; `nil` where they are not there (a user's machine has none).
    static func standards(_ name: String) -> [UInt8]? { try? Disk.read(path("../shared/standards/" + name)) }
}
