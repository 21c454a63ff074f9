import FoundationEssentials
import Glibc
import Testing

@testable import BenchCore

/// Numbers of scipy, where `Scripts/install-test-peers` made a Python environment.
enum Scipy {
    static let python: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/") + "/.venv/bin/python"
    }()

    /// What a line of Python prints; `nil` where Python or scipy is missing.
    static func run(_ program: String) -> String? {
        guard access(python, X_OK) == 0, let pipe = popen("'\(python)' -c '\(program)' 2>/dev/null", "r") else {
            return nil
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let n = fread(&buffer, 1, buffer.count, pipe), n > 0 { bytes += buffer[..<n] }
        return pclose(pipe) == 0 ? String(decoding: bytes, as: UTF8.self) : nil
    }

    static let present = run("import scipy.stats") != nil
}

@Suite("scipy as an oracle")
struct ScipyOracleTests {
    @Test(
        "coverage factors agree with scipy to 1e-9",
        .enabled(if: Scipy.present, "skipped: no scipy in .venv (Scripts/install-test-peers)"))
    func studentT() throws {
        let program = """
            import scipy.stats as s
            for v in [1, 1.5, 2, 3.7, 8, 16.75, 40, 120.5, 715, 99999]:
                for p in [0.1, 0.6827, 0.9, 0.9545, 0.99, 0.9999]:
                    print(v, p, repr(float(s.t.ppf((1 + p) / 2, v))))
            """
        let lines = try #require(Scipy.run(program)).split(separator: "\n")
        #expect(lines.count == 60)
        for line in lines {
            let numbers = line.split(separator: " ").compactMap { Double($0) }
            let k = try #require(StudentT.coverageFactor(numbers[1], degreesOfFreedom: numbers[0]))
            #expect(abs(k / numbers[2] - 1) < 1e-9, "\(line): \(k)")
        }
    }
}
