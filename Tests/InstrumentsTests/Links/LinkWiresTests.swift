import BenchCore
import TestSupport
import Testing

@testable import Instruments

@Suite("Wires of a bench file")
struct LinkWiresTests {
    @Test(
        "LAN and serial wires are read as they are written",
        arguments: [
            ("{ vxi-11: 192.0.2.7 }", WireAddress.vxi11(host: "192.0.2.7", device: "inst0")),
            ("{ vxi-11: 192.0.2.7, device: 'gpib0,5' }", .vxi11(host: "192.0.2.7", device: "gpib0,5")),
            ("{ vxi-11: 192.0.2.7:1024 }", .vxi11(host: "192.0.2.7", device: "inst0", port: 1024)),
            ("{ hislip: 192.0.2.7 }", .hislip(host: "192.0.2.7", port: 4880, device: "hislip0")),
            ("{ hislip: 192.0.2.7:4881, device: hislip1 }", .hislip(host: "192.0.2.7", port: 4881, device: "hislip1")),
            (
                "{ serial: /dev/ttyUSB0, settings: 300 7E1, flow: rts-cts, rs485: yes }",
                .serial(
                    device: "/dev/ttyUSB0", SerialFormat(baud: 300, format: "7E1", flow: .rtsCts, rs485: true))
            ),
        ])
    func read(text: String, wire: WireAddress) throws {
        let bytes = try Disk.read(Checkout.path("Fixtures/Benches/demo.yaml"))
        let file = String(decoding: bytes, as: UTF8.self).replacing("{ tcp: 127.0.0.1:15025 }", with: text)
        let bench = try BenchFile.load(Array(file.utf8), file: "bench.yaml")
        #expect(bench.instruments[0].wire == wire)
    }
}
