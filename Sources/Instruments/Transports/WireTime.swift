import CBench
import Glibc

/// Time on a wire: seconds of life, whatever the bench's clock does, because wires are real.
enum WireTime {
    /// Seconds of the machine's monotonic clock.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Blocks the calling thread; only for a transport's own thread.
    static func pause(_ seconds: Double) {
        guard seconds > 0 else { return }
        usleep(UInt32((seconds * 1e6).rounded(.up)))
    }

    /// What a wait for a descriptor came to.
    enum Waited { case ready, late, urgent }

    /// Waits until a descriptor is ready for `events`, `deadline` has passed, or somebody is in a hurry.
    static func wait(
        for descriptor: Int32, _ events: Int32, until deadline: Double, unless urgency: Urgency?
    ) -> Waited {
        while true {
            if urgency?.raised == true { return .urgent }
            let left = deadline - now
            // With a hurry to watch for, the wait is cut into slices of 10 ms.
            let slice = urgency == nil ? left : min(left, 0.01)
            let found = cbench_wait(descriptor, Int16(events), Int64((min(max(0, slice), 1e6) * 1e9).rounded(.up)))
            if found > 0 { return .ready }
            if left <= 0 { return .late }
        }
    }
}
