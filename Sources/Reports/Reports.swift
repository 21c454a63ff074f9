internal import CCairo

/// Versions of the C libraries behind the paper.
public enum ReportLibraries {
    /// `cairo 1.16.0`.
    public static var versions: [String] { ["cairo " + String(cString: cairo_version_string())] }
}
