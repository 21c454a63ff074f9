"""An instrument on the RPC and XDR of python-vxi11: prints `PORT_MAPPER CORE` and serves until its input ends.

`*IDN?`, `ECHO? x`, `BIG? n`, `LENGTH? …`, `SLOW? s,x` (x after s seconds), `SYST:ERR?`; takes 1000 bytes at once.
"""
import socket
import sys
import threading
import time

from vxi11 import rpc, vxi11


def serve(server):
    """One thread a connection: the abort channel must answer while the core channel waits."""
    server.sock.listen(5)
    while True:
        connection = server.sock.accept()
        copy = type(server).__new__(type(server))
        copy.__dict__.update(server.__dict__)
        copy.addpackers()
        threading.Thread(target=copy.session, args=(connection,), daemon=True).start()


class Device:
    def __init__(self):
        self.changed = threading.Condition()
        self.input = b""
        self.clear()

    def clear(self):
        self.input, self.answers, self.aborted = b"", [], False

    def write(self, data, end):
        self.input += data
        if not end:
            return
        line, self.input = self.input.decode().strip(), b""
        head, _, rest = line.partition(" ")
        answer, due = None, time.monotonic()
        if head == "*IDN?":
            answer = b"python-vxi11,server,1,0.9"
        elif head == "ECHO?":
            answer = rest.encode()
        elif head == "BIG?":
            size = rest.encode()
            answer = b"#%d%s" % (len(size), size) + bytes(i * 7 + (i >> 8) & 255 for i in range(int(rest)))
        elif head == "LENGTH?":
            answer = str(len(line)).encode()
        elif head == "SLOW?":
            delay, _, text = rest.partition(",")
            answer, due = text.encode(), due + float(delay)
        elif head == "SYST:ERR?":
            answer = b'0,"No error"'
        if answer is not None:
            self.answers.append((due, answer + b"\n"))


device = Device()


class Core(rpc.TCPServer):
    def addpackers(self):
        self.packer, self.unpacker = vxi11.Packer(), vxi11.Unpacker(b"")

    def status(self, *values):
        self.turn_around()
        for value in values:
            self.packer.pack_uint(value)

    def handle_10(self):
        _, _, _, name = self.unpacker.unpack_create_link_parms()
        self.turn_around()
        self.packer.pack_create_link_resp((0 if name == b"inst0" else 3, 5, abort.port, 1000))

    def handle_11(self):
        link, _, _, flags, data = self.unpacker.unpack_device_write_parms()
        self.turn_around()
        with device.changed:
            device.write(data, flags & 8)
            self.packer.pack_device_write_resp((0, len(data)))

    def handle_12(self):
        link, size, timeout, _, flags, _ = self.unpacker.unpack_device_read_parms()
        self.turn_around()
        end = time.monotonic() + timeout / 1000
        with device.changed:
            device.aborted = False
            while True:
                now = time.monotonic()
                if device.aborted:
                    return self.packer.pack_device_read_resp((23, 0, b""))
                if device.answers and device.answers[0][0] <= now:
                    break
                if now >= end:
                    return self.packer.pack_device_read_resp((15, 0, b""))
                device.changed.wait(0.01)
            due, answer = device.answers.pop(0)
            # Half of what is asked for at once: the client has to come again.
            size = min(size, 4000)
            if len(answer) > size:
                device.answers.insert(0, (due, answer[size:]))
            self.packer.pack_device_read_resp((0, 4 if len(answer) <= size else 1, answer[:size]))

    def handle_13(self):
        self.unpacker.unpack_device_generic_parms()
        with device.changed:
            waits = bool(device.answers) and device.answers[0][0] <= time.monotonic()
        self.turn_around()
        self.packer.pack_device_read_stb_resp((0, 16 if waits else 0))

    def handle_15(self):
        self.unpacker.unpack_device_generic_parms()
        self.turn_around()
        with device.changed:
            device.clear()
        self.packer.pack_device_error(0)

    def handle_23(self):
        self.unpacker.unpack_device_link()
        self.turn_around()
        self.packer.pack_device_error(0)


class Abort(Core):
    def handle_1(self):
        self.unpacker.unpack_device_link()
        self.turn_around()
        with device.changed:
            device.aborted = True
            device.changed.notify_all()
        self.packer.pack_device_error(0)


class PortMapper(rpc.TCPServer):
    def addpackers(self):
        self.packer, self.unpacker = rpc.PortMapperPacker(), rpc.PortMapperUnpacker(b"")

    def handle_3(self):
        program, version, protocol, _ = self.unpacker.unpack_mapping()
        self.turn_around()
        known = (program, version, protocol) == (vxi11.DEVICE_CORE_PROG, 1, rpc.IPPROTO_TCP)
        self.packer.pack_uint(core.port if known else 0)


core = Core("127.0.0.1", vxi11.DEVICE_CORE_PROG, 1, 0)
abort = Abort("127.0.0.1", vxi11.DEVICE_ASYNC_PROG, 1, 0)
mapper = PortMapper("127.0.0.1", rpc.PMAP_PROG, rpc.PMAP_VERS, 0)
for server in (core, abort, mapper):
    threading.Thread(target=serve, args=(server,), daemon=True).start()
print(mapper.port, core.port, flush=True)
sys.stdin.read()
