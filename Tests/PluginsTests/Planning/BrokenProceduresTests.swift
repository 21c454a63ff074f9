import BenchCore
import Plugins
import Testing

@Suite struct BrokenProceduresTests {
    static let folder = Checkout.path("Fixtures/Broken/procedures")

    static func files() -> [String] { ((try? Disk.names(in: folder)) ?? []).filter { $0.hasSuffix(".yaml") } }

    /// `# expect: LINE:COL: fragment`, with the file before the line where it is not the procedure itself.
    static func expectation(_ bytes: [UInt8]) -> (file: String?, mark: Mark, fragment: String)? {
        let first = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
        guard first.hasPrefix("# expect: "), let cut = first.range(of: ": ", after: "# expect: ".count) else {
            return nil
        }
        let place = first[..<cut].dropFirst("# expect: ".count).split(separator: ":")
        guard place.count >= 2, let line = Int(place[place.count - 2]), let column = Int(place[place.count - 1]) else {
            return nil
        }
        let fragment = first[first.index(cut, offsetBy: 2)...]
        return (place.count == 3 ? String(place[0]) : nil, Mark(line: line, column: column), String(fragment))
    }

    /// What `meterbench check` and, where that finds nothing, `meterbench plan` say about the file.
    static func complaints(_ path: String) throws -> [Diagnostic] {
        let found = try FileCheck.complaints(path, kinds: BuiltIn.stepKinds)
        guard found.isEmpty || path.contains("/plan-") else { return found }
        do {
            _ = try PlanTable.lines(
                procedure: path, bench: Checkout.path("Fixtures/Benches/demo.yaml"),
                meter: Checkout.path("Fixtures/Meters/demo-05s.yaml"), kinds: BuiltIn.stepKinds)
            return found
        } catch let trouble as Diagnostics {
            return trouble.all
        }
    }

    @Test("There are at least thirty broken procedures")
    func count() { #expect(Self.files().count >= 30) }

    @Test("Each broken procedure is complained of at the right place, in words", arguments: files())
    func broken(_ name: String) throws {
        let path = Self.folder + "/" + name
        let wanted = try #require(Self.expectation(try Disk.read(path)), "no expectation in \(name)")
        let found = try Self.complaints(path)
        let hit = found.contains {
            $0.mark == wanted.mark && $0.message.contains(wanted.fragment)
                && $0.file.hasSuffix("/" + (wanted.file ?? name))
        }
        #expect(hit, "\(found.map(\.description).joined(separator: "\n"))")
        // One fault does not bury the reader: repeated ones are those of several test points.
        #expect(found.count <= 5)
        #expect(Set(found.map(\.mark)).count <= 2, "\(found.map(\.description).joined(separator: "\n"))")
    }

    @Test("A procedure that is not there is a fault, and a line of ten megabytes is refused at once")
    func extremes() throws {
        #expect(throws: Fault.self) { try FileCheck.complaints(Self.folder + "/none.yaml", kinds: BuiltIn.stepKinds) }
        let found = try FileCheck.complaints("long.yaml", kinds: BuiltIn.stepKinds) { _ in
            Array("procedure: ".utf8) + [UInt8](repeating: 0x61, count: 10_000_000)
        }
        #expect(found.first?.message.contains("10000011 bytes") == true)
    }

    @Test("All complaints of a procedure and its part come together, the procedure's first")
    func together() throws {
        let text = """
            procedure: two
            edition: 1
            title: Two faults here, one in the part
            basis: none
            meter: { energy: active, accuracy-class: 0.5S }
            parameters:
              Un: { quantity: voltage, from: nameplate.nominal-voltage }
              fn: { quantity: frequency, from: nameplate.nominal-frequency }
            limits: Limits/l.yaml
            steps:
              - include: Parts/p.yaml
              - acuracy: misspelt
            finally:
              - ramp-down: { current: 0 A, voltage: 0 V, over: 2 h }
            """
        let part = "part: p\nsteps:\n  - warm-up: on\n    apply: { voltage: 230 }\n    for: 1 min\n"
        let trouble = #expect(throws: Diagnostics.self) {
            try ProcedureFile.load("lab/two.yaml", kinds: BuiltIn.stepKinds) { path in
                Array((path == "lab/two.yaml" ? text : path == "lab/Parts/p.yaml" ? part : "limits: l").utf8)
            }
        }
        let places = trouble?.all.map { "\($0.file):\($0.mark.line):\($0.mark.column)" }
        #expect(places == ["lab/two.yaml:12:5", "lab/two.yaml:14:52", "lab/Parts/p.yaml:4:23"])
    }
}

extension String {
    /// Where a text stands at or after a number of characters.
    fileprivate func range(of text: String, after count: Int) -> String.Index? {
        var at = index(startIndex, offsetBy: count, limitedBy: endIndex)
        while let here = at, here < endIndex {
            if self[here...].hasPrefix(text) { return here }
            at = index(after: here)
        }
        return nil
    }
}
