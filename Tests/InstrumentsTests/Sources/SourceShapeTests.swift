import BenchCore
import Testing

@testable import Instruments

@Suite("Shapes of sources by table")
struct SourceShapeTests {
    private func part(
        _ phase: Int, _ quantity: LoadShape.Output.Quantity = .voltage, harmonics: [LoadShape.Harmonic] = [],
        interharmonics: [LoadShape.Interharmonic] = [], fluctuation: LoadShape.Fluctuation? = nil,
        event: LoadShape.Event? = nil
    ) -> LoadShape.Part {
        LoadShape.Part(
            output: .init(phase: phase, quantity: quantity), harmonics: harmonics, interharmonics: interharmonics,
            fluctuation: fluctuation, event: event)
    }

    @Test("Fluke: harmonics of voltage and current in V and A, gone with the next load")
    func harmonics() async throws {
        let instrument = FlukeModel.instrument()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("fluke-6105a", at: server.address)
        // IEC 62052-11 asks for 10 % of the fifth in voltage, 40 % in current.
        let shape = LoadShape(parts: [
            part(1, harmonics: [.init(order: 5, percent: 10, angle: 0)]),
            part(
                3, .current,
                harmonics: [.init(order: 5, percent: 40, angle: 180), .init(order: 7, percent: 1, angle: -30)]),
        ])
        try await source.prepare(Loads.balanced(5), shape: shape)
        try await source.apply()
        instrument.model { model in
            #expect(model.phases[0][0].harmonics[5]?.amplitude == 23)
            #expect(model.phases[0][0].harmonicsOn && model.phases[0][0].harmonics[1]?.amplitude == 230)
            #expect(model.phases[1][0].harmonics.keys.sorted() == [1])
            let current = model.phases[2][1]
            #expect(current.harmonics[5]?.amplitude == 2 && current.harmonics[5]?.angle == 180)
            #expect(current.harmonics[7]?.angle == -30)
            // 5 A with 40 % of a harmonic is 5.39 A: the range of 5 A does not hold it.
            #expect(current.high == 10 && model.phases[0][1].high == 5)
        }
        try await source.prepare(Loads.balanced(5))
        try await source.apply()
        #expect(instrument.model { $0.phases.allSatisfy { $0.allSatisfy { $0.harmonics.keys.sorted() == [1] } } })
    }

