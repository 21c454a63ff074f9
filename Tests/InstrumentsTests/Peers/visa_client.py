"""Talks to a SCPI instrument on a TCP socket through PyVISA with the pyvisa-py backend.

usage: visa_client.py HOST PORT   then one message a line on standard input: a query (with «?») prints its answer,
anything else prints «ok».
"""
import sys

import pyvisa

host, port = sys.argv[1], sys.argv[2]
session = pyvisa.ResourceManager("@py").open_resource(
    f"TCPIP0::{host}::{port}::SOCKET", read_termination="\n", write_termination="\n", timeout=10000
)
print("ready", flush=True)
for line in sys.stdin:
    message = line.rstrip("\n")
    if "?" in message:
        print(session.query(message), flush=True)
    else:
        session.write(message)
        print("ok", flush=True)
