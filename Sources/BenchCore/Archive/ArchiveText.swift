extension Archive {
    /// Every run as a table for people.
    public func listing() throws -> String {
        var table = TextTable(
            ["run", "started", "state", "meters", "pass", "fail", "batch", "customer"], right: [3, 4, 5])
        for run in try runs() {
            table.add([
                run.id, run.started, run.state + (run.simulated ? ", simulated" : ""), "\(run.meters)", "\(run.passed)",
                "\(run.failed)", run.batch, run.customer,
            ])
        }
        return table.lines().joined(separator: "\n")
    }

    /// Every test of a meter as text for people; `nil` where the index knows none.
    public func story(serial: String) throws -> String? {
        let tests = try find(serial: serial)
        guard !tests.isEmpty else { return nil }
        var lines: [String] = []
        for test in tests {
            var line = "\(test.started)  run \(test.run), position \(test.position), type \(test.type)"
            if test.simulated { line += ", simulated" }
            line += ": " + test.verdict
            if let reason = test.reason { line += " – " + reason }
            lines.append(line)
            lines += test.certificates.map { "    \(test.folder)/reports/\($0)" }
        }
        return lines.joined(separator: "\n")
    }
}
