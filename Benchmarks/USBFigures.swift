import BenchCore
import CFigures
import Glibc
import Instruments

/// Blocks of an emulated USBTMC instrument by our port and by a plain libusb client in C, in the same run.
///
/// The measuring is done by this program started once more with umockdev's library in front of the C library
/// (`Scripts/with-usb-device`), because only a process that began so sees the emulated instrument.
enum USBFigures {
    /// The word that makes this program the second one.
    static let word = "usb-blocks"
    static let vendor: UInt16 = 0x1209, product: UInt16 = 0x4D42
    private static let size = 4 << 20, times = 4, rounds = 21

    /// What the second process does: prints megabytes a second, ours and theirs in turn.
    static func measure() throws {
        for round in 0...rounds {
            // Whoever comes second may find caches warm: that is each of them in turn.
            let first = round % 2 == 0 ? try ours() : try plain()
            let second = round % 2 == 0 ? try plain() : try ours()
            let (own, other) = round % 2 == 0 ? (first, second) : (second, first)
            guard own.bytes == other.bytes else {
                throw Fault(.internalError, "figures", "we read \(own.bytes) bytes, plain C \(other.bytes)")
            }
            // The first round warms up.
            guard round > 0 else { continue }
            print(
                "rates \(Decimal.fixed(Double(own.bytes) / own.seconds / 1e6, 3)) "
                    + Decimal.fixed(Double(other.bytes) / other.seconds / 1e6, 3))
        }
    }

    private static let query = "BLOCK? \(size)"

    private static func ours() throws -> (bytes: Int, seconds: Double) {
        try USBTMCRate.read(vendor: vendor, product: product, query: query, times: times, for: "figures")
    }

    private static func plain() throws -> (bytes: Int, seconds: Double) {
        var bytes: Int64 = 0
        let seconds = cfigures_usb_blocks(Int32(vendor), Int32(product), query, Int32(times), &bytes)
        guard seconds > 0 else { throw Fault(.internalError, "figures", "the plain C client failed") }
        return (Int(bytes), seconds)
    }

    static func show(_ sheet: inout Sheet) {
        sheet.section(
            "USBTMC",
            "blocks of \(size >> 20) MiB of an instrument emulated by umockdev; ours beside libusb in C, same run")
        guard access("/usr/include/umockdev-1.0/umockdev.h", R_OK) == 0 else {
            return sheet.plain("block throughput", "skipped: no umockdev")
        }
        let pairs = secondProcess()
        guard pairs.count == rounds else {
            return sheet.demand("block throughput", "no figure", "≥ 0.9 of plain C", met: false)
        }
        let ratios = pairs.map { $0.ours / $0.plain }.sorted(), middle = pairs.count / 2
        sheet.plain("block throughput, ours", Decimal.fixed(pairs.map(\.ours).sorted()[middle], 1) + " MB/s")
        sheet.plain("block throughput, plain C", Decimal.fixed(pairs.map(\.plain).sorted()[middle], 1) + " MB/s")
        sheet.demand(
            "block throughput, median ratio of \(rounds) pairs", Decimal.fixed(ratios[middle], 3), "≥ 0.9 of plain C",
            met: ratios[middle] >= 0.9)
    }

    private static func secondProcess() -> [(ours: Double, plain: Double)] {
        let script =
            #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
            + "/Scripts/with-usb-device"
        var own = [CChar](repeating: 0, count: 4096)
        let size = readlink("/proc/self/exe", &own, own.count - 1)
        guard size > 0,
            let stream = popen(
                "'\(script)' '\(String(decoding: own[..<size].map { UInt8(bitPattern: $0) }, as: UTF8.self))' \(word)",
                "r")
        else { return [] }
        defer { pclose(stream) }
        var pairs: [(ours: Double, plain: Double)] = []
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), stream) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = text.split(whereSeparator: \.isWhitespace)
            guard words.count == 3, words[0] == "rates", let ours = Double(words[1]), let plain = Double(words[2])
            else { continue }
            pairs.append((ours, plain))
        }
        return pairs
    }
}
