/// How much of any window of time a transmitter was on: exact on the edges of its bursts, not sampled.
public enum DutyCycle {
    /// The worst window.
    public struct Worst: Sendable, Hashable, Codable {
        /// Seconds on the air in it.
        public var onTime: Double
        /// Its start, seconds, and its length, seconds.
        public var from: Double, window: Double
        /// Which bursts reach into it, by their place in the list that was given.
        public var bursts: [Int]
        /// Share of the window, 0 … 1.
        public var share: Double { onTime / window }
    }

    /// The window with the longest time on the air, wherever it begins. Times that overlap count once: the transmitter is on or off.
    ///
    /// The time on the air within a window that slides is made of straight pieces, so its highest value is found where the window begins
    /// with a burst or ends with one. EN 300 220-1 takes one hour; 47 CFR 15.247 (a)(1)(i) 20 s or 10 s on one channel; 47 CFR 1.1310 30 min.
    public static func worst(_ bursts: [ClosedRange<Double>], window: Double) -> Worst {
        let merged = union(bursts)
        var ends: [Double] = []
        var sums: [Double] = [0]
        for burst in merged {
            ends.append(burst.upperBound)
            sums.append(sums[sums.count - 1] + burst.upperBound - burst.lowerBound)
        }
        /// Seconds on the air before a moment.
        func before(_ moment: Double) -> Double {
            // The first burst that ends behind it.
            var low = 0, high = merged.count
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] > moment { high = middle } else { low = middle + 1 }
            }
            guard low < merged.count else { return sums[merged.count] }
            return sums[low] + max(0, moment - merged[low].lowerBound)
        }
        var best = 0.0, from = merged.first?.lowerBound ?? 0
        for burst in merged {
            for begin in [burst.lowerBound, burst.upperBound - window] {
                let time = before(begin + window) - before(begin)
                if time > best { (best, from) = (time, begin) }
            }
        }
        let inside = bursts.indices.filter { bursts[$0].upperBound > from && bursts[$0].lowerBound < from + window }
        return Worst(onTime: min(best, window), from: from, window: window, bursts: inside)
    }

    /// Times on the air without overlap, in order.
    public static func union(_ bursts: [ClosedRange<Double>]) -> [ClosedRange<Double>] {
        var merged: [ClosedRange<Double>] = []
        for burst in bursts.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, burst.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound...max(last.upperBound, burst.upperBound)
            } else {
                merged.append(burst)
            }
        }
        return merged
    }

    /// Share of time on the air of something that sends for `airTime` once every `interval`.
    public static func share(airTime: Double, interval: Double) -> Double { airTime / interval }
}
