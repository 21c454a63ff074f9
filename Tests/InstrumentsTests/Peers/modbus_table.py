"""Plays any Modbus TCP device with pymodbus: what its registers hold is told line by line, and encoded by Python's struct.

usage: modbus_table.py
Standard input: lines of UNIT TABLE ADDRESS FORMAT VALUE..., then «serve», then any of
  set UNIT TABLE ADDRESS FORMAT VALUE...
  get UNIT TABLE ADDRESS
TABLE is ir (function 4), hr (3), co (1, 5) or di (2). FORMAT is one of struct's, e.g. >q or >ff; s7 is text in 7 words;
a FORMAT that ends with ~ puts the words of each value in reverse order; bits is for coils and inputs.
Prints «ready PORT», then «value N» or «set» for each line; ends with its input.
"""
import asyncio
import logging
import os
import struct
import sys

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import ModbusTcpServer


def words(form, values):
    if form == "bits":
        return [int(value) for value in values]
    if form.startswith("s"):
        raw = " ".join(values).encode().ljust(2 * int(form[1:]), b"\0")
        return list(struct.unpack(">%dH" % (len(raw) // 2), raw))
    swapped, form = form.endswith("~"), form.rstrip("~")
    out = []
    for code, value in zip(form.lstrip(">"), values):
        # Numbers in hexadecimal are bit patterns.
        if value.startswith("0x"):
            code, value = {2: "H", 4: "I", 8: "Q"}[struct.calcsize(">" + code)], int(value, 16)
        raw = struct.pack(">" + code, float(value) if code in "fd" else int(value))
        part = list(struct.unpack(">%dH" % (len(raw) // 2), raw))
        out += part[::-1] if swapped else part
    return out


async def main():
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    units = {}
    line = sys.stdin.readline()
    while line and line.strip() != "serve":
        unit, table, address, form, *values = line.split(" ") if line.strip() else [0] * 4
        if form:
            tables = units.setdefault(int(unit), {"ir": {}, "hr": {}, "co": {}, "di": {}})
            for i, word in enumerate(words(form, [value.strip() for value in values])):
                tables[table][int(address) + i] = word
        line = sys.stdin.readline()
    # pymodbus counts from 1 inside its blocks; a block must not be empty, so it gets a place that no test asks for.
    block = lambda held: ModbusSparseDataBlock({a + 1: w for a, w in (held or {0xFFF0: 0}).items()})
    slaves = {unit: ModbusSlaveContext(**{k: block(v) for k, v in tables.items()}) for unit, tables in units.items()}
    server = ModbusTcpServer(
        ModbusServerContext(slaves=slaves, single=False), address=("127.0.0.1", 0), ignore_missing_slaves=True)
    await server.serve_forever(background=True)
    print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    functions = {"ir": 4, "hr": 3, "co": 1, "di": 2}
    while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
        verb, unit, table, address, *rest = line.split()
        slave = slaves[int(unit)]
        if verb == "get":
            print("value", int(slave.getValues(functions[table], int(address), 1)[0]), flush=True)
        else:
            slave.setValues(functions[table], int(address), words(rest[0], rest[1:]))
            print("set", flush=True)
    os._exit(0)


asyncio.run(main())
