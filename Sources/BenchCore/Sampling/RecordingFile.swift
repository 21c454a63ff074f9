/// Recordings in whatever file they come.
public enum RecordingFile {
    /// The samples of a file piece by piece: folders of our own waveforms, WAVE and binary COMTRADE in constant memory, other files from what was
    /// read whole. Throws `RecordingTrouble`, here or where the samples are taken.
    public static func source(_ path: String) throws(RecordingTrouble) -> any SampleSource {
        if Disk.isFolder(path) { return try StoredSamples(path) }
        switch path.split(separator: "/").last?.split(separator: ".").last?.lowercased() {
        case "wav", "wave", "rf64": if let source = try WaveFile.source(path) { return source }
        case "cfg", "dat": if let source = try Comtrade.source(path) { return source }
        default: break
        }
        return HeldSamples(try read(path))
    }

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
