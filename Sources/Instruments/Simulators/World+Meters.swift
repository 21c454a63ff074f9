internal import BenchCore

#if canImport(Glibc)
    import Glibc
#endif

/// What a meter's data interface shows.
struct MeterDisplay: Sendable {
    /// Energy registers, kWh, before their resolution.
    var importEnergy: Double, exportEnergy: Double
    /// Registers of reactive energy by quadrant, kvarh; reactive power, var.
    var quadrants: [Quadrant: Double], reactivePower: Double
    /// As the meter sees them: W, V, A, Hz.
    var power: Double, voltages: [Double], currents: [Double], frequency: Double
    /// Power factor with the sign of the power.
    var powerFactor: Double
}

extension WorldState {
    /// What the meter at a position shows now; `nil` where there is none.
    func display(_ position: Int) -> MeterDisplay? {
        guard let i = index[position] else { return nil }
        let meter = meters[i]
        let counted = counted(meter)
        let gain = 1 + meter.truth.registerGain / 100
        var imported = counted.forward * gain / 3.6e6
        var exported = counted.reverse * gain / 3.6e6
        if meter.truth.exportAsImport {
            imported += exported
            exported = 0
        }
        if meter.truth.swappedRegisters { swap(&imported, &exported) }
        let seen = meter.quadrants(now) { fluctuation.integral($0) - fluctuationAtBegin }
        let quadrants = seen.mapValues { $0 * gain / 3.6e6 }
        let z = decay(now)
        let n = fluctuation.value(now)
        let ends = phases.enumerated().map { p, phase in
            meter.factors[p] == .zero ? (voltage: Complex.zero, current: Complex.zero) : phase.at(z)
        }
        let voltages = ends.map { $0.voltage.magnitude * (1 + 0.5 * n) }
        let currents = ends.map { $0.current.magnitude * (1 + 0.5 * n) }
        let power = meter.view.power.power(now) * (1 + n)
        let apparent = zip(voltages, currents).reduce(0) { $0 + $1.0 * $1.1 }
        let live = voltages.contains { $0 > 1 }
        return MeterDisplay(
            importEnergy: meter.importStart + imported + meter.registerShift,
            exportEnergy: meter.exportStart + exported,
            quadrants: quadrants, reactivePower: meter.reactiveView.power.power(now) * (1 + n), power: power,
            voltages: voltages, currents: currents, frequency: live ? (applied?.frequency ?? 0) + frequencyShift : 0,
            powerFactor: apparent > 0 ? max(-1, min(1, power / apparent)) : 1)
    }

    /// A register as the meter at a position would answer it now; `nil` where there is no meter.
    func register(_ position: Int, _ definition: RegisterDefinition) -> RegisterValue? {
        guard let i = index[position], let shown = display(position) else { return nil }
        let meter = meters[i]
        let plate = meter.type.nameplate
        func text(_ text: String) -> RegisterValue {
            RegisterValue(name: definition.name, number: nil, text: text, unit: "")
        }
        func number(_ value: Double?) -> RegisterValue {
            RegisterValue(name: definition.name, number: value, text: nil, unit: definition.unit)
        }
        switch definition.role {
        case .serialNumber:
            // Some meters hold their serial number as text, some as a whole number.
            if case .modbus(_, _, let encoding, _) = definition.place, case .text = encoding {
                return text(meter.truth.serial)
            }
            if case .sunspec = definition.place { return text(meter.truth.serial) }
            return number(Decimal.parse(meter.truth.serial))
        case .manufacturer: return text(plate.manufacturer)
        case .model: return text(plate.model)
        case .firmware: return text("1.0")
        case .activeEnergyImport: return number(energy(shown.importEnergy, definition, meter.truth))
        case .activeEnergyExport: return number(energy(shown.exportEnergy, definition, meter.truth))
        case .reactiveEnergyImport, .reactiveEnergyExport, .reactiveEnergyFirst, .reactiveEnergySecond,
            .reactiveEnergyThird, .reactiveEnergyFourth:
            let counted = definition.role.quadrants.reduce(0) { sum, quadrant in
                let taken =
                    meter.truth.swappedReactive
                    ? Quadrant(active: quadrant.active, reactive: quadrant.reactive == .import ? .export : .import)
                    : quadrant
                return sum + (shown.quadrants[taken] ?? 0)
            }
            return number(energy(meter.importStart + counted, definition, meter.truth))
        case .reactivePower:
            return number(rounded(shown.reactivePower / Self.worth(definition.unit), definition.resolution))
        case .activePower:
            let power = meter.truth.unsignedPower ? abs(shown.power) : shown.power
            return number(rounded(power / Self.worth(definition.unit), definition.resolution))
        case .voltageL1: return number(rounded(shown.voltages[0], definition.resolution))
        case .voltageL2: return number(rounded(shown.voltages[1], definition.resolution))
        case .voltageL3: return number(rounded(shown.voltages[2], definition.resolution))
        case .currentL1: return number(rounded(shown.currents[0], definition.resolution))
        case .currentL2: return number(rounded(shown.currents[1], definition.resolution))
        case .currentL3: return number(rounded(shown.currents[2], definition.resolution))
        case .powerFactor: return number(rounded(shown.powerFactor, definition.resolution))
        case .frequency: return number(rounded(shown.frequency, definition.resolution))
        case .reverseFlow: return number(meter.truth.blindToReverse ? 0 : flowsBackwards(meter) ? 1 : 0)
        case .clock, .other: return number(logged(definition, meter))
        }
    }

    /// What a register of the log of voltage events shows; `nil` for any other.
    private func logged(_ definition: RegisterDefinition, _ meter: MeterState) -> Double? {
        guard let log = meter.type.events else { return nil }
        switch definition.name {
        case log.count: return meter.logged.count
        case log.duration:
            return meter.logged.duration.map { rounded($0 / Self.worth(definition.unit), definition.resolution) }
        case log.residual:
            let volts = definition.unit.hasSuffix("V") ? meter.type.nameplate.nominalVoltage.value / 100 : 1
            return meter.logged.residual.map {
                rounded($0 * volts / (volts == 1 ? 1 : Self.worth(definition.unit)), definition.resolution)
            }
        default: return nil
        }
    }

    /// An energy in the register's unit, cut (not rounded) to its step, as a counting register does.
    private func energy(_ kilowattHours: Double, _ definition: RegisterDefinition, _ meter: SimulatedMeter) -> Double {
        let value = kilowattHours * 3.6e6 / Self.worth(definition.unit)
        let active = definition.role == .activeEnergyImport || definition.role == .activeEnergyExport
        guard let step = (active ? meter.registerResolution : nil) ?? definition.resolution, step > 0 else {
            return value
        }
        return (value / step).rounded(.down) * step
    }

    private func rounded(_ value: Double, _ step: Double?) -> Double {
        guard let step, step > 0 else { return value }
        return (value / step).rounded() * step
    }

    /// How many coherent units one of a register's units is.
    static func worth(_ unit: String) -> Double {
        switch unit {
        case "kW", "kV", "kA", "kvar": return 1e3
        case "MW": return 1e6
        case "mA", "mV", "ms": return 1e-3
        case "Wh", "varh": return 3600
        case "kWh", "kvarh": return 3.6e6
        case "MWh", "Mvarh": return 3.6e9
        case "%": return 1e-2
        default: return 1
        }
    }
}
