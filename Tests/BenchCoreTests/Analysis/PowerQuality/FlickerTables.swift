import Glibc

@testable import BenchCore

/// Rows of the tables of IEC 61000-4-15:2010 (edition 2), as public code of the qwtb project holds them
/// (qwtb/alg_flicker_sim/verify_flicker_sim.m); those of 230 V/50 Hz and 120 V/60 Hz stand in
/// shared/standards/d-power-quality.json too.
enum FlickerTables {
    static let slow = stride(from: 0.5, through: 8, by: 0.5) + [8.8] + stride(from: 9.5, through: 12, by: 0.5)

    /// Modulation in Hz and ΔV/V in percent (peak to peak) that give Pinst,max = 1: tables 1a and 1b, sinusoidal.
    static func sinusoidal(_ lamp: FlickerLamp) -> [(hertz: Double, percent: Double)] {
        let to8 = [
            2.325, 1.397, 1.067, 0.879, 0.747, 0.645, 0.564, 0.497, 0.442, 0.396, 0.357, 0.325, 0.3, 0.280, 0.265,
            0.256, 0.250, 0.254, 0.261, 0.271, 0.283, 0.298, 0.314, 0.351, 0.393, 0.438, 0.486, 0.537, 0.590,
        ]
        let low = [
            2.453, 1.465, 1.126, 0.942, 0.815, 0.717, 0.637, 0.570, 0.514, 0.466, 0.426, 0.393, 0.366, 0.346, 0.332,
            0.323, 0.321, 0.329, 0.341, 0.355, 0.373, 0.394, 0.417, 0.469, 0.528, 0.592, 0.660, 0.734, 0.811, 0.892,
        ]
        let frequencies = slow + stride(from: 13.0, through: 25, by: 1) + [100.0 / 3, 40]
        let values: [Double] =
            switch lamp {
            case .v230f50: to8 + [0.646, 0.704, 0.764, 0.828, 0.894, 0.964, 1.037, 2.128]
            case .v230f60: to8 + [0.645, 0.703, 0.764, 0.826, 0.892, 0.959, 1.029, 1.758, 2.963]
            case .v120f50: low + [0.978, 1.068, 1.162, 1.261, 1.365, 1.476, 3.111]
            case .v120f60: low + [0.977, 1.067, 1.160, 1.257, 1.359, 1.464, 2.570, 4.393]
            }
        return zip(frequencies, values).map { ($0, $1) }
    }

    /// Modulation in Hz and ΔV/V in percent that give Pinst,max = 1: tables 2a and 2b, rectangular.
    static func rectangular(_ lamp: FlickerLamp) -> [(hertz: Double, percent: Double)] {
        let whole = stride(from: 13.0, through: 21, by: 1) + [21.5] + stride(from: 22.0, through: 25, by: 1)
        let last: [Double] =
            lamp.frequency == .fifty ? [25.5, 28, 30.5, 100.0 / 3] : [25.5, 28, 30.5, 100.0 / 3, 37, 40]
        let values: [Double] =
            switch lamp {
            case .v230f50:
                [
                    0.509, 0.467, 0.429, 0.398, 0.370, 0.352, 0.342, 0.332, 0.312, 0.291, 0.268, 0.248, 0.231, 0.216,
                    0.207, 0.199, 0.196, 0.199, 0.203, 0.212, 0.222, 0.233, 0.245, 0.272, 0.308, 0.341, 0.376, 0.411,
                    0.446, 0.497, 0.553, 0.585, 0.592, 0.612, 0.680, 0.743, 0.764, 0.806, 0.915, 0.847, 1.671,
                ]
            case .v120f60:
                [
                    0.598, 0.548, 0.503, 0.469, 0.439, 0.419, 0.408, 0.394, 0.373, 0.348, 0.324, 0.302, 0.283, 0.269,
                    0.258, 0.253, 0.252, 0.258, 0.266, 0.278, 0.292, 0.308, 0.324, 0.367, 0.411, 0.457, 0.509, 0.575,
                    0.626, 0.688, 0.746, 0.815, 0.837, 0.851, 0.946, 1.067, 1.088, 1.072, 1.383, 1.602, 1.823, 1.304,
                    3.451,
                ]
            case .v120f50:
                [
                    0.597, 0.547, 0.503, 0.468, 0.438, 0.420, 0.408, 0.394, 0.372, 0.348, 0.323, 0.302, 0.283, 0.269,
                    0.259, 0.253, 0.252, 0.258, 0.265, 0.278, 0.293, 0.308, 0.325, 0.363, 0.413, 0.460, 0.511, 0.562,
                    0.611, 0.683, 0.768, 0.811, 0.820, 0.852, 0.957, 1.052, 1.087, 1.148, 1.303, 1.144, 2.443,
                ]
            case .v230f60:
                [
                    0.510, 0.468, 0.429, 0.399, 0.371, 0.351, 0.342, 0.331, 0.313, 0.291, 0.269, 0.249, 0.231, 0.217,
                    0.206, 0.200, 0.196, 0.199, 0.203, 0.212, 0.222, 0.233, 0.244, 0.275, 0.306, 0.338, 0.376, 0.420,
                    0.457, 0.498, 0.537, 0.584, 0.600, 0.611, 0.678, 0.753, 0.778, 0.768, 0.962, 1.105, 1.258, 0.975,
                    2.327,
                ]
            }
        return zip(slow + whole + last, values).map { ($0, $1) }
    }

