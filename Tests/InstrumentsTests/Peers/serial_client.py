"""pyserial as a program of its own asks an instrument: `serial_client.py DEVICE 9600 7E1 LINE…`; prints each answer."""
import sys

import serial

form = sys.argv[3]
with serial.Serial(
    sys.argv[1], int(sys.argv[2]), bytesize=int(form[0]), parity=form[1], stopbits=int(form[2]), timeout=10
) as line:
    for text in sys.argv[4:]:
        line.write(text.encode() + b"\n")
        if "?" in text:
            print(line.readline().decode().strip(), flush=True)
