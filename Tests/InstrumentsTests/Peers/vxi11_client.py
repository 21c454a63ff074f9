"""python-vxi11 asks an instrument of ours: `vxi11_client.py PORT`; prints one line for each thing it did."""
import sys
import time

import vxi11
from vxi11.vxi11 import CoreClient

instrument = vxi11.Instrument("127.0.0.1")
# The library always asks the port mapper at port 111; a client of its own goes straight to the core channel.
instrument.client = CoreClient("127.0.0.1", port=int(sys.argv[1]))
instrument.timeout = 20
print("idn", instrument.ask("*IDN?"), flush=True)
print("length", instrument.ask("LENGTH? " + "a" * 100000), flush=True)
block = instrument.ask_raw(b"BIG? 100000")
print("big", len(block), flush=True)
instrument.trigger()
instrument.trigger()
print("triggers", instrument.ask("TRG?"), flush=True)
instrument.write("ECHO? 1")
print("status", instrument.read_stb(), flush=True)
print("echo", instrument.read(), flush=True)
instrument.remote()
instrument.local()
instrument.lock()
instrument.unlock()
instrument.timeout = 0.5
try:
    instrument.ask("SLOW? 1.5,111")
    print("slow answered")
except vxi11.vxi11.Vxi11Exception as error:
    print("slow", error.err)
instrument.abort()
instrument.clear()
instrument.timeout = 20
print("after clear", instrument.ask("ECHO? 5"), flush=True)
time.sleep(1.5)
print("later", instrument.ask("ECHO? 6"), flush=True)
instrument.close()
