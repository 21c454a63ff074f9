"""pyvisa-py asks an instrument of ours: `visa_links.py RESOURCE [no-status]`; prints one line for each thing it did."""
import sys
import time

import pyvisa

resource = sys.argv[1]
instrument = pyvisa.ResourceManager("@py").open_resource(resource, open_timeout=10000)
instrument.timeout = 20000
instrument.read_termination = "\n"
instrument.write_termination = "\n"
print("idn", instrument.query("*IDN?"), flush=True)
block = instrument.query_binary_values("BIG? 100000", datatype="B", container=bytes)
print("big", len(block), sum(block), flush=True)
# On a bare socket our simulators take lines of 8 kB.
count = 4000 if resource.endswith("SOCKET") else 100000
print("length", instrument.query("LENGTH? " + "a" * count), flush=True)
if not resource.endswith("SOCKET"):
    instrument.timeout = 500
    try:
        instrument.query("SLOW? 1.5,111")
        print("slow answered")
    except pyvisa.errors.VisaIOError as error:
        print("slow", error.abbreviation)
    instrument.clear()
    instrument.timeout = 20000
    print("after clear", instrument.query("ECHO? 5"), flush=True)
    time.sleep(1.5)
    print("later", instrument.query("ECHO? 6"), flush=True)
    print("status", instrument.read_stb(), flush=True)
instrument.close()
