import TestSupport
import Testing

@testable import BenchCore
@testable import Reports

/// What another program reads on our pages.
@Suite struct PagesTests {
    private static let reader = Checkout.program("pdftotext")
    private static let checker = Checkout.program("qpdf")

    /// The text of a file as poppler reads it, page by page, blanks made single.
    private func text(_ bytes: [UInt8]) async throws -> [String] {
        let folder = try TemporaryFolder()
        let path = folder.path + "/page.pdf"
        try Disk.write(bytes, to: path)
        let program = try #require(Self.reader)
        let read = try await Peer.run(program, ["-layout", "-enc", "UTF-8", path, "-"])
        #expect(read.exit == 0)
        let pages = read.output.split(separator: "\u{0C}").map { page in
            page.split(whereSeparator: { $0.isWhitespace }).joined(separator: " ")
        }
        return pages.filter { !$0.isEmpty }
    }

    /// Runs that try the layout: many points, long names, one phase, nothing measured, many faults.
    static let runs: [(name: String, run: SampleRun, position: Int)] = [
        ("demonstration", SampleRun(), 3),
        (
            "many points, long names, many faults",
            SampleRun(
                simulated: false, positions: 4,
                customer: [
                    "Stadtwerke Donau-Große-Straßenbahn-Überlandzentrale und Fernwärmeversorgung "
                        + "Aktiengesellschaft & Co. Kommanditgesellschaft", "Ωmega Road 12, 00000 Łódź",
                ], manufacturer: "Vereinigte Zählerwerke Nürnberg-Süd Gesellschaft für elektrische Messtechnik mbH",
                model: "ZMXi320CQU1L1D3-EXTENDED-VARIANT-WITH-A-VERY-LONG-DESIGNATION/2026.11",
                currents: ["1 % In", "2 % In", "5 % In", "10 % In", "20 % In", "50 % In", "100 % In", "Imax"],
                faults: 90), 4
        ),
        (
            "one phase",
            SampleRun(
                wiring: .onePhaseTwoWire, positions: 1, directions: [.import], faults: 0,
                decisionRule: .simpleAcceptance), 1
        ),
        ("voltage events", SampleRun(positions: 2, currents: ["100 % In"], withDip: true), 2),
        ("nothing measured", SampleRun(positions: 4, silent: [4], faults: 30), 4),
    ]

    /// Every figure of the document, by way of its JSON: each object with `text` and `value`.
    private func figures(_ document: MeterCertificate) -> [String] {
        var found: [String] = []
        func walk(_ value: Any) {
            if let figure = value as? Figure {
                found.append(figure.text)
                return
            }
            for child in Mirror(reflecting: value).children { walk(child.value) }
        }
        walk(document)
        return found
    }

