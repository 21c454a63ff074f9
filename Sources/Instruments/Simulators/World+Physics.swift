internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

extension WorldState {
    /// Moves on to a moment; faults planned for the time between strike at their own moment.
    mutating func advance(_ t: Double) {
        while true {
            let fault = pending.first.flatMap { fault in firstOn.flatMap { on in fault.at.map { on + $0 } } }
            let event = eventMoments.first?.at
            guard let next = [fault, event].compactMap({ $0 }).min(), next <= t else { break }
            now = max(now, next)
            if next == event { happen(eventMoments.removeFirst().what) } else { begin(pending.removeFirst()) }
        }
        now = max(now, t)
    }

    /// A physical fault begins.
    mutating func begin(_ fault: PlannedFault) {
        switch fault.kind {
        case .sourceFault(let text):
            self.fault = text
            switchOff(voltage: true)
        case .temperatureStep(let step):
            temperatureShift += step
            // The standard's error follows the temperature: a new piece, same load.
            startPiece(now, tau: tau) { _, _ in }
        case .frequencyShift(let shift): frequencyShift += shift
        case .distortion(let more): extraDistortion += more
        case .stuckClosed: contactorStuck = true
        case .stuckOpen: contactorStuck = false
        case .silent, .exception, .late, .wrongUnit, .brokenFrame, .halfFrame, .memory: break
        }
    }

    /// Temperature of the air at a time, °C.
    func temperature(_ t: Double) -> Double {
        description.ambient.temperature + temperatureShift + temperatureWander.value(t)
    }

    /// Integral of the source's fluctuation from the beginning of the piece.
    func fluctuation(until t: Double) -> Double { fluctuation.integral(t) - fluctuationAtBegin }

    /// Ends the present piece at `t` and begins the next; `change` sets the values aimed at.
    mutating func startPiece(_ t: Double, tau newTau: Double, change: (Int, inout PhaseCourse) -> Void) {
        let integral: (Double) -> Double = { [fluctuation, fluctuationAtBegin] in
            fluctuation.integral($0) - fluctuationAtBegin
        }
        generateEdges(until: t)
        for i in meters.indices {
            meters[i].train.close(t, power: meters[i].pulses, fluctuation: integral)
            for p in meters[i].phaseViews.indices { meters[i].phaseViews[p].close(t, integral) }
            meters[i].view.close(t, integral)
            meters[i].closeReactive(t, integral)
        }
        let e = standardView.power.energy(t, fluctuation: integral)
        referencePulses += (e.forward + e.reverse) * standard.constant / 3.6e6
        standardView.close(t, integral)
        for p in standardPhases.indices { standardPhases[p].close(t, integral) }

        let z = decay(t)
        for p in phases.indices {
            let was = phases[p].at(z)
            var course = phases[p]
            change(p, &course)
            if !contactorClosed {
                course.voltage = .zero
                course.current = .zero
            }
            course.voltageGap = contactorClosed ? was.voltage - course.voltage : .zero
            course.currentGap = contactorClosed ? was.current - course.current : .zero
            if course.voltageGap.magnitude < 1e-12 { course.voltageGap = .zero }
            if course.currentGap.magnitude < 1e-15 { course.currentGap = .zero }
            phases[p] = course
        }
        begin = t
        tau = newTau
        fluctuationAtBegin = fluctuation.integral(t)
        if pieces.count >= 256 { pieces.removeFirst(128) }
        pieces.append(Piece(begin: begin, tau: tau, phases: phases))
        rebuildViews()
    }

    /// exp(−(t − begin)/τ).
    func decay(_ t: Double) -> Double { exp((begin - t) / tau) }

