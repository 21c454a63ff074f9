"""Plays and reads a Modbus unit with umodbus, an implementation that is neither ours nor pymodbus.

usage: umodbus_peer.py server
       umodbus_peer.py tcp HOST:PORT UNIT FUNCTION ADDRESS COUNT
       umodbus_peer.py rtu DEVICE UNIT FUNCTION ADDRESS COUNT
The server prints «ready PORT», holds in unit 1 registers of three times their address and ten coils that can be written, and serves until
its input ends. A client prints words, or the name of the exception.
"""
import os
import socket
import sys
import threading
from socketserver import TCPServer

from umodbus import conf
from umodbus.exceptions import ModbusError


def server():
    from umodbus.server.tcp import RequestHandler, get_server

    coils, conf.SIGNED_VALUES = [0] * 10, False
    app = get_server(TCPServer, ("127.0.0.1", 0), RequestHandler)

    @app.route(slave_ids=[1], function_codes=[3, 4], addresses=range(1000))
    def word(slave_id, function_code, address):
        return 3 * address

    @app.route(slave_ids=[1], function_codes=[1, 2], addresses=range(10))
    def coil(slave_id, function_code, address):
        return coils[address]

    @app.route(slave_ids=[1], function_codes=[5, 15], addresses=range(10))
    def write(slave_id, function_code, address, value):
        coils[address] = 1 if value else 0

    threading.Thread(target=app.serve_forever, daemon=True).start()
    print("ready", app.server_address[1], flush=True)
    sys.stdin.read()
    os._exit(0)


def ask(kind, where, unit, function, address, count):
    conf.SIGNED_VALUES = False
    if kind == "tcp":
        from umodbus.client import tcp as client

        host, port = where.split(":")
        wire = socket.create_connection((host, int(port)), timeout=2)
    else:
        import serial
        from umodbus.client.serial import rtu as client

        wire = serial.Serial(where, baudrate=9600, timeout=2)
    make = {1: client.read_coils, 2: client.read_discrete_inputs, 3: client.read_holding_registers, 4: client.read_input_registers}
    try:
        answer = client.send_message(make[int(function)](int(unit), int(address), int(count)), wire)
    except ModbusError as error:
        return type(error).__name__
    return " ".join(str(value) for value in answer)


if sys.argv[1] == "server":
    server()
else:
    print(ask(*sys.argv[1:]))
