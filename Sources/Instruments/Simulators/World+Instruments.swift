internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

extension WorldState {
    /// Why the source cannot give a load; `nil` when it can.
    func refusal(_ load: LoadSetting) -> String? {
        if let fault { return "the source is in fault: \(fault)" }
        guard load.phases.count == 3 else { return "a load has three phases, not \(load.phases.count)" }
        guard let range = specification else { return nil }
        func text(_ r: ClosedRange<Double>, _ unit: String) -> String {
            "\(Decimal.shortest(r.lowerBound)) … \(Decimal.shortest(r.upperBound)) \(unit)"
        }
        if !range.frequency.contains(load.frequency) {
            return "\(Decimal.shortest(load.frequency)) Hz is outside \(text(range.frequency, "Hz"))"
        }
        for (p, phase) in load.phases.enumerated() {
            guard [phase.voltage, phase.voltageAngle, phase.current, phase.currentLag].allSatisfy(\.isFinite) else {
                return "L\(p + 1): an amplitude or an angle is no finite number"
            }
            if phase.voltage != 0, !range.voltage.contains(phase.voltage) {
                return "L\(p + 1): \(Decimal.shortest(phase.voltage)) V is outside \(text(range.voltage, "V"))"
            }
            if phase.current != 0, !range.current.contains(phase.current) {
                return "L\(p + 1): \(Decimal.shortest(phase.current)) A is outside \(text(range.current, "A"))"
            }
        }
        return load.shape.flatMap { range.capability.refusal(of: $0) }
    }

    /// Energises what was prepared; a reason when that cannot be.
    mutating func apply() -> String? {
        guard let load = prepared else { return "nothing is prepared" }
        if let fault { return "the source is in fault: \(fault)" }
        applied = load
        on = true
        if firstOn == nil { firstOn = now }
        settledFrom = now + description.source.settle
        aim()
        return nil
    }

    /// Lets voltages and currents approach what is applied (settled within 10⁻⁴ after the settling time).
    private mutating func aim() {
        let load = applied
        let live = on
        let errors = sourceErrors
        forgetEvent()
        reshape()
        startPiece(now, tau: max(1e-4, description.source.settle / log(1e4))) { p, course in
            guard live, let load else {
                course.voltage = .zero
                course.current = .zero
                return
            }
            (course.voltage, course.current) = Self.output(load.phases[p], errors[p])
        }
    }

    /// What the source really gives for one phase of a load.
    static func output(_ phase: PhaseLoad, _ error: SourceError) -> (voltage: Complex, current: Complex) {
        let u = Complex(magnitude: phase.voltage * (1 + error.voltage), degrees: phase.voltageAngle)
        let i = Complex(
            magnitude: phase.current * (1 + error.current),
            degrees: phase.voltageAngle - phase.currentLag - error.angle)
        return (u, i)
    }

    /// What the shape of the load applied does to each phase.
    private mutating func reshape() {
        effects = (0..<3).map { p in applied.map { ShapeEffect($0, p, sourceErrors[p]) } ?? ShapeEffect() }
    }

    /// Switches the currents off, or everything; a source is quick at that (time constant 5 ms).
    mutating func switchOff(voltage: Bool) {
        guard !outputsStuck else { return }
        if voltage { on = false }
        applied = voltage ? nil : applied?.withoutCurrent
        settledFrom = now + 0.05
        forgetEvent()
        reshape()
        startPiece(now, tau: 5e-3) { _, course in
            if voltage { course.voltage = .zero }
            course.current = .zero
        }
    }

    /// How the source is.
    var sourceState: SourceState {
        SourceState(on: on, settled: on && fault == nil && now >= settledFrom, fault: fault)
    }

    /// Closes or opens the contactor, unless it is stuck.
    mutating func setContactor(closed: Bool) {
        guard hasContactor, contactorStuck == nil, closed != contactorClosed else { return }
        contactorClosed = closed
        // The source behind it is not asked: what it gives is simply there, or gone.
        let load = applied
        let live = on
        let errors = sourceErrors
        startPiece(now, tau: 1e-3) { p, course in
            guard live, let load else { return }
            (course.voltage, course.current) = Self.output(load.phases[p], errors[p])
        }
    }

    /// Chooses the standard's ranges; `nil` where its specification has none for these values.
    mutating func chooseRange(voltage: Double, current: Double) -> Double? {
        startPiece(now, tau: tau) { _, _ in }
        guard voltage.isFinite, current.isFinite, standard.choose(voltage: voltage, current: current) else {
            return nil
        }
        rebuildViews()
        return standard.constant
    }

    /// The standard's pulse output has another constant from now on, imp/kWh.
    mutating func setStandardConstant(_ constant: Double) {
        startPiece(now, tau: tau) { _, _ in }
        standard.ownConstant = constant
        rebuildViews()
    }

