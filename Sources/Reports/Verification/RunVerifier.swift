public import BenchCore

/// Verifies runs and certificates offline: signatures to one anchor, the seal, the journal, completeness, and every verdict anew.
public struct RunVerifier: Sendable {
    private let signatures: SignatureVerifier
    private let at: SigningTime

    /// A verifier that trusts one root and checks certificates for one moment.
    public init(anchor: Certificate, at: SigningTime) {
        signatures = SignatureVerifier(anchor: anchor, at: at)
        self.at = at
    }

    /// Verifies a run folder with all its reports.
    public func verify(run folder: RunFolder) -> VerificationReport {
        var report = VerificationReport(subject: folder.path, at: at)
        guard let seal = verifyEvidence(folder, into: &report) else { return report }
        let names: [String]
        do {
            names = Disk.isFolder(folder.reports) ? try Disk.files(below: folder.reports) : []
        } catch {
            report.add("reports", .unreadable, "reports", "\(error)")
            return report
        }
        for name in names {
            if name.hasSuffix(".p7s") {
                guard !names.contains(String(name.dropLast(4))) else { continue }
                report.add("report", .tampered, "reports/" + name, "the report that it signs was taken away")
            } else {
                verifyReport(folder.reports + "/" + name, "reports/" + name, seal, into: &report)
            }
        }
        return report
    }

    /// Verifies whatever a path names: a run folder, or a report, whose run is `run` or the folder above its own.
    public func verify(subject: String, run: String?) -> VerificationReport {
        if Disk.isFolder(subject) { return verify(run: RunFolder(path: subject)) }
        guard Disk.exists(subject) else {
            var report = VerificationReport(subject: subject, at: at)
            report.add("file", .unreadable, subject, "there is no such run folder or report")
            return report
        }
        let folder = Disk.parent(subject)
        let above = Disk.name(folder) == "reports" ? Disk.parent(folder) : folder + "/.."
        return verify(report: subject, of: RunFolder(path: run ?? above))
    }

    /// Verifies one report, with the evidence of its run; `folder` is the run's.
    public func verify(report path: String, of folder: RunFolder) -> VerificationReport {
        var report = VerificationReport(subject: path, at: at)
        if let seal = verifyEvidence(folder, into: &report) {
            verifyReport(path, "reports/" + Disk.name(path), seal, into: &report)
        }
        return report
    }

    private func verifyReport(_ path: String, _ name: String, _ seal: Seal, into report: inout VerificationReport) {
        guard let content = read(path, name, into: &report) else { return }
        guard Disk.exists(path + ".p7s") else {
            report.add("signature", .unsigned, name, "has no signature beside it (\(Disk.name(path)).p7s)")
            return
        }
        guard let signature = read(path + ".p7s", name + ".p7s", into: &report),
            let signed = signatures.check(content, signature, name: name, brief: true, into: &report)
        else { return }
        guard signed.hint.run == seal.run, signed.hint.root == seal.root else {
            report.add("report", .tampered, name, "belongs to run \(signed.hint.run) under another seal than this one")
            return
        }
        guard signed.certificate.isDemonstration == seal.simulated else {
            report.add("key", .rule, name, Self.keyComplaint(simulated: seal.simulated))
            return
        }
        guard signed.trusted else { return }
        report.add(
            "report", .valid, name, "signed by \(signed.certificate.commonName) at \(signed.time), under this seal")
    }

    static func keyComplaint(simulated: Bool) -> String {
        simulated
            ? "the run is simulated, but the key is no demonstration key"
            : "the key is a demonstration key, but the run says that it is real"
    }

    private func read(_ path: String, _ name: String, into report: inout VerificationReport) -> [UInt8]? {
        do {
            return try Disk.read(path)
        } catch {
            report.add("file", .unreadable, name, (error as? Fault)?.detail ?? "\(error)")
            return nil
        }
    }

    /// Seal, files, journal, rules and recomputation; `nil` where there is no seal to hold reports against.
    private func verifyEvidence(_ folder: RunFolder, into report: inout VerificationReport) -> Seal? {
        guard Disk.isFolder(folder.path), Disk.exists(folder.journal) else {
            report.add(
                "run folder", .unreadable, folder.path,
                "is not the folder of a run: it holds no journal.jsonl; for a report that lies elsewhere name its run")
            return nil
        }
        let seal = verifySeal(folder, into: &report)
        let journal = verifyJournal(folder, seal?.seal, into: &report)
        if let seal { verifyFiles(folder, seal.seal, journalKnown: journal == nil, into: &report) }
        guard let journal, let seal else { return seal?.seal }
        verifyWaveforms(folder, journal, into: &report)
        verifyContent(folder, journal, seal, into: &report)
        return seal.seal
    }

    private func verifySeal(
        _ folder: RunFolder, into report: inout VerificationReport
    ) -> (seal: Seal, signed: SignatureVerifier.Signed)? {
        guard Disk.exists(folder.seal), Disk.exists(folder.seal + ".p7s") else {
            report.add("seal", .unsigned, "seal.json", "the run is not sealed: seal.json or seal.json.p7s is missing")
            return nil
        }
        guard let content = read(folder.seal, "seal.json", into: &report),
            let signature = read(folder.seal + ".p7s", "seal.json.p7s", into: &report),
            let signed = signatures.check(content, signature, name: "seal.json", into: &report)
        else { return nil }
        report.signer = signed.certificate.subject
        report.signerFingerprint = signed.certificate.fingerprint
        report.claimedTime = signed.time.description
        let seal: Seal
        do {
            seal = try Seal.parse(content, "seal.json")
        } catch {
            report.add("seal", .rule, "seal.json", (error as? Fault)?.detail ?? "\(error)")
            return nil
        }
        guard signed.hint.run == seal.run, signed.hint.root == seal.root else {
            report.add("seal", .rule, "seal.json", "the signature names another run or root than the seal")
            return nil
        }
        report.run = seal.run
        report.add(
            "seal", .valid, "seal.json",
            "run \(seal.run), \(seal.files.count) files, \(seal.lines) journal lines, root \(seal.root)")
        return (seal, signed)
    }

