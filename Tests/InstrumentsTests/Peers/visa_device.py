"""A device of pyvisa-sim (another project's simulator, described in YAML) behind a TCP socket on this machine.

usage: visa_device.py DESCRIPTION   prints «ready PORT», then passes lines on until it is ended. A client's line that is a query is
answered with the device's line.
"""
import socket
import sys

import pyvisa

manager = pyvisa.ResourceManager(f"{sys.argv[1]}@sim")
device = manager.open_resource(manager.list_resources("?*")[0], read_termination="\n", write_termination="\n")
listener = socket.create_server(("127.0.0.1", 0))
print("ready", listener.getsockname()[1], flush=True)
while True:
    client, _ = listener.accept()
    with client, client.makefile("rb") as lines:
        for line in lines:
            message = line.decode("ascii").rstrip("\r\n")
            if "?" in message:
                client.sendall((device.query(message) + "\n").encode("ascii"))
            else:
                device.write(message)
                # A device of pyvisa-sim acknowledges every setting; real ones say nothing.
                device.read()