    @Test(
        "Every figure, verdict and reason of the document can be read back from the pages",
        .enabled(if: reader != nil, "skipped: no pdftotext"),
        arguments: runs.indices)
    func readBack(_ index: Int) async throws {
        let (name, run, position) = Self.runs[index]
        let document = try MeterCertificate(try run.source(), position: position)
        let pages = try await text(try MeterPages.pdf(document))
        let all = pages.joined(separator: " ")
        let words = Set(all.split(separator: " ").map { $0.filter { !",;()".contains($0) } })
        let figures = figures(document)
        // A meter without results still shows its conditions.
        #expect(figures.count >= 8, "\(name)")
        for figure in Set(figures) where !document.heads.allSatisfy({ $0.verdict.word == "not tested" }) {
            #expect(words.contains(figure) || words.contains(figure + "."), "\(name): \(figure)")
        }
        for row in document.accuracy {
            guard let error = row.error, let U = row.U, let k = row.k else { continue }
            let line =
                "\(row.head.number) \(row.head.phases) \(row.head.powerFactor) \(row.head.current) \(error.text) \(U.text) "
                + "\(k.text) \(row.limit)"
            #expect(all.contains(line), "\(name): \(line)")
        }
        for reason in document.reasons { #expect(all.contains(reason.dropFirst()), "\(name): \(reason)") }
        for text in [document.number, document.item.serial, document.method.procedure, document.evidence.root] {
            #expect(all.contains(text), "\(name): \(text)")
        }
    }

    @Test(
        "Every page bears laboratory, title, number and «page n of m», the last one the end mark",
        .enabled(if: reader != nil, "skipped: no pdftotext"), arguments: runs.indices)
    func frame(_ index: Int) async throws {
        let (name, run, position) = Self.runs[index]
        let document = try MeterCertificate(try run.source(), position: position)
        let pages = try await text(try MeterPages.pdf(document))
        #expect(pages.count >= 3 && pages.count <= 14, "\(name): \(pages.count) pages")
        for (i, page) in pages.enumerated() {
            #expect(page.contains("Page \(i + 1) of \(pages.count)"), "\(name)")
            #expect(page.contains(document.laboratory.name) && page.contains(document.title), "\(name)")
            #expect(page.contains("No. \(document.number)"), "\(name)")
            #expect(page.contains("SIMULATED") == run.simulated, "\(name), page \(i + 1)")
            #expect(page.contains("End of certificate") == (i == pages.count - 1), "\(name)")
        }
    }

    @Test(
        "A heading never stands at the foot of a page without what follows it",
        .enabled(if: reader != nil, "skipped: no pdftotext"), arguments: runs.indices)
    func noOrphans(_ index: Int) async throws {
        let (_, run, position) = Self.runs[index]
        let document = try MeterCertificate(try run.source(), position: position)
        let headings = [
            "Method", "Standards and metrological traceability", "Conditions during the measurements", "Results",
            "Measurement uncertainty", "Decision rule", "Verdict and observations", "Software and evidence",
            "Statements", "Percentage error", "No-load test", "Starting test", "Repeatability",
            "Register (constant) test", "Error curve", "Repeats, faults and findings", "Sources of limits and rules",
        ]
        for page in try await text(try MeterPages.pdf(document)) {
            let body = page.components(before: " To be reproduced in full only.")
            for heading in headings { #expect(!body.hasSuffix(" " + heading), "\(heading)") }
        }
    }

    @Test(
        "The file is sound for an independent checker", .enabled(if: checker != nil, "skipped: no qpdf"),
        arguments: runs.indices)
    func sound(_ index: Int) async throws {
        let (_, run, _) = Self.runs[index]
        let folder = try TemporaryFolder()
        let issued = try CertificateWriter.write(try run.source(), into: folder.path)
        #expect(issued.refused.isEmpty)
        for file in issued.files where file.name.hasSuffix(".pdf") {
            let found = try await Peer.run(
                try #require(Self.checker), ["--check", folder.path + "/" + file.name], mergeErrors: true)
            #expect(found.exit == 0, "\(found.output)")
            #expect(!found.output.contains("WARNING"), "\(found.output)")
        }
    }

    @Test("The same evidence gives the same bytes, and the date in the file is that of the evidence")
    func reproducible() throws {
        let source = try SampleRun(positions: 2).source()
        let first = try CertificateWriter.documents(source)
        let second = try CertificateWriter.documents(source)
        #expect(first == second)
        #expect(first.files.count == 8)
        let pdf = try #require(first.files.first)
        #expect(String(decoding: pdf.bytes, as: UTF8.self).contains("/CreationDate (202611210"))
    }

    @Test("± ≤ ° µ φ Ω and the minus sign print and read back", .enabled(if: reader != nil, "skipped: no pdftotext"))
    func signs() async throws {
        let signs = "± ≤ ≥ ° µ φ Ω − … · √ ∞ « » – €"
        var flow = Flow(try Typefaces())
        for style in [TextStyle.body, .strong, .mono, TextStyle(face: .serif, size: 9, ink: .black, leading: 12)] {
            flow.paragraph(signs, style)
        }
        let frame = PageFrame(laboratory: "L", title: "T", number: "1", simulated: false, software: "")
        let bytes = try frame.paper(
            flow,
            PaperProperties(title: "", subject: "", author: "", keywords: "", created: "2026-11-21T08:00:00Z"))
        // Blanks between signs are for the reader to guess.
        let page = try #require(try await text(bytes).first).filter { $0 != " " }
        #expect(page.components(separatedBy: signs.filter { $0 != " " }).count == 5)
    }

    @Test("A font that is not installed, or lacks a character, is refused by name and never replaced")
    func fonts() throws {
        #expect(throws: PaperError.fontMissing("Liberation Sans Ultrathin")) {
            try Typefaces.file(family: "Liberation Sans", style: "Ultrathin")
        }
        let run = SampleRun(positions: 1, customer: ["電力会社", "東京"])
        #expect(throws: PaperError.noGlyph(character: "電", font: "Liberation Sans Regular")) {
            try CertificateWriter.documents(try run.source())
        }
    }

    @Test("A text is broken at blanks, a word only where it is too long alone, a number never from its unit")
    func wrapping() throws {
        let flow = Flow(try Typefaces())
        let lines = flow.wrap("one two 2.5 % three", .body, 40)
        #expect(lines.joined(separator: " ") == "one two 2.5 % three")
        #expect(lines.contains { $0.contains("2.5 %") })
        #expect(lines.count > 1)
        let long = String(repeating: "x", count: 60)
        let pieces = flow.wrap(long, .body, 100)
        #expect(pieces.joined() == long)
        #expect(pieces.allSatisfy { flow.typefaces.width($0, .sans, 9) <= 100 })
    }
}

extension String {
    /// What stands before a mark; the whole where it is missing.
    fileprivate func components(before mark: String) -> String {
        components(separatedBy: mark).first ?? self
    }

    /// The parts between a mark.
    fileprivate func components(separatedBy mark: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
