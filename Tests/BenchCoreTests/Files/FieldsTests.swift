import Testing

@testable import BenchCore

@Suite("Reading blocks of keys")
struct FieldsTests {
    private enum Colour: String, CaseIterable { case red, green }

    /// All complaints about a text read by `body`, as `line:column: message`.
    private func complaints(_ text: String, _ body: (Fields) -> Bool?) throws -> [String] {
        let complaints = Complaints("t.yaml")
        let value = Fields.read(try StrictYAML.read(Array(text.utf8), file: "t.yaml"), "a sample", complaints, body)
        do {
            _ = try complaints.finish(value)
            return []
        } catch let error as Diagnostics {
            return error.all.map { "\($0.mark.line):\($0.mark.column): \($0.message)" }
        }
    }

    @Test("All complaints come together, in the order of the file")
    func collected() throws {
        let text = """
            colour: rad
            voltag: 230 V
            current: 5
            on: true
            items:
              - { size: 3 }
              - 4
            """
        let found = try complaints(text) { f in
            let colour: Colour? = f.choice("colour")
            _ = f.quantity("voltage", Voltage.self)
            _ = f.quantity("current", Current.self)
            _ = f.yesNo("on")
            _ = f.blocks("items", "an item") { $0.integer("size", in: 4...9) }
            return colour.map { _ in true }
        }
        #expect(
            found == [
                "1:1: «voltage» is missing; a sample needs it",
                "1:9: «rad» is not a value of «colour»; did you mean «red»? values are red, green",
                "2:1: «voltag» is not a key of a sample; did you mean «voltage»? keys are colour, voltage, current, on, items",
                "3:10: «5» has no unit; write e.g. «5 A»",
                "4:5: «true» is neither «yes» nor «no»",
                "6:13: «size»: 3 is outside 4 … 9",
                "7:5: an item is a block of keys; here is text",
            ])
    }

    @Test("Empty values, lists and blocks in the wrong place are named")
    func shapes() throws {
        let found = try complaints("a:\nb: [x]\nc: {}\nd: []\ne: x\n") { f in
            _ = f.text("a")
            _ = f.text("b")
            _ = f.list("c")
            _ = f.list("d")
            return f.block("e", "an inner block") { _ in true }
        }
        #expect(
            found == [
                "1:3: «a» has no value",
                "2:4: «b» is one value; here is a list",
                "3:4: «c» is a list; here is a block of keys",
                "4:4: «d» is empty; a sample needs at least one",
                "5:4: an inner block is a block of keys; here is text",
            ])
    }

    @Test("Signs and names are checked where the getter asks for them")
    func values() throws {
        let found = try complaints("a: -1 V\nb: 0 V\nc: two words\nd: 2026-02-30\n") { f in
            _ = f.quantity("a", Voltage.self, .required, .notNegative)
            _ = f.quantity("b", Voltage.self, .required, .positive)
            _ = f.name("c")
            _ = f.day("d")
            return true
        }
        #expect(
            found == [
                "1:4: «a» cannot be negative; here is «-1 V»",
                "2:4: «b» must be larger than zero; here is «0 V»",
                "3:4: «two words» is not a name; names have letters, digits, «.», «_», «-», begin with a letter or digit "
                    + "and have at most 64 characters",
                "4:4: «2026-02-30» is not a day of the calendar; write year-month-day, e.g. «2026-03-02»",
            ])
    }

    @Test("Marks lead later passes back to the value, or to the block around it")
    func marks() throws {
        let complaints = Complaints("t.yaml")
        let node = try StrictYAML.read(Array("list:\n  - { a: 1, b: 2 }\n  - { a: 3 }\n".utf8), file: "t.yaml")
        let value = Fields.read(node, "a sample", complaints) { f in
            f.blocks("list", "an entry") { e in
                _ = e.integer("b", .optional, in: 0...9)
                return e.integer("a", in: 0...9)
            }
        }
        let loaded = try complaints.finish(value)
        #expect(loaded.value == [1, 3])
        #expect(loaded.diagnostic("list[1].a", "x").description == "t.yaml:3:10: x")
        #expect(loaded.marks["list[1].b"] == Mark(line: 3, column: 5))
        #expect(loaded.marks["nowhere"] == Mark(line: 1, column: 1))
    }
}
