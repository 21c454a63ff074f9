#if canImport(Glibc)
    import Glibc
#endif

/// Power over time after a change of load, in closed form: P(t) = a·(1 + n(t)) + b·z + c·z², z = exp(−(t − start)/τ).
///
/// Voltage and current each approach their new values as one exponential, so their product has these three terms and
/// nothing else; n(t) is the source's fluctuation, the same for everything that hangs on the source.
struct PowerCurve: Sendable {
    /// When the load changed, s, and the time constant of the approach, s.
    var start: Double, tau: Double
    /// The terms, W.
    var a = 0.0, b = 0.0, c = 0.0

    /// Power without the fluctuation, W.
    func power(_ t: Double) -> Double {
        guard b != 0 || c != 0 else { return a }
        let z = exp((start - t) / tau)
        return a + (b + c * z) * z
    }

    /// Energy from the start until `t`, W·s; `fluctuation` is the integral of n from the start until `t`.
    func energy(_ t: Double, fluctuation: Double) -> Double {
        let steady = a * (t - start + fluctuation)
        guard b != 0 || c != 0 else { return steady }
        let z = exp((start - t) / tau)
        return steady + b * tau * (1 - z) + 0.5 * c * tau * (1 - z * z)
    }

    /// Moments after the start at which the power (without fluctuation) passes `level`, in order.
    func crossings(_ level: Double) -> [Double] {
        let constant = a - level
        var roots: [Double] = []
        if c != 0 {
            let d = b * b - 4 * c * constant
            guard d >= 0 else { return [] }
            // The stable pair of roots: no difference of nearly equal numbers.
            let q = -0.5 * (b + (b < 0 ? -1 : 1) * d.squareRoot())
            roots.append(q / c)
            if q != 0 { roots.append(constant / q) }
        } else if b != 0 {
            roots.append(-constant / b)
        }
        return roots.filter { $0 > 0 && $0 < 1 }.map { start - tau * log($0) }.sorted()
    }
}

/// What one device counts of a power curve: forward and reverse energy apart, nothing below its threshold but its creep.
struct CountedPower: Sendable {
    /// A stretch with one sign of power.
    struct Span: Sendable {
        /// From, until (infinite for the last), s.
        var begin: Double, end: Double
        /// +1 forward, −1 reverse, 0 below the threshold.
        var sign: Double
        /// Energy of the curve from its start until `begin`, W·s.
        var offset: Double
    }
    var curve: PowerCurve
    var creep: Double
    private(set) var spans: [Span] = []

    init(curve: PowerCurve, threshold: Double, creep: Double, fluctuation: (Double) -> Double) {
        self.curve = curve
        self.creep = creep
        var cuts = curve.crossings(threshold)
        if threshold > 0 { cuts = (cuts + curve.crossings(-threshold)).sorted() }
        let edges = [curve.start] + cuts + [Double.infinity]
        for (begin, end) in zip(edges, edges.dropFirst()) where end > begin {
            // Also the last stretch has one sign, even where it dies away to nothing: a load that is switched off.
            let middle = curve.power(end.isFinite ? 0.5 * (begin + end) : begin + curve.tau)
            let sign: Double
            if abs(middle) < threshold || middle == 0 { sign = 0 } else { sign = middle < 0 ? -1 : 1 }
            let offset = curve.energy(begin, fluctuation: fluctuation(begin))
            spans.append(Span(begin: begin, end: end, sign: sign, offset: offset))
        }
    }

    /// Forward and reverse energy from the start until `t`, W·s, both positive.
    func energy(_ t: Double, fluctuation: (Double) -> Double) -> (forward: Double, reverse: Double) {
        var forward = 0.0
        var reverse = 0.0
        for i in spans.indices where spans[i].begin < t {
            let span = spans[i]
            if span.sign == 0 {
                forward += creep * (min(t, span.end) - span.begin)
                continue
            }
            let last = t < span.end ? curve.energy(t, fluctuation: fluctuation(t)) : spans[i + 1].offset
            let e = last - span.offset
            if span.sign > 0 { forward += e } else { reverse -= e }
        }
        return (forward, reverse)
    }

    /// Power that counts forward (positive) or reverse (negative) at `t`, W.
    func power(_ t: Double) -> Double {
        for span in spans where t < span.end { return span.sign == 0 ? creep : curve.power(t) }
        return curve.a
    }
}
