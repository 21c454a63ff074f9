import Glibc
import TestSupport

@testable import Instruments

extension TranscriptWire {
    /// What went wrong, or what was never sent. The last words of a conversation may still be on their way: they have ten seconds.
    func spoken() async -> String? {
        for _ in 0..<1000 {
            guard let complaint, complaint.hasSuffix("was never sent") else { break }
            // Looked at again and again: a wire tells nobody when its last byte has come.
            _ = try? await blocking { usleep(10_000) }
        }
        return complaint
    }
}