    private func verifyJournal(
        _ folder: RunFolder, _ seal: Seal?, into report: inout VerificationReport
    ) -> JournalReader.Content? {
        guard let bytes = read(folder.journal, "journal.jsonl", into: &report) else { return nil }
        let content: JournalReader.Content
        do {
            content = try JournalReader.parse(bytes, name: "journal.jsonl")
        } catch {
            let fault = error as? Fault
            report.add("journal", .tampered, "journal.jsonl", fault?.detail ?? "\(error)")
            return nil
        }
        guard content.torn.isEmpty else {
            report.add(
                "journal", .tampered, "journal.jsonl line \(content.entries.count + 1)", "is not whole: it has no end")
            return nil
        }
        if let seal, content.entries.count != seal.lines {
            report.add(
                "journal", .tampered, "journal.jsonl line \(min(content.entries.count, seal.lines) + 1)",
                "the journal has \(content.entries.count) lines; \(seal.lines) were sealed")
            return nil
        }
        if let seal, content.lastHash != seal.lastHash {
            report.add(
                "journal", .tampered, "journal.jsonl line \(content.entries.count)",
                "is not the last line that was sealed")
            return nil
        }
        report.add(
            "journal", .valid, "journal.jsonl", "\(content.entries.count) lines, each following from the one before")
        return content
    }

    /// Every file under the seal is there as sealed, and no other.
    private func verifyFiles(
        _ folder: RunFolder, _ seal: Seal, journalKnown: Bool, into report: inout VerificationReport
    ) {
        let present: [String]
        do {
            present = try Disk.files(below: folder.path).filter(Seal.isSealed)
        } catch {
            report.add("files", .unreadable, folder.path, "\(error)")
            return
        }
        var sound = 0
        for name in Set(present).union(seal.files.keys).sorted() {
            guard let sealed = seal.files[name] else {
                report.add("files", .tampered, name, "is not under the seal: it was put in later")
                continue
            }
            guard present.contains(name) else {
                report.add("files", .tampered, name, "was taken away")
                continue
            }
            do {
                if try Hash.sha256Hex(file: folder.path + "/" + name) == sealed {
                    sound += 1
                } else if name != "journal.jsonl" || !journalKnown {
                    report.add("files", .tampered, name, "is not as it was sealed: its SHA-256 differs")
                }
            } catch {
                report.add("files", .unreadable, name, (error as? Fault)?.detail ?? "\(error)")
            }
        }
        if sound == seal.files.count {
            report.add("files", .valid, folder.id, "all \(sound) files are as they were sealed")
        }
    }

    /// Every waveform that the journal names is whole, unaltered, and the one that was noted.
    private func verifyWaveforms(
        _ folder: RunFolder, _ journal: JournalReader.Content, into report: inout VerificationReport
    ) {
        var sound = 0, named = 0
        for entry in journal.entries {
            guard case .sampling(let done) = entry.what else { continue }
            for file in done.corrections ?? [] {
                let name = "frozen/corrections/" + Disk.name(file.file)
                let bytes = try? Disk.read(folder.path + "/" + name)
                if bytes.map({ Hash.sha256Hex($0) }) != file.sha256 {
                    report.add(
                        "corrections", .tampered, name, "is not the file that line \(entry.seq) of the journal names")
                }
            }
            for kept in done.captures {
                named += 1
                let name = "waveforms/" + kept.folder
                do throws(RecordingTrouble) {
                    let reader = try WaveformReader(folder.waveforms + "/" + kept.folder)
                    let findings = try reader.verify()
                    for finding in findings { report.add("waveform", .tampered, name, finding.text) }
                    if reader.lastHash != kept.indexHash || reader.frames != Int(kept.frames) {
                        report.add(
                            "waveform", .tampered, name, "is not the one that line \(entry.seq) of the journal notes")
                    } else if findings.isEmpty {
                        sound += 1
                    }
                } catch {
                    report.add("waveform", .tampered, name, error.description)
                }
            }
        }
        if named > 0, sound == named {
            report.add("waveforms", .valid, "waveforms", "all \(sound) are whole and as the journal notes them")
        }
    }

    /// What the journal says: who may sign it, whether it is complete, whether every number follows.
    private func verifyContent(
        _ folder: RunFolder, _ journal: JournalReader.Content,
        _ seal: (seal: Seal, signed: SignatureVerifier.Signed), into report: inout VerificationReport
    ) {
        let record: RunRecord
        do {
            record = try RunRecord(
                entries: journal.entries, lastHash: journal.lastHash, bench: try folder.bench(),
                plans: try folder.plans(), name: "journal.jsonl")
        } catch {
            let fault = error as? Fault
            report.add("record", .rule, fault.map { Disk.name($0.instrument) } ?? "run", fault?.detail ?? "\(error)")
            return
        }
        var rules = RunRules(record: record)
        rules.checkKey(demonstration: seal.signed.certificate.isDemonstration, seal: seal.seal)
        rules.checkFrozen(seal.seal)
        rules.checkStructure(journal.entries)
        rules.checkEvaluations()
        rules.checkEnd(journal.entries)
        report.findings += rules.findings
    }
}
