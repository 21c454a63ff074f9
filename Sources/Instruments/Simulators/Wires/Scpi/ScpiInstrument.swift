internal import BenchCore
internal import Synchronization

/// What a simulated instrument knows.
protocol ScpiModel: Sendable {
    /// The answer to `*IDN?`.
    var identity: String { get }
    /// `*RST`.
    mutating func reset()
}

/// What became of a command.
enum ScpiOutcome: Sendable {
    case done
    case answer(String)
    /// An entry of the error queue.
    case error(Int, String)

    static let range = ScpiOutcome.error(-222, "Data out of range")
    static let parameter = ScpiOutcome.error(-108, "Parameter not allowed")
    static let missing = ScpiOutcome.error(-109, "Missing parameter")
    static let illegal = ScpiOutcome.error(-224, "Illegal parameter value")
}

/// One call of a command: the numbers in its header, and its parameters.
struct ScpiCall: Sendable {
    var numbers: [Int], parameters: [String]

    func number(_ index: Int = 0) -> Double? {
        index < parameters.count ? SCPINumber.parse(parameters[index]) : nil
    }
    func flag(_ index: Int = 0) -> Bool? {
        guard index < parameters.count else { return nil }
        switch parameters[index].uppercased() {
        case "ON", "1": return true
        case "OFF", "0": return false
        default: return nil
        }
    }
}

/// A command of an instrument, by the header its manual prints.
struct ScpiCommand<Model: ScpiModel>: Sendable {
    let pattern: ScpiPattern
    let run: @Sendable (inout Model, ScpiCall) -> ScpiOutcome

    init(_ pattern: String, _ run: @escaping @Sendable (inout Model, ScpiCall) -> ScpiOutcome) {
        self.pattern = ScpiPattern(pattern)
        self.run = run
    }

    /// A setting with its query: `X 5` and `X?`.
    static func number(
        _ pattern: String, _ range: ClosedRange<Double>, _ path: any (WritableKeyPath<Model, Double> & Sendable)
    ) -> [ScpiCommand] {
        [
            ScpiCommand(pattern) { model, call in
                guard let value = call.number() else { return .missing }
                guard range.contains(value) else { return .range }
                model[keyPath: path] = value
                return .done
            },
            ScpiCommand(pattern + "?") { model, _ in .answer(SCPINumber.text(model[keyPath: path])) },
        ]
    }
}

/// A SCPI instrument of one maker, played from its manual: messages, header paths, error queue (IEEE 488.2-1992; SCPI-1999).
///
/// One instrument, whoever talks with it: what one client sets another sees.
final class ScpiInstrument<Model: ScpiModel>: WireProtocol {
    private struct State {
        var model: Model
        var errors: [(Int, String)] = []
        var events: UInt16 = 0
        var deaf = 0
        var frozen = false
    }
    private let state: Mutex<State>
    private let commands: [ScpiCommand<Model>]
    /// How an empty error queue answers, and what stands around the parameters of a header.
    private let noError: String, comma: Bool

    /// An instrument with its commands. `comma`: a comma may stand between header and parameters (Pacific).
    init(_ model: Model, noError: String = "0,\"No error\"", comma: Bool = false, _ commands: [ScpiCommand<Model>]) {
        state = Mutex(State(model: model))
        self.commands = commands
        self.noError = noError
        self.comma = comma
    }

    /// Looks at the model, or changes it as a person at the front panel would.
    func model<T: Sendable>(_ body: (inout Model) -> T) -> T { state.withLock { body(&$0.model) } }

    /// Answers nothing to the next messages.
    func goDeaf(for messages: Int) { state.withLock { $0.deaf = messages } }

    /// From now on its commands do nothing; its questions are still answered.
    func freeze() { state.withLock { $0.frozen = true } }

    func session() -> any WireSession { ScpiInstrumentSession(instrument: self) }

