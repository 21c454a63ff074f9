import Testing

@testable import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Loads that are no sines")
struct DistortedLoadTests {
    private func load(
        _ voltage: LoadShape.Part? = nil, _ current: LoadShape.Part? = nil, lag: Double = 0, amperes: Double = 5
    ) -> LoadSetting {
        LoadSetting(
            frequency: 50,
            phases: [
                PhaseLoad(voltage: 230, voltageAngle: 0, current: amperes, currentLag: lag),
                PhaseLoad(voltage: 0, voltageAngle: -120, current: 0, currentLag: 0),
                PhaseLoad(voltage: 0, voltageAngle: 120, current: 0, currentLag: 0),
            ], shape: LoadShape(parts: [voltage, current].compactMap { $0 }))
    }

    private func part(_ quantity: LoadShape.Output.Quantity, _ wave: DistortedCurrent) -> LoadShape.Part {
        LoadShape.Part(
            output: .init(phase: 1, quantity: quantity), harmonics: wave.harmonics, fluctuation: wave.fluctuation)
    }

    /// Effective value and mean power of samples of the waves, as a sampling instrument would find them.
    private func sampled(_ load: LoadSetting) -> (voltage: Double, current: Double, power: Double) {
        let steps = 4000
        var (uu, ii, ui) = (0.0, 0.0, 0.0)
        let phase = load.phases[0]
        func wave(_ quantity: LoadShape.Output.Quantity, _ rms: Double, _ angle: Double) -> Double {
            var value = rms * 2.0.squareRoot() * sine(angle)
            for part in load.shape?.parts ?? [] where part.output.quantity == quantity {
                for h in part.harmonics {
                    let size = rms * h.percent / 100
                    value +=
                        h.order == 0
                        ? size * sine(90 + h.angle) : size * 2.0.squareRoot() * sine(Double(h.order) * angle + h.angle)
                }
            }
            return value
        }
        for n in 0..<steps {
            let angle = 360 * Double(n) / Double(steps)
            let u = wave(.voltage, phase.voltage, angle), i = wave(.current, phase.current, angle - phase.currentLag)
            uu += u * u
            ii += i * i
            ui += u * i
        }
        let n = Double(steps)
        return ((uu / n).squareRoot(), (ii / n).squareRoot(), ui / n)
    }

    private func sine(_ degrees: Double) -> Double { sin(degrees * .pi / 180) }