    /// Changes a minute and ΔV/V in percent that give Pst = 1.00: table 5.
    static func severity(_ lamp: FlickerLamp) -> [(changes: Double, percent: Double)] {
        let values: [Double] =
            switch lamp {
            case .v230f50: [2.715, 2.191, 1.450, 0.894, 0.722, 0.407, 2.343]
            case .v120f60: [3.181, 2.564, 1.694, 1.040, 0.844, 0.548, 4.837]
            case .v120f50: [3.178, 2.561, 1.694, 1.045, 0.844, 0.545, 3.426]
            case .v230f60: [2.719, 2.194, 1.450, 0.895, 0.723, 0.409, 3.263]
            }
        let changes: [Double] = [1, 2, 7, 39, 110, 1620, lamp.frequency == .fifty ? 4000 : 4800]
        return zip(changes, values).map { ($0, $1) }
    }
}

/// A modulated voltage of the tables, made piece by piece.
struct FlickerSignal {
    let lamp: FlickerLamp
    let rectangular: Bool
    let hertz: Double
    let percent: Double
    let rate: Double
    var level = 230.0
    private(set) var at = 0

    init(_ lamp: FlickerLamp, rectangular: Bool, hertz: Double, percent: Double, rate: Double) {
        self.lamp = lamp
        self.rectangular = rectangular
        self.hertz = hertz
        self.percent = percent
        self.rate = rate
    }

    /// The next samples, V.
    mutating func next(_ count: Int) -> [Double] {
        let f0 = lamp.frequency.hertz
        let amplitude = level * 2.0.squareRoot()
        let first = at
        at += count
        return [Double](unsafeUninitializedCapacity: count) { [self] buffer, filled in
            var n = 0
            while n < count {
                let t = Double(first + n) / rate
                let turns = hertz * t
                let m: Double
                if rectangular {
                    m = turns - turns.rounded(.down) < 0.5 ? 1 : -1
                } else {
                    m = sin(2 * .pi * turns)
                }
                buffer[n] = amplitude * sin(2 * .pi * f0 * t) * (1 + percent / 200 * m)
                n += 1
            }
            filled = count
        }
    }

    /// What a meter finds in the next interval.
    mutating func severity(interval: Double, begin: Double) throws -> FlickerSeverity {
        var meter = try FlickerMeter(lamp, rate: rate, interval: interval, begin: begin)
        while true {
            if let result = meter.process(next(20_000)).first { return result }
        }
    }
}
