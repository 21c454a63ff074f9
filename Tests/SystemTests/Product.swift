import FoundationEssentials

/// The programs this test run was built with, found beside the test bundle.
enum Product {
    /// Path of a built program.
    static func path(_ name: String) -> String {
        // The test bundle is an argument of the helper that runs it, or the running program itself.
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            let folder = argument.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/")
            let candidate = folder + "/" + name
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        return root + "/.build/debug/" + name
    }

    /// The root of the source tree.
    static var root: String {
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    }
}
