import BenchCore
import FoundationEssentials

#if canImport(Glibc)
    import Glibc
#endif

/// How the program ends: 0 all pass, 1 some fail, 2 inconclusive or stopped, then the codes of sysexits.h.
enum ExitCode {
    static let ok: Int32 = 0
    static let fail: Int32 = 1
    static let inconclusive: Int32 = 2
    static let usage: Int32 = 64
    static let dataError: Int32 = 65
    static let noInput: Int32 = 66
    static let unavailable: Int32 = 69
    static let software: Int32 = 70
    static let cannotCreate: Int32 = 73
    static let ioError: Int32 = 74
    static let tryLater: Int32 = 75
    static let `protocol`: Int32 = 76
    static let noPermission: Int32 = 77
    static let configuration: Int32 = 78

    /// The code for trouble of equipment or software.
    static func of(_ code: Fault.Code) -> Int32 {
        switch code {
        case .timeout, .connectionRefused, .connectionLost: return unavailable
        case .badAnswer, .brokenFrame, .lateAnswer, .wrongUnit, .modbusException: return `protocol`
        case .storage: return ioError
        // The bench is not as its file says.
        case .wrongDevice, .expired: return dataError
        default: return software
        }
    }
}

/// One word of the command line: `meterbench <name> …`.
struct Verb: Sendable {
    /// The word, what follows it, and one line for `meterbench help`.
    let name: String, usage: String, summary: String
    /// Options with a value, and options without.
    let options: Set<String>, flags: Set<String>
    /// Does it; returns the exit code.
    let run: @Sendable (Arguments) async -> Int32

    init(
        _ name: String, _ usage: String, _ summary: String, options: Set<String> = [], flags: Set<String> = [],
        run: @escaping @Sendable (Arguments) async -> Int32
    ) {
        self.name = name
        self.usage = usage
        self.summary = summary
        self.options = options
        self.flags = flags
        self.run = run
    }
}

/// What stood on the command line behind the verb.
struct Arguments: Sendable {
    /// Plain words, in order.
    var words: [String] = []
    /// `--name value`.
    var options: [String: String] = [:]
    /// `--name`.
    var flags: Set<String> = []

    /// Reads arguments for a verb; the error is a sentence.
    static func parse(_ list: [String], for verb: Verb) -> Result<Arguments, UsageError> {
        var result = Arguments()
        var rest = list[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--"), word != "--" else {
                result.words.append(word)
                continue
            }
            if verb.flags.contains(word) {
                result.flags.insert(word)
            } else if verb.options.contains(word) {
                guard let value = rest.popFirst() else { return .failure(UsageError("\(word) needs a value")) }
                result.options[word] = value
            } else {
                let known = verb.options.union(verb.flags).sorted().joined(separator: ", ")
                return .failure(
                    UsageError(
                        "\(word) is not an option of «\(verb.name)»" + (known.isEmpty ? "" : "; it has \(known)")))
            }
        }
        return .success(result)
    }
}

/// A command line that cannot be understood.
struct UsageError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

/// Standard output and error, written through their descriptors.
enum Terminal {
    static func out(_ text: String) { write(1, text + "\n") }
    static func error(_ text: String) { write(2, text + "\n") }
    /// Writes a value as JSON, keys in order.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        out(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
    /// Writes text as it is to a descriptor.
    static func write(_ descriptor: Int32, _ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let n = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if n <= 0 { return }
            bytes = bytes.dropFirst(n)
        }
    }
    /// Whether a descriptor is a terminal.
    static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
}