    /// The standard counts this energy from now on; `false` where it cannot.
    mutating func count(_ energy: EnergyKind) -> Bool {
        guard energy == .active || countsReactive else { return false }
        startPiece(now, tau: tau) { _, _ in }
        counted = energy
        rebuildViews()
        return true
    }

    /// What the standard measures now.
    var reading: StandardReading {
        let z = decay(now)
        let n = fluctuation.value(now)
        let error = standard.factor(temperature: temperature(now))
        // An amplitude error of power is shared evenly by voltage and current.
        let half = 1 + 0.5 * (error.re - 1)
        var reading = StandardReading(voltages: [], currents: [], powers: [], frequency: 0, voltageDistortion: [])
        for (phase, effect) in zip(phases, effects) {
            let (u, i) = phase.at(z)
            reading.voltages.append(u.magnitude * effect.voltage * half * (1 + 0.5 * n))
            reading.currents.append(i.magnitude * effect.current * half * (1 + 0.5 * n))
            if countsReactive {
                reading.reactivePowers = (reading.reactivePowers ?? []) + [(u * i.conjugate * error).im * (1 + n)]
            }
            let more = u.magnitude > 1 && i.magnitude > 0 ? effect.power * error.magnitude : 0
            reading.powers.append(((u * i.conjugate * error).re + more) * (1 + n))
            let own = description.source.distortion + extraDistortion
            reading.voltageDistortion.append(
                u.magnitude > 1 ? effect.distortion > 0 ? hypot(own, effect.distortion) : own : 0)
        }
        let live = phases.contains { $0.at(z).voltage.magnitude > 1 }
        if live, let load = applied { reading.frequency = load.frequency + frequencyShift }
        return reading
    }

    /// Energy by the standard until now, W·s.
    private var standardEnergy: (forward: Double, reverse: Double) {
        standardView.energy(now) { fluctuation.integral($0) - fluctuationAtBegin }
    }
    /// Sets the integrator to zero and starts it.
    mutating func startEnergy() {
        energyStart = standardEnergy
        phasesStart = standardPhases.map { $0.energy(now) { fluctuation.integral($0) - fluctuationAtBegin } }
    }
    /// Energy since the start, W·s; `nil` when it was not started.
    var energy: Double? {
        guard let energyStart else { return nil }
        let e = standardEnergy
        return (e.forward - energyStart.forward) - (e.reverse - energyStart.reverse)
    }
    /// Stops the integrator.
    mutating func stopEnergy() -> Double? {
        defer { energyStart = nil }
        return energy
    }

    /// Begins to stamp edges of channels; `false` where the counter has no such channel.
    mutating func arm(_ list: [Int]) -> Bool {
        guard list.allSatisfy({ $0 >= 1 && $0 <= counterSpecification.channels }) else { return false }
        for i in meters.indices {
            meters[i].train.disarm()
            meters[i].reactiveTrain.disarm()
        }
        for channel in list {
            if let i = reactiveChannels[channel] {
                meters[i].reactiveTrain.arm(now, power: meters[i].reactiveView.power) {
                    fluctuation.integral($0) - fluctuationAtBegin
                }
            }
            guard let i = channels[channel] else { continue }
            meters[i].train.arm(now, power: meters[i].pulses) { fluctuation.integral($0) - fluctuationAtBegin }
        }
        return true
    }
    /// Stops stamping.
    mutating func disarm() {
        generateEdges(until: now)
        for i in meters.indices {
            meters[i].train.disarm()
            meters[i].reactiveTrain.disarm()
        }
    }
    /// Edges of a channel from a number on, at most `limit`.
    mutating func edges(channel: Int, from: Int, limit: Int) -> EdgeBlock {
        let clock = Int64(((clockOffset + now * clockRate) * 1e9).rounded())
        let train: PulseOutput
        if let i = channels[channel] {
            generateEdges(of: i, until: now)
            train = meters[i].train
        } else if let i = reactiveChannels[channel] {
            generateEdges(of: i, .reactive, until: now)
            train = meters[i].reactiveTrain
        } else {
            return EdgeBlock(edges: [], next: 0, overrun: false, now: clock)
        }
        let begin = min(max(from, train.first), train.count)
        let end = min(begin + limit, train.count)
        return EdgeBlock(
            edges: Array(train.edges[(begin - train.first)..<(end - train.first)]), next: end,
            overrun: from < train.first, now: clock)
    }

    /// What the thermometer and hygrometer show.
    var climate: ClimateReading {
        ClimateReading(temperature: temperature(now) + thermometerError, humidity: description.ambient.humidity)
    }

    /// The wire fault that strikes the next request at a place.
    mutating func nextFault(_ place: FaultPlace) -> PlannedFault.Kind? {
        gates[place]?.next(elapsed: firstOn.map { now - $0 })
    }
}
