import FoundationEssentials
import Glibc

/// The checkout that the tests were built from, and what stands beside it.
public enum Checkout {
    /// The folder with `Package.swift`.
    public static let root: String =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

    /// A path inside the checkout.
    public static func path(_ relative: String) -> String { root + "/" + relative }

    /// The Python of `.venv` (made by `Scripts/install-test-peers`); `nil` where there is none.
    public static let python: String? = {
        let path = root + "/.venv/bin/python"
        return access(path, X_OK) == 0 ? path : nil
    }()

    /// Whether `.venv` has an installed package of that name, e.g. `pymodbus`.
    ///
    /// For traits: `.enabled(if: Checkout.hasPython("pymodbus"), "skipped: no pymodbus")`.
    public static func hasPython(_ package: String) -> Bool {
        guard python != nil else { return false }
        let lib = root + "/.venv/lib"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: lib)) ?? []
        return versions.contains { access("\(lib)/\($0)/site-packages/\(package)", R_OK) == 0 }
    }

    /// Whether a program is on the search path, e.g. `openssl`.
    public static func hasProgram(_ name: String) -> Bool { program(name) != nil }

    /// Whether a file is there and can be run.
    public static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

    /// Where a program of the search path is; `nil` where it is missing.
    public static func program(_ name: String) -> String? {
        let folders = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
