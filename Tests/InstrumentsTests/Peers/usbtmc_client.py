"""Talks with the emulated instrument by python-usbtmc or pyvisa-py, which are not ours: judges the device that our port
is tested with. Prints one line «name: result» for each thing tried."""
import sys


def block(size):
    return bytes(((i * 2654435761) & 0xFFFFFFFF) >> 24 for i in range(size))


def fnv(data):
    value = 2166136261
    for byte in data:
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def check_block(answer, size):
    head = b"#%d%d" % (len(str(size)), size)
    return answer == head + block(size) + b"\n"


def by_usbtmc():
    import usbtmc

    device = usbtmc.Instrument(0x1209, 0x4D42)
    device.timeout = 5
    print("found:", ["%04x:%04x" % (d.idVendor, d.idProduct) for d in usbtmc.list_devices()])
    print("idn:", device.ask("*IDN?"))
    for size in (1, 500, 100000, 2500000):
        print("block %d:" % size, check_block(device.ask_raw(b"BLOCK? %d\n" % size), size))
    payload = bytes(i & 0xFF for i in range(50000))
    device.write_raw(b"SUM? #550000" + payload)
    print("long message:", device.read() == "50000,50000,%d" % fnv(payload))
    print("status byte:", device.read_stb())
    # No time-out is tried: python-usbtmc does not read to the end of an aborted transfer and waits for ever (its #49).
    device.write("BLOCK? 1000")
    device.clear()
    print("after clear:", device.ask("NUM? 77"))


def by_pyvisa():
    import pyvisa

    manager = pyvisa.ResourceManager("@py")
    print("found:", [name for name in manager.list_resources() if name.startswith("USB")])
    device = manager.open_resource("USB0::0x1209::0x4D42::MB0001::INSTR")
    device.timeout = 5000
    # Longer answers than this it cuts (0.8.1): it takes a full transfer without end mark for the whole message.
    device.chunk_size = 200000
    print("idn:", device.query("*IDN?").strip())
    for size in (1, 500, 100000):
        device.write("BLOCK? %d" % size)
        print("block %d:" % size, check_block(device.read_raw(), size))
    print("remote:", device.query("REM?").strip())
    device.timeout = 500
    try:
        device.query("MUTE?")
        print("silence: answered")
    except pyvisa.errors.VisaIOError as error:
        print("silence:", error.abbreviation)
    device.timeout = 5000
    print("after time-out:", device.query("NUM? 78").strip())
    device.close()


by_usbtmc() if sys.argv[1] == "usbtmc" else by_pyvisa()