    @Test("A half-wave rectified current has its direct component and its even harmonics")
    func halfWave() throws {
        let wave = DistortedCurrent.halfWave(to: 40)
        // Fourier series of a half-wave of peak 1: 1/π + ½ sin x − 2/π Σ cos 2kx / (4k² − 1).
        func harmonic(_ order: Int) -> Double { wave.harmonics.first { $0.order == order }?.percent ?? 0 }
        #expect(abs(harmonic(0) - 100 * 2 * 2.0.squareRoot() / .pi) < 0.01)
        for k in 1...5 { #expect(abs(harmonic(2 * k) - 400 / .pi / Double(4 * k * k - 1)) < 0.01, "order \(2 * k)") }
        #expect(wave.harmonics.allSatisfy { $0.order % 2 == 0 } && abs(wave.lag) < 1e-9)
        // The fundamental's effective value is Î/(2√2), the whole's Î/2.
        #expect(abs(wave.fundamental - 0.5.squareRoot()) < 1e-3)
        // Imax/√2 as effective value: at Un half of Un·Imax flows.
        let imax = 6.0, total = imax / 2.0.squareRoot()
        let load = load(nil, part(.current, wave), amperes: total * wave.fundamental)
        let found = load.effective(0)
        #expect(abs(found.current - total) < 1e-6 * total)
        #expect(abs(found.power / (230 * imax) - 0.5) < 1e-3)
        #expect(abs(found.power - load.activePower) < 1e-9 && abs(load.apparentPower - 230 * total) < 1e-6)
    }

    @Test("A current fired at 90° lags by the angle of its fundamental and carries odd harmonics only")
    func phaseFired() {
        let wave = DistortedCurrent.phaseFired(at: 90, to: 40)
        // a₁ = ½ and b₁ = −1/π of the amplitude of the whole sine.
        #expect(abs(wave.lag - 32.4816) < 0.01)
        #expect(wave.harmonics.allSatisfy { $0.order % 2 == 1 } && wave.harmonics.first?.order == 3)
        // Third: √(a₃² + b₃²) = 1/π of the amplitude, against √(¼ + 1/π²).
        let third = wave.harmonics[0].percent, wanted = 100 / .pi / (0.25 + 1 / (Double.pi * .pi)).squareRoot()
        #expect(abs(third - wanted) < 0.05)
        // Of a whole sine of 1 A, half the power and 1/√2 of the effective value remain; orders above 40 are missing.
        let load = load(nil, part(.current, wave), lag: wave.lag, amperes: 0.5.squareRoot() * wave.fundamental)
        #expect(abs(load.effective(0).power / 230 - 0.5) < 0.01)
        #expect(abs(load.effective(0).current - 0.5.squareRoot()) < 1e-6)
    }

    @Test("Bursts of two cycles: half the time, so half the power of what flows then")
    func burst() {
        let wave = DistortedCurrent.burst(cycles: 2, frequency: 50)
        #expect(wave.fluctuation?.frequency == 12.5 && wave.fluctuation?.depth == 200)
        let load = load(nil, part(.current, wave), amperes: 5 * wave.fundamental)
        #expect(abs(load.effective(0).current - 5) < 1e-12)
        // While it flows the effective value is √2 · 5 A.
        #expect(abs(load.effective(0).power - 230 * 5 * 2.0.squareRoot() / 2) < 1e-9)
    }

    @Test("Fifth harmonic: 4 % more power, whatever the power factor of the fundamental", arguments: [0.0, 60, -36.87])
    func fifth(_ lag: Double) {
        let voltage = LoadShape.Part(
            output: .init(phase: 1, quantity: .voltage), harmonics: [.init(order: 5, percent: 10, angle: 0)])
        let current = LoadShape.Part(
            output: .init(phase: 1, quantity: .current), harmonics: [.init(order: 5, percent: 40, angle: 5 * lag)])
        let load = load(voltage, current, lag: lag)
        let sines = LoadSetting(frequency: 50, phases: load.phases)
        #expect(abs(load.activePower - sines.activePower - 0.04 * 230 * 5) < 1e-9)
        #expect(abs(load.effective(0).voltage - 230 * 1.01.squareRoot()) < 1e-9)
        #expect(abs(load.effective(0).current - 5 * 1.16.squareRoot()) < 1e-9)
        #expect(load.voltageDistortion(0) == 10 && load.distortsVoltage)
        #expect(load.withoutCurrent.shape?.parts.map(\.output.quantity) == [.voltage])
    }

    @Test("Values by formula are those of the samples of the waves")
    func samples() {
        let wave = DistortedCurrent.phaseFired(at: 60, to: 25)
        let voltage = LoadShape.Part(
            output: .init(phase: 1, quantity: .voltage),
            harmonics: [
                .init(order: 0, percent: 1, angle: 180), .init(order: 3, percent: 4, angle: 20),
                .init(order: 5, percent: 7, angle: -110), .init(order: 11, percent: 2, angle: 75),
            ])
        for lag in [0.0, 37, 200] {
            let load = load(voltage, part(.current, wave), lag: lag + wave.lag)
            let found = load.effective(0), wanted = sampled(load)
            #expect(abs(found.voltage - wanted.voltage) < 1e-9 * 230)
            #expect(abs(found.current - wanted.current) < 1e-9 * 5)
            #expect(abs(found.power - wanted.power) < 1e-9 * 1150)
        }
    }

    @Test(
        "A source that gave sines where a fifth harmonic was asked has not settled, and a distorted voltage on purpose is no complaint"
    )
    func settling() {
        let shape = LoadShape(parts: [
            .init(output: .init(phase: 1, quantity: .voltage), harmonics: [.init(order: 5, percent: 10, angle: 0)])
        ])
        let asked = LoadSetting(frequency: 50, phases: load().phases, shape: shape)
        func reading(_ volts: Double, _ distortion: Double) -> StandardReading {
            StandardReading(
                voltages: [volts, 0, 0], currents: [5, 0, 0], powers: [1150, 0, 0], frequency: 50,
                voltageDistortion: [distortion, 0, 0])
        }
        let good = reading(230 * 1.01.squareRoot(), 10.1)
        #expect(SettleCriteria().complaints(good, asked).isEmpty)
        let sines = SettleCriteria().complaints(reading(230, 0.3), asked)
        #expect(sines.contains { $0.contains("the distortion of U1 is 0.300 % instead of 10.000 %") }, "\(sines)")
        let conditions = Conditions(temperature: nil, frequency: 49.85...50.15, voltageDistortion: 2)
        #expect(conditions.complaints(good, nil, at: asked).isEmpty)
        #expect(conditions.complaints(good, nil, at: load()).count == 1)
        var fast = good
        fast.frequency = 51
        var other = asked
        other.frequency = 51
        #expect(conditions.complaints(fast, nil, at: other).isEmpty)
        #expect(conditions.complaints(fast, nil, at: asked).count == 1)
    }

    @Test("A source refuses what is beyond it, in words")
    func refusals() {
        var source = SourceCapability(
            phases: 3, voltage: 30...300, current: 0.001...120, frequency: 45...65, independentPhases: true)
        let burst = LoadShape(parts: [part(.current, .burst(cycles: 2, frequency: 50))])
        let half = LoadShape(parts: [part(.current, .halfWave(to: 40))])
        #expect(source.refusal(of: half) == "L1's current: harmonics are asked for, and the source gives sines")
        #expect(source.refusal(of: burst) == "L1's current: the source cannot modulate")
        source.harmonics = 2...50
        #expect(source.refusal(of: half) == "L1's current: order 0 is outside 2 to 50")
        source.harmonics = 0...40
        source.fluctuation = 1...20
        #expect(source.refusal(of: half) == nil && source.refusal(of: burst) == nil)
    }
}
