"""Prints Modbus frames as pymodbus makes them, one a line: name, kind (request or answer), function and data, RTU frame, TCP frame."""
import copy
import logging

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest, ReadCoilsResponse, ReadDiscreteInputsRequest, ReadDiscreteInputsResponse,
    WriteMultipleCoilsRequest, WriteMultipleCoilsResponse, WriteSingleCoilRequest, WriteSingleCoilResponse)
from pymodbus.pdu.mei_message import ReadDeviceInformationRequest, ReadDeviceInformationResponse
from pymodbus.pdu.other_message import ReportSlaveIdRequest, ReportSlaveIdResponse
from pymodbus.pdu.register_message import (
    MaskWriteRegisterRequest, MaskWriteRegisterResponse, ReadHoldingRegistersRequest, ReadHoldingRegistersResponse,
    ReadInputRegistersRequest, ReadInputRegistersResponse, ReadWriteMultipleRegistersRequest,
    ReadWriteMultipleRegistersResponse, WriteMultipleRegistersRequest, WriteMultipleRegistersResponse,
    WriteSingleRegisterRequest, WriteSingleRegisterResponse)

bits = [True, False, True, True, False, False, False, True, True, True]
padded = bits + [False] * 6
long = {0: "Example", 1: "X" * 100, 2: "Y" * 100, 4: "Z" * 60}
messages = [
    ("coils", ReadCoilsRequest(address=0x13, count=10), ReadCoilsResponse(bits=padded)),
    ("inputs", ReadDiscreteInputsRequest(address=0xC4, count=10), ReadDiscreteInputsResponse(bits=padded)),
    ("holding", ReadHoldingRegistersRequest(address=0x6B, count=3), ReadHoldingRegistersResponse(registers=[555, 0, 100])),
    ("input", ReadInputRegistersRequest(address=8, count=1), ReadInputRegistersResponse(registers=[10])),
    ("coil", WriteSingleCoilRequest(address=0xAC, bits=[True]), WriteSingleCoilResponse(address=0xAC, bits=[True])),
    ("register", WriteSingleRegisterRequest(address=1, registers=[3]), WriteSingleRegisterResponse(address=1, registers=[3])),
    ("write-coils", WriteMultipleCoilsRequest(address=0x13, bits=bits), WriteMultipleCoilsResponse(address=0x13, count=10)),
    ("write-registers", WriteMultipleRegistersRequest(address=1, registers=[10, 0x102]), WriteMultipleRegistersResponse(address=1, count=2)),
    ("server-id", ReportSlaveIdRequest(), ReportSlaveIdResponse(identifier=b"Pymodbus")),
    ("mask", MaskWriteRegisterRequest(address=4, and_mask=0xF2, or_mask=0x25), MaskWriteRegisterResponse(address=4, and_mask=0xF2, or_mask=0x25)),
    ("read-write", ReadWriteMultipleRegistersRequest(read_address=3, read_count=6, write_address=0xE, write_registers=[255, 255, 255]),
     ReadWriteMultipleRegistersResponse(registers=[0xFE, 0xACD, 1, 3, 0xD, 0xFF])),
    ("basic", ReadDeviceInformationRequest(read_code=1, object_id=0),
     ReadDeviceInformationResponse(read_code=1, information={0: "Company identification", 1: "Product code XX", 2: "V2.11"})),
    ("regular", ReadDeviceInformationRequest(read_code=2, object_id=0), ReadDeviceInformationResponse(read_code=2, information=long)),
    ("individual", ReadDeviceInformationRequest(read_code=4, object_id=5), ReadDeviceInformationResponse(read_code=4, information={5: "EM-1"})),
    ("exception", ReadHoldingRegistersRequest(address=0x6B, count=3), ExceptionResponse(3, 2)),
]
logging.disable(logging.CRITICAL)
rtu, tcp = FramerRTU(DecodePDU(False)), FramerSocket(DecodePDU(False))
for name, *pair in messages:
    for kind, pdu in zip(("request", "answer"), pair):
        pdu.dev_id, pdu.transaction_id = 17, 0x1234
        # Encoding changes a message of pymodbus: each gets a fresh one.
        body, serial, network = copy.deepcopy(pdu), copy.deepcopy(pdu), copy.deepcopy(pdu)
        print(name, kind, (bytes([pdu.function_code]) + body.encode()).hex(), rtu.buildFrame(serial).hex(), tcp.buildFrame(network).hex())
