"""Plays meters on one Modbus line with pymodbus, a Modbus implementation that is not ours.

usage: modbus_meter.py tcp|rtu [identity] UNIT=MAP[:TROUBLE] ...
With «identity» it answers function 43/14 with texts so long that they need two answers.
Maps: see MAPS. Troubles: silent, late=SECONDS, once-late=SECONDS, unit=NUMBER, crc, cut, header, exception=CODE, close.
Prints «ready PORT» or «ready DEVICE», then serves until its input ends.
"""
import asyncio
import logging
import os
import pty
import struct
import sys
import threading
import tty

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.framer import FramerType
from pymodbus.pdu import ExceptionResponse
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.server.requesthandler import ServerRequestHandler


def f32(*values):
    return [word for value in values for word in struct.unpack(">HH", struct.pack(">f", value))]


def i32_low_first(*values):
    return [word for value in values for word in reversed(struct.unpack(">HH", struct.pack(">i", value)))]


def text(value, words):
    raw = value.encode().ljust(2 * words, b"\0")
    return list(struct.unpack(">%dH" % words, raw))


def at(address, words):
    return {address + i: word for i, word in enumerate(words)}


def sdm630():
    # Eastron SDM630Modbus Protocol V1.8: values of a plausible load.
    inputs = {a: 0 for a in range(0, 0x180)}
    inputs |= at(0x00, f32(230.1, 231.2, 229.9, 5.01, 4.99, 5.02, 1152.5, 1153.25, 1151.0))
    inputs |= at(0x34, f32(3456.75)) | at(0x3E, f32(0.998)) | at(0x46, f32(49.98, 1234.56, 78.9))
    return inputs, at(0xFC00, [0x0134, 0x5678])


def em340():
    # Carlo Gavazzi EM300/ET300 protocol V2 R6: INT32, low word first.
    words = {a: 0 for a in range(0, 0x60)}
    words |= at(0x00, i32_low_first(2301, 2312, 2299)) | at(0x0C, i32_low_first(5010, 4990, -5020))
    words |= at(0x0B, [340])
    words |= at(0x28, i32_low_first(-34567)) | {0x31: 0x10000 - 998, 0x33: 499}
    words |= at(0x34, i32_low_first(12345678)) | at(0x4E, i32_low_first(70001))
    words |= at(0x5000, text("KX1234567890A", 7))
    return words, words


def common(base):
    words = at(base, [0x5375, 0x6E53, 1, 66])
    words |= at(base + 4, text("Example Meters", 16) + text("EM-3000", 16) + text("", 8) + text("2.10", 8))
    words |= at(base + 52, text("SN-0042", 16)) | at(base + 68, [1, 0x8000])
    return words


def integer_model(base, number):
    # model_203.json of sunspec/models; scale factors 10^-2, 10^-1, 10^-3, 10^1 …
    model = {i: 0x8000 for i in range(2, 107)} | {0: number, 1: 105}
    model |= {2: 1502, 3: 501, 4: 499, 5: 502, 6: 0xFFFE}
    model |= {8: 2301, 9: 2312, 10: 2299, 15: 0xFFFF, 16: 4998, 17: 0xFFFE}
    model |= {18: 0x10000 - 345, 22: 1, 33: 0x10000 - 998, 37: 0xFFFF}
    model |= at(38, [0, 789]) | at(46, [0x0012, 0xD687]) | {54: 1}
    return {base + i: word for i, word in model.items()}


def float_model(base, number):
    model = at(2, f32(*[float("nan")] * 62)) | {0: number, 1: 124}
    model |= at(4, f32(5.01, 4.99, 5.02)) | at(12, f32(230.1, 231.2, 229.9)) | at(26, f32(49.98, -3456.75))
    model |= at(52, f32(-0.998)) | at(60, f32(7890.5)) | at(68, f32(12345670.0))
    return {base + i: word for i, word in model.items()}


def sunspec(base, *models, end=True):
    words = common(base)
    place = base + 70
    for model in models:
        words |= model(place)
        place += 2 + words[place + 1]
    if end:
        words |= at(place, [0xFFFF, 0])
    return words, words


