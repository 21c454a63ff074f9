/// Recordings in whatever file they come.
public enum RecordingFile {
    /// Reads a file that says itself what it is: COMTRADE (`.cfg`, `.dat`, `.cff`), WAVE (`.wav`, `.wave`, `.rf64`), or a folder of
    /// our own waveforms (with `index.jsonl`). Bare numbers need `RawRecording`. Throws `RecordingTrouble`.
    public static func read(_ path: String, section: Int? = nil) throws(RecordingTrouble) -> Recording {
        if Disk.isFolder(path) { return try WaveformReader(path).recording() }
        switch path.split(separator: "/").last?.split(separator: ".").last?.lowercased() {
        case "cfg", "dat", "cff": return try Comtrade.read(path, section: section).recording
        case "wav", "wave", "rf64": return try WaveFile.read(path)
        default:
            throw RecordingTrouble(
                path, .whole,
                "is no recording by its name: .cfg, .dat, .cff (COMTRADE), .wav and a folder with waveforms are")
        }
    }
}
