internal import BenchCore

/// What every instrument must do, whatever it is.
enum CommonChecks {
    static let all: [ConformanceCheck] = [
        ConformanceCheck(
            name: "identity", sentence: "it says who it is, the same every time, and is what the bench file expects"
        ) { stage in
            try await stage.rig { rig in
                let first = try await stage.succeed("identify") { try await rig.driver.identify() }
                let second = try await stage.succeed("identify again") { try await rig.driver.identify() }
                try stage.demand(first == second, "first «\(first)», then «\(second)»")
                try stage.demand(
                    !first.manufacturer.isEmpty && !first.model.isEmpty, "maker or model is empty: «\(first)»")
                guard let expected = stage.facts.expected else { return }
                for (what, said, wanted) in [
                    ("maker", first.manufacturer, expected.manufacturer), ("model", first.model, expected.model),
                    ("serial number", first.serial, expected.serial),
                ] where !wanted.isEmpty {
                    try stage.demand(said == wanted, "\(what) «\(said)» where «\(wanted)» was expected")
                }
            }
        },
        ConformanceCheck(
            name: "simulator-says-so",
            sentence: "a simulator says that it is one: a run with it can never become a certificate", needs: .hooks
        ) { stage in
            guard stage.subject.contract != .meter else {
                throw CheckEnd.notApplicable("a meter's register map has no place to say so")
            }
            try await stage.rig { rig in
                let identity = try await stage.succeed("identify") { try await rig.driver.identify() }
                try stage.demand(
                    identity.simulated, "«\(identity.manufacturer) \(identity.model)» passes for the real one")
            }
        },
        ConformanceCheck(
            name: "error-queue", sentence: "its error queue empties when it is read"
        ) { stage in
            try await stage.rig { rig in
                _ = try await stage.succeed("errors") { try await rig.driver.errors() }
                let second = try await stage.succeed("errors again") { try await rig.driver.errors() }
                try stage.demand(
                    second.isEmpty, "still in the queue after it was read: \(second.joined(separator: "; "))")
            }
        },
    ]
}