MAPS = {
    "sdm630": sdm630,
    "em340": em340,
    "sunspec203": lambda: sunspec(40000, lambda p: {p: 64001, p + 1: 2, p + 2: 7, p + 3: 8}, lambda p: integer_model(p, 203)),
    "sunspec213": lambda: sunspec(0, lambda p: float_model(p, 213)),
    "sunspec-at-50000": lambda: sunspec(50000, lambda p: integer_model(p, 201)),
    "sunspec-no-meter": lambda: sunspec(40000, lambda p: {p: 103, p + 1: 0}),
    "sunspec-no-end": lambda: sunspec(40000, lambda p: integer_model(p, 203), end=False),
    # A chain of empty models that never comes to its end.
    "sunspec-endless": lambda: (lambda w: (w, w))(common(40000) | {a: [7, 0][a % 2] for a in range(40070, 40500)}),
    # A length that leads beyond the last address.
    "sunspec-overrun": lambda: (lambda w: (w, w))(common(40000) | at(40070, [203, 60000])),
    # A value without its scale factor.
    "sunspec-no-scale": lambda: sunspec(40000, lambda p: integer_model(p, 203) | {p + 54: 0x8000}),
    "climate": lambda: ({0: 2315, 1: 4512}, {}),
    # Input register 2 marks a simulator; hardware has none.
    "contactor": lambda: ({2: 0x4D42}, {}),
    "stuck-contactor": lambda: ({0: 0}, {}),
    "none": lambda: ({}, {}),
}


def slave(name):
    inputs, holdings = MAPS[name]()
    # pymodbus counts from 1 inside its blocks.
    block = lambda words: ModbusSparseDataBlock({a + 1: w for a, w in (words or {0xFFF0: 0}).items()})
    coils = block({0: 0})
    # A contactor's feedback follows its coil; a welded one stays closed.
    feedback = coils if name == "contactor" else block({0: 1 if name == "stuck-contactor" else 0})
    return ModbusSlaveContext(ir=block(inputs), hr=block(holdings), di=feedback, co=coils)


troubles, counts = {}, {}


class Handler(ServerRequestHandler):
    def server_send(self, pdu, addr):
        unit = pdu.dev_id
        kind, _, value = troubles.get(unit, "").partition("=")
        counts[unit] = counts.get(unit, 0) + 1
        late = kind == "late" or (kind == "once-late" and counts[unit] == 1)
        if kind == "silent":
            return
        if kind == "close":
            self.close()
            return
        if kind == "exception":
            answer = ExceptionResponse(self.last_pdu.function_code, int(value))
            answer.dev_id, answer.transaction_id = unit, pdu.transaction_id
            pdu = answer
        if kind == "unit":
            pdu.dev_id = int(value)
        if late:
            frame = self.framer.buildFrame(pdu)
            asyncio.get_running_loop().call_later(float(value), lambda: self.transport.write(frame))
            return
        frame = self.framer.buildFrame(pdu)
        if kind == "crc":
            frame = frame[:-1] + bytes([frame[-1] ^ 0x55])
        if kind == "cut":
            frame = frame[:-3]
        if kind == "header":
            frame = frame[:2] + b"\x12\x34" + frame[4:]
        self.transport.write(frame)


def bridge(one, other):
    while data := os.read(one, 4096):
        os.write(other, data)


def line():
    """Two pseudo-terminals joined back to back: one end for pymodbus, one for the program under test."""
    (left, left_end), (right, right_end) = pty.openpty(), pty.openpty()
    for fd in (left, left_end, right, right_end):
        tty.setraw(fd)
    for pair in ((left, right), (right, left)):
        threading.Thread(target=bridge, args=pair, daemon=True).start()
    return os.ttyname(left_end), os.ttyname(right_end)


async def main():
    # Refusals are what the tests ask for.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    slaves, identity = {}, None
    for word in sys.argv[2:]:
        if word == "identity":
            identity = ModbusDeviceIdentification(info={
                0: "Example Meters", 1: "EM", 2: "2.10", 3: "https://example.org/" + "x" * 120, 4: "Energy meter", 5: "EM-3000",
                6: "y" * 120, 0x80: "own object"})
            continue
        unit, _, rest = word.partition("=")
        name, _, trouble = rest.partition(":")
        slaves[int(unit)] = slave(name)
        troubles[int(unit)] = trouble
    context = ModbusServerContext(slaves=slaves, single=False)
    if sys.argv[1] == "tcp":
        server = ModbusTcpServer(context, address=("127.0.0.1", 0), identity=identity, ignore_missing_slaves=True)
    else:
        ours, theirs = line()
        server = ModbusSerialServer(context, framer=FramerType.RTU, port=theirs, baudrate=9600, identity=identity, ignore_missing_slaves=True)
    server.callback_new_connection = lambda: Handler(server, None, None, None)
    await server.serve_forever(background=True)
    where = server.transport.sockets[0].getsockname()[1] if sys.argv[1] == "tcp" else ours
    print("ready", where, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