    @Test("Fluke: flicker of the voltage; none of the current, whose commands are not in the table")
    func fluctuation() async throws {
        let instrument = FlukeModel.instrument()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("fluke-6105a", at: server.address)
        let flicker = LoadShape.Fluctuation(form: .rectangular, depth: 0.4, frequency: 8.8)
        try await source.prepare(Loads.balanced(5), shape: LoadShape(parts: [part(2, fluctuation: flicker)]))
        instrument.model { model in
            let channel = model.phases[1][0]
            #expect(channel.flickerOn && channel.flickerDepth == 0.4 && channel.flickerFrequency == 8.8)
            #expect(channel.flickerShape == "RECT" && !model.phases[0][0].flickerOn)
        }
        #expect(
            await faultCode {
                try await source.prepare(
                    Loads.balanced(5), shape: LoadShape(parts: [part(2, .current, fluctuation: flicker)]))
            } == .refused)
        try await source.prepare(Loads.balanced(5))
        #expect(instrument.model { !$0.phases[1][0].flickerOn })
    }

    @Test("Chroma: a dip is a pulse that waits for the trigger")
    func pulse() async throws {
        let instrument = ChromaModel.instrument()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("chroma-61500", at: server.address)
        let dip = LoadShape.Event(residual: 40, duration: 0.2, startAngle: 90)
        try await source.prepare(SourceFixture.single(230), shape: LoadShape(parts: [part(1, event: dip)]))
        #expect(await faultCode { try await source.trigger() } == .refused, "nothing is applied yet")
        try await source.apply()
        instrument.model { model in
            #expect(model.mode == "PULSE" && model.fired == 0)
            #expect(model.pulse == ChromaModel.Pulse(voltage: 92, period: 200, duty: 100, phase: 90, count: 1))
        }
        try await source.trigger()
        #expect(instrument.model { $0.running && $0.fired == 1 })
        // Safe from any state: also while a pulse runs.
        try await source.perform(.voltageOff)
        #expect(instrument.model { !$0.output })
        #expect(await faultCode { try await source.trigger() } == .refused)
        try await source.prepare(SourceFixture.single(230))
        #expect(instrument.model { $0.mode == "FIXED" && !$0.running })
    }

    @Test("Chroma: a swell with ramps is a list, and its range holds it")
    func list() async throws {
        let instrument = ChromaModel.instrument()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("chroma-61500", at: server.address)
        let swell = LoadShape.Event(residual: 120, duration: 1, ramp: 0.05)
        try await source.prepare(SourceFixture.single(140), shape: LoadShape(parts: [part(1, event: swell)]))
        instrument.model { model in
            #expect(model.mode == "LIST" && model.range == "HIGH")
            #expect(model.list["VOLTage:AC:STARt"] == [140, 168, 168])
            #expect(model.list["VOLTage:AC:END"] == [168, 168, 140])
            #expect(model.list["DWELl"] == [50, 1000, 50])
            #expect(model.list["FREQuency:STARt"] == [50, 50, 50])
        }
    }

    @Test("Chroma: an interharmonic runs once the output is on")
    func interharmonic() async throws {
        let instrument = ChromaModel.instrument()
        let server = try LoopbackServer(instrument)
        let source = try await SourceFixture.source("chroma-61500", at: server.address)
        let one = LoadShape.Interharmonic(frequency: 175, percent: 5)
        try await source.prepare(SourceFixture.single(230), shape: LoadShape(parts: [part(1, interharmonics: [one])]))
        #expect(instrument.model { !$0.running })
        try await source.apply()
        #expect(instrument.model { $0.running && $0.mode == "INTERHAR" && $0.interStart == 175 && $0.interLevel == 5 })
        // A new load ends it first: the mode is left as the manual wants it.
        try await source.prepare(SourceFixture.single(200))
        try await source.apply()
        #expect(instrument.model { !$0.running && $0.mode == "FIXED" && $0.live == 200 })
    }

    @Test("what a source cannot give on top of a load is refused with the output's name")
    func refused() async throws {
        let fluke = try await SourceFixture.source("fluke-6105a", at: .tcp(host: "127.0.0.1", port: 9))
        let chroma = try await SourceFixture.source("chroma-61500", at: .tcp(host: "127.0.0.1", port: 9))
        let keysight = try await SourceFixture.source("keysight-6834b", at: .tcp(host: "127.0.0.1", port: 9))
        let harmonic = LoadShape.Harmonic(order: 5, percent: 10, angle: 0)
        let dip = LoadShape.Event(residual: 0, duration: 0.1)
        let inter = LoadShape.Interharmonic(frequency: 175, percent: 5)
        func reason(_ source: SCPITableSource, _ load: LoadSetting, _ parts: [LoadShape.Part]) async -> String {
            do {
                try await source.prepare(load, shape: LoadShape(parts: parts))
                return "taken"
            } catch { return (error as? Fault).map { $0.code == .refused ? $0.detail : "\($0)" } ?? "\(error)" }
        }
        let load = Loads.balanced(5)
        #expect(await reason(keysight, SourceFixture.voltages, [part(1, harmonics: [harmonic])]).contains("sines only"))
        #expect(
            await reason(fluke, load, [part(1, harmonics: [.init(order: 101, percent: 1, angle: 0)])]).contains(
                "harmonic 101"))
        #expect(await reason(fluke, load, [part(1, harmonics: [harmonic, harmonic])]).contains("twice"))
        #expect(await reason(fluke, load, [part(2, event: dip)]).contains("no commands for events"))
        #expect(await reason(fluke, load, [part(4, harmonics: [harmonic])]).contains("no voltage of L4"))
        #expect(
            await reason(fluke, SourceFixture.voltages, [part(1, .current, harmonics: [harmonic])]).contains("is zero"))
        #expect(
            await reason(fluke, Loads.balanced(21), [part(1, .current, harmonics: [harmonic])]).contains("is above 21"))
        #expect(
            await reason(chroma, SourceFixture.single(230), [part(1, interharmonics: [inter, inter])]).contains(
                "the source has 1"))
        #expect(
            await reason(chroma, SourceFixture.single(230), [part(1, interharmonics: [inter], event: dip)]).contains(
                "one of"))
        #expect(
            await reason(chroma, SourceFixture.single(280), [part(1, event: .init(residual: 120, duration: 1))])
                .contains("is above 300"))
    }
}
