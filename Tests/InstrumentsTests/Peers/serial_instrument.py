"""An instrument on pyserial behind two pseudo-terminals that are joined: `serial_instrument.py 9600 7E1 [rtscts]`.

Prints the path of the other end; answers lines until its standard input ends. `BYTES?` answers all 256 byte values.
"""
import os
import pty
import sys
import threading
import tty

import serial


def pump(a, b):
    while True:
        try:
            data = os.read(a, 4096)
        except OSError:
            return
        if not data:
            return
        os.write(b, data)


speed, form = int(sys.argv[1]), sys.argv[2]
ours, our_name = pty.openpty()
theirs, their_name = pty.openpty()
for fd in (ours, our_name, theirs, their_name):
    tty.setraw(fd)
for pair in ((ours, theirs), (theirs, ours)):
    threading.Thread(target=pump, args=pair, daemon=True).start()
line = serial.Serial(
    os.ttyname(our_name), speed, bytesize=int(form[0]), parity=form[1], stopbits=int(form[2]),
    rtscts="rtscts" in sys.argv, timeout=None)


def serve():
    while True:
        text = line.readline().decode("latin-1").strip()
        if text == "*IDN?":
            line.write(b"pyserial,pty,1,%s\n" % serial.VERSION.encode())
        elif text == "BYTES?":
            line.write(b"#3256" + bytes(range(256)) + b"\n")
        elif text == "SYST:ERR?":
            line.write(b'0,"No error"\n')
        elif text == "SET?":
            line.write(f"{line.baudrate},{line.bytesize}{line.parity}{line.stopbits},{int(line.rtscts)}\n".encode())


threading.Thread(target=serve, daemon=True).start()
print(os.ttyname(their_name), flush=True)
sys.stdin.read()