    /// Does one message; the answers of its queries, joined by semicolons.
    func perform(_ message: String) -> String? {
        state.withLock { state in
            if state.deaf > 0 {
                state.deaf -= 1
                return nil
            }
            var answers: [String] = []
            var path: [Substring] = []
            for unit in Self.split(message, ";") {
                let text = unit.trimmingBlanks
                guard !text.isEmpty else { continue }
                if let answer = perform(text, &path, &state) { answers.append(answer) }
            }
            return answers.isEmpty ? nil : answers.joined(separator: ";")
        }
    }

    private func perform(_ unit: String, _ path: inout [Substring], _ state: inout State) -> String? {
        let cut = unit.firstIndex { $0 == " " || (comma && $0 == ",") } ?? unit.endIndex
        var header = String(unit[..<cut])
        let rest = cut < unit.endIndex ? String(unit[unit.index(after: cut)...]) : ""
        let parameters = rest.trimmingBlanks.isEmpty ? [] : Self.split(rest, ",").map(\.trimmingBlanks)
        if header.hasPrefix("*") { return common(header.uppercased(), &state) }
        if header.hasPrefix(":") {
            header.removeFirst()
        } else {
            header = (path.map(String.init) + [header]).joined(separator: ":")
        }
        let words = header.split(separator: ":")
        path = Array(words.dropLast())
        let error = ScpiPattern("SYSTem:ERRor[:NEXT]?")
        if error.match(header) != nil {
            guard !state.errors.isEmpty else { return noError }
            let (code, text) = state.errors.removeFirst()
            return "\(code),\"\(text)\""
        }
        for command in commands {
            guard let numbers = command.pattern.match(header) else { continue }
            if state.frozen, !header.hasSuffix("?") { return nil }
            switch command.run(&state.model, ScpiCall(numbers: numbers, parameters: parameters)) {
            case .done: return nil
            case .answer(let text): return text
            case .error(let code, let text):
                enter(code, text, &state)
                return nil
            }
        }
        enter(-113, "Undefined header;\(unit.prefix(40).filter { $0 != "\"" })", &state)
        return nil
    }

    private func common(_ header: String, _ state: inout State) -> String? {
        switch header {
        case "*IDN?": return state.model.identity
        case "*CLS":
            state.errors = []
            state.events = 0
        case "*RST": state.model.reset()
        case "*OPC?": return "1"
        case "*ESR?":
            defer { state.events = 0 }
            return String(state.events)
        case "*STB?": return String((state.errors.isEmpty ? 0 : 4) | (state.events == 0 ? 0 : 32))
        default: enter(-113, "Undefined header;\(header)", &state)
        }
        return nil
    }

    private func enter(_ code: Int, _ text: String, _ state: inout State) {
        state.events |= (-199 ... -100).contains(code) ? 1 << 5 : (-299 ... -200).contains(code) ? 1 << 4 : 1 << 3
        // A full queue keeps the oldest and says so (SCPI-1999 Volume 2, 21.8.1).
        if state.errors.count < 20 {
            state.errors.append((code, text))
        } else {
            state.errors[19] = (-350, "Queue overflow")
        }
    }

    /// Parts between a separator that stands outside of quotes.
    private static func split(_ text: String, _ separator: Character) -> [String] {
        var parts = [""]
        var open: Character?
        for character in text {
            if character == "\"" || character == "'" { open = open == nil ? character : open == character ? nil : open }
            if character == separator, open == nil {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }
}

private struct ScpiInstrumentSession<Model: ScpiModel>: WireSession {
    let instrument: ScpiInstrument<Model>

    mutating func consume(_ buffer: inout [UInt8]) -> [WireReply] {
        var replies: [WireReply] = []
        while let end = buffer.firstIndex(of: 10) {
            let line = String(decoding: buffer[..<end].filter { $0 != 13 }, as: UTF8.self)
            buffer.removeSubrange(...end)
            if let answer = instrument.perform(line) { replies.append(WireReply(bytes: Array((answer + "\n").utf8))) }
        }
        return replies
    }
}

extension String {
    /// Without blanks at both ends.
    fileprivate var trimmingBlanks: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
