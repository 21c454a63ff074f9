"""Reads a simulated bench with independent programs: pymodbus and pysunspec2.

usage: simulator_client.py modbus tcp HOST:PORT UNIT FUNCTION ADDRESS COUNT
       simulator_client.py modbus rtu DEVICE UNIT FUNCTION ADDRESS COUNT
       simulator_client.py identify HOST:PORT UNIT basic|regular|individual OBJECT
       simulator_client.py coil HOST:PORT UNIT 0|1
       simulator_client.py sunspec PORT UNIT MODEL POINT...
Prints one line: words, bits or values; "exception CODE"; or "silent".
"""
import sys


def modbus(kind, where, unit, function, address, count):
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient
    from pymodbus.exceptions import ModbusException

    if kind == "tcp":
        host, port = where.split(":")
        client = ModbusTcpClient(host, port=int(port), timeout=1, retries=0)
    else:
        client = ModbusSerialClient(where, baudrate=9600, timeout=1, retries=0)
    assert client.connect(), "no connection"
    reads = {
        1: client.read_coils,
        2: client.read_discrete_inputs,
        3: client.read_holding_registers,
        4: client.read_input_registers,
    }
    try:
        answer = reads[int(function)](int(address), count=int(count), slave=int(unit))
    except ModbusException:
        return "silent"
    if answer.isError():
        return f"exception {answer.exception_code}"
    return " ".join(str(int(x)) for x in (answer.bits[: int(count)] if int(function) < 3 else answer.registers))


def identify(where, unit, kind, first):
    from pymodbus.client import ModbusTcpClient

    host, port = where.split(":")
    client = ModbusTcpClient(host, port=int(port), timeout=1, retries=0)
    assert client.connect(), "no connection"
    code = {"basic": 1, "regular": 2, "individual": 4}[kind]
    answer = client.read_device_information(read_code=code, object_id=int(first), slave=int(unit))
    if answer.isError():
        return f"exception {answer.exception_code}"
    return "|".join(f"{number}={text.decode()}" for number, text in sorted(answer.information.items()))


def coil(where, unit, value):
    from pymodbus.client import ModbusTcpClient

    host, port = where.split(":")
    client = ModbusTcpClient(host, port=int(port), timeout=1, retries=0)
    assert client.connect(), "no connection"
    answer = client.write_coil(0, value == "1", slave=int(unit))
    return f"exception {answer.exception_code}" if answer.isError() else str(int(answer.bits[0]))


def sunspec(port, unit, model, *points):
    import sunspec2.modbus.client as client

    device = client.SunSpecModbusClientDeviceTCP(slave_id=int(unit), ipaddr="127.0.0.1", ipport=int(port), timeout=2)
    device.scan()
    common, meter = device.models[1][0], device.models[int(model)][0]
    values = [common.Mn.value, common.SN.value]
    values += [meter.points[name].cvalue for name in points]
    return "|".join(str(v) for v in values)


print({"modbus": modbus, "identify": identify, "coil": coil, "sunspec": sunspec}[sys.argv[1]](*sys.argv[2:]))