    /// Everybody's view of the piece that begins now.
    mutating func rebuildViews() {
        let integral: (Double) -> Double = { [fluctuation, fluctuationAtBegin] in
            fluctuation.integral($0) - fluctuationAtBegin
        }
        let terms = phases.map(\.power)
        let error = standard.factor(temperature: temperature(begin))
        let own = curve(terms, [error, error, error], offset: 0, counted)
        let air = temperature(begin)
        standardView.power = CountedPower(curve: own, threshold: 0, creep: 0, fluctuation: integral)
        for p in standardPhases.indices {
            let alone = (0..<3).map { $0 == p ? error : .zero }
            standardPhases[p].power = CountedPower(
                curve: curve(terms, alone, offset: 0), threshold: 0, creep: 0, fluctuation: integral)
        }
        for i in meters.indices {
            let meter = meters[i]
            let carrying = phases.indices.filter {
                meter.factors[$0] != .zero && phases[$0].current != .zero && phases[$0].voltage != .zero
            }
            let offset = meter.truth.offset / 3 * Double(carrying.count)
            let live = phases.contains { $0.voltage != .zero }
            let counts = !meter.isDown && !meter.isDeaf
            let factors = meter.factors(under: applied, temperature: air).map {
                counts ? (1 + meter.drift / 100) * $0 : .zero
            }
            let reactive = meter.reactiveFactors(factors)
            meters[i].reactiveView.power = CountedPower(
                curve: curve(
                    terms, reactive,
                    offset: counts ? meter.truth.reactiveOffset / 3 * Double(carrying.count) : 0, .reactive),
                threshold: meter.threshold, creep: 0, fluctuation: integral)
            meters[i].view.power = CountedPower(
                curve: curve(terms, factors, offset: counts ? offset : 0), threshold: meter.threshold,
                creep: live && counts ? meter.creep : 0, fluctuation: integral)
            rebuildPhases(i, terms, factors, carrying, live && counts, integral)
        }
    }

    /// Active or reactive power as a device with one complex factor per phase sees it.
    func curve(
        _ terms: [(a: Complex, b: Complex, c: Complex)], _ factors: [Complex], offset: Double,
        _ energy: EnergyKind = .active
    ) -> PowerCurve {
        var curve = PowerCurve(start: begin, tau: tau)
        func part(_ power: Complex) -> Double { energy == .active ? power.re : power.im }
        for p in terms.indices {
            curve.a += part(terms[p].a * factors[p])
            curve.b += part(terms[p].b * factors[p])
            curve.c += part(terms[p].c * factors[p])
            // Reactive power is that of the fundamentals.
            guard energy == .active else { continue }
            // Harmonics go by the amplitude only: what a phase error does to them is not known.
            if terms[p].a != .zero { curve.a += effects[p].power * factors[p].magnitude }
        }
        curve.a += offset
        return curve
    }

    /// Stamps all edges of armed channels until `t`.
    mutating func generateEdges(until t: Double) {
        for i in meters.indices {
            if meters[i].train.isArmed { generateEdges(of: i, until: t) }
            if meters[i].reactiveTrain.isArmed { generateEdges(of: i, .reactive, until: t) }
        }
    }

    /// Stamps the edges of one meter until `t`.
    mutating func generateEdges(of i: Int, _ energy: EnergyKind = .active, until t: Double) {
        let integral: (Double) -> Double = { [fluctuation, fluctuationAtBegin] in
            fluctuation.integral($0) - fluctuationAtBegin
        }
        let resolution = counterSpecification.referenceResolution
        let scale = standard.constant / 3.6e6
        let stamp = PulseOutput.Stamp(
            tick: { [clockOffset, clockRate] in Int64(((clockOffset + $0 * clockRate) * 1e9).rounded()) },
            count: { [standardView, referencePulses] in
                let e = standardView.power.energy($0, fluctuation: integral)
                let count = referencePulses + (e.forward + e.reverse) * scale
                return resolution > 0 ? (count / resolution).rounded(.down) * resolution : count
            })
        if energy == .active {
            meters[i].train.generate(until: t, power: meters[i].pulses, fluctuation: integral, stamp: stamp)
        } else {
            meters[i].reactiveTrain.generate(
                until: t, power: meters[i].reactiveView.power, fluctuation: integral, stamp: stamp)
        }
    }
}
