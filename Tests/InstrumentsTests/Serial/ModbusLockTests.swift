import BenchCore
import Testing

@testable import Instruments

@Suite("A Modbus line belongs to one program")
struct ModbusLockTests {
    @Test("a line that somebody holds is refused with the holder, and served once it is free")
    func held() async throws {
        let line = try TestLine()
        let settings = try #require(SerialSettings(baud: 9600, format: "8N1"))
        do {
            let setting = try #require(SerialLineSetting(SerialFormat(baud: 9600, format: "8N1")))
            let holder = try SerialPort(device: line.path, setting: setting, instrument: "other")
            let fault = try #require(
                faultOf {
                    try ModbusContext(.rtu(device: line.path, settings), within: 1, tap: nil, instrument: "meter")
                })
            #expect(fault.code == .refused)
            #expect(fault.detail == "\(line.path) is in use by this program itself")
            _ = holder.place
        }
        let context = try ModbusContext(.rtu(device: line.path, settings), within: 1, tap: nil, instrument: "meter")
        #expect(!context.isTCP)
    }
}
