import BenchCore

/// A document as a file: its name in the folder of reports, and its bytes.
public struct ReportFile: Sendable, Hashable {
    /// Name in the folder of reports.
    public var name: String
    /// The bytes.
    public var bytes: [UInt8]

    /// A file by name and bytes.
    public init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// All documents of a run, and which were refused.
public struct IssuedReports: Sendable, Hashable {
    /// Files in the order they were made: for each meter PDF, JSON and CSV, then the batch certificate.
    public var files: [ReportFile]
    /// Certificates that the content rules refused, by document.
    public var refused: [(document: String, refusals: [Refusal])] { refusals.map { ($0.document, $0.list) } }
    /// One refused document.
    struct Refused: Sendable, Hashable {
        var document: String, list: [Refusal]
    }
    var refusals: [Refused]
}

/// A document made again, beside the file that was issued.
public struct ReportComparison: Sendable, Hashable {
    /// Whether the issued file holds the same bytes, others, or is not there.
    public enum State: String, Sendable, Hashable { case same, different, missing }
    /// Name of the file, and how it compares.
    public var name: String, state: State
}

/// Makes the documents of a run from its evidence: the same evidence gives the same bytes.
public enum CertificateWriter {
    /// PDF, JSON and CSV of every meter, PDF and JSON of the batch; refused documents are named and left out.
    /// Throws `CertificateError.incomplete` and `PaperError`.
    public static func documents(_ source: CertificateSource) throws -> IssuedReports {
        var files: [ReportFile] = []
        var refused: [IssuedReports.Refused] = []
        var issued: [BatchCertificate.Issued] = []
        for meter in source.record.orderedMeters {
            let document = try MeterCertificate(source, position: meter.position)
            let name = fileName(document.number, meter.serial)
            let refusals = ContentRules.check(document)
            guard refusals.isEmpty else {
                refused.append(.init(document: "certificate of meter \(meter.serial)", list: refusals))
                issued.append(.init(certificate: document, file: "", sha256: "", refusals: refusals))
                continue
            }
            let pdf = try MeterPages.pdf(document)
            files.append(ReportFile(name: name + ".pdf", bytes: pdf))
            files.append(ReportFile(name: name + ".json", bytes: try JSONWriter.bytes(document)))
            files.append(ReportFile(name: name + ".csv", bytes: CSVWriter.bytes(document)))
            issued.append(
                .init(certificate: document, file: name + ".pdf", sha256: Hash.sha256Hex(pdf), refusals: []))
        }
        let batch = try BatchCertificate(source, meters: issued)
        let refusals = ContentRules.check(batch)
        if refusals.isEmpty {
            let name = "batch-" + plain(batch.number)
            files.append(ReportFile(name: name + ".pdf", bytes: try BatchPages.pdf(batch)))
            files.append(ReportFile(name: name + ".json", bytes: try JSONWriter.bytes(batch)))
        } else {
            refused.append(.init(document: "batch certificate", list: refusals))
        }
        return IssuedReports(files: files, refusals: refused)
    }

    /// Writes the documents into a folder, each whole or not at all. Throws as `documents`, and `Fault(.storage)`.
    public static func write(_ source: CertificateSource, into folder: String) throws -> IssuedReports {
        let issued = try documents(source)
        try write(issued, into: folder)
        return issued
    }

    /// Writes documents already made into a folder; a file that holds these bytes already is left alone.
    public static func write(_ issued: IssuedReports, into folder: String) throws {
        try Disk.makeFolder(folder)
        for (file, found) in zip(issued.files, try compare(issued, with: folder)) where found.state != .same {
            try Disk.write(file.bytes, to: folder + "/" + file.name)
        }
    }

    /// How the documents compare with the files of a folder that bear their names.
    public static func compare(_ issued: IssuedReports, with folder: String) throws -> [ReportComparison] {
        try issued.files.map { file in
            let path = folder + "/" + file.name
            guard Disk.exists(path) else { return ReportComparison(name: file.name, state: .missing) }
            return ReportComparison(name: file.name, state: try Disk.read(path) == file.bytes ? .same : .different)
        }
    }

    private static func fileName(_ number: String, _ serial: String) -> String {
        "certificate-" + plain(number) + "-" + plain(serial)
    }

    /// Only letters, digits, full stop, hyphen and underscore: safe as a file name everywhere.
    private static func plain(_ text: String) -> String {
        String(
            text.unicodeScalars.map { scalar -> Character in
                let fine = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(Character(scalar)))
                return fine || "-_.".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
            })
    }
}
