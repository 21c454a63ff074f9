"""Makes radio recordings with planted truth, with numpy alone: nothing of it comes from MeterBench.

usage: radio_recording.py PLAN.json OUT
PLAN: {rate, seconds, seed, form: cf32_le|ci16_le|ci8|cu8, noise_dbfs, bursts: [{start, length, offset, snr, kind: tone|noise|fsk|wmbus, width,
chip_rate, deviation, mode: S|T|CA|CB, frame: hex without CRC}]}; snr is signal over noise power in «width», dB. Prints the truth as JSON.

wM-Bus facts: EN 13757-4 (preambles, synchronisation, «3 out of 6», Manchester, CRC 0x3D65).
"""
import json
import sys

import numpy as np

SIXES = "010110 001101 001110 001011 011100 011001 011010 010011 101100 100101 100110 100011 110100 110001 110010 101001".split()


def crc(data):
    r = 0
    for byte in data:
        for bit in range(7, -1, -1):
            top = (r >> 15) & 1
            r = (r << 1) & 0xFFFF
            if top ^ ((byte >> bit) & 1):
                r ^= 0x3D65
    return (~r & 0xFFFF).to_bytes(2, "big")


def format_a(frame):
    out = frame[:10] + crc(frame[:10])
    for at in range(10, len(frame), 16):
        out += frame[at:at + 16] + crc(frame[at:at + 16])
    return out


def format_b(frame):
    frame = bytes([len(frame) + 1]) + frame[1:]
    return frame + crc(frame)


def bits(data):
    return "".join(f"{b:08b}" for b in data)


def wmbus_chips(mode, frame):
    if mode == "S":
        return "01" * 30 + "000111011010010110" + bits(format_a(frame)).replace("1", "x").replace("0", "10").replace("x", "01") + "01"
    if mode == "T":
        body = "".join(SIXES[b >> 4] + SIXES[b & 15] for b in format_a(frame))
        return "01" * 24 + "0000111101" + body + "01"
    tail = "0101010011001101" + bits(format_a(frame)) if mode == "CA" else "0101010000111101" + bits(format_b(frame))
    return "01" * 16 + "0101010000111101" + tail + "01"


def fsk(chips, rate, chip_rate, deviation, count):
    at = np.minimum((np.arange(count) * chip_rate / rate).astype(int), len(chips) - 1)
    f = np.where(np.asarray(chips)[at] == 1, deviation, -deviation).astype(float)
    k = max(1, int(rate / chip_rate / 4))
    f = np.convolve(f, np.ones(k) / k, mode="same")
    return np.exp(2j * np.pi * np.cumsum(f) / rate)


def band(rng, rate, width, count):
    s = np.fft.fft(rng.standard_normal(count) + 1j * rng.standard_normal(count))
    s[np.abs(np.fft.fftfreq(count, 1 / rate)) > width / 2] = 0
    x = np.fft.ifft(s)
    return x / np.sqrt(np.mean(np.abs(x) ** 2))


def make(plan):
    rate = plan["rate"]
    rng = np.random.default_rng(plan.get("seed", 1))
    total = int(round(plan["seconds"] * rate))
    noise = 10 ** (plan.get("noise_dbfs", -40) / 10)
    x = np.sqrt(noise / 2) * (rng.standard_normal(total) + 1j * rng.standard_normal(total))
    for b in plan["bursts"]:
        if b["kind"] == "wmbus":
            chips = [int(c) for c in wmbus_chips(b["mode"], bytes.fromhex(b["frame"]))]
            b.setdefault("chip_rate", 32768 if b["mode"] == "S" else 100000)
            b.setdefault("deviation", 45000 if b["mode"][0] == "C" else 50000)
            b["length"] = len(chips) / b["chip_rate"]
        first = int(round(b["start"] * rate))
        count = int(round((b["start"] + b["length"]) * rate)) - first
        if b["kind"] in ("fsk", "wmbus"):
            if b["kind"] == "fsk":
                chips = rng.integers(0, 2, int(b["length"] * b["chip_rate"]) + 2)
            b.setdefault("width", 2 * b["deviation"] + b["chip_rate"])
            s = fsk(chips, rate, b["chip_rate"], b["deviation"], count)
        elif b["kind"] == "noise":
            s = band(rng, rate, b["width"], count)
        else:
            s = np.ones(count, complex)
        s = s * np.exp(2j * np.pi * b["offset"] * np.arange(first, first + count) / rate)
        x[first:first + count] += np.sqrt(noise * b["width"] / rate * 10 ** (b["snr"] / 10)) * s
    return x


def write(x, form, path):
    y = np.empty(2 * len(x))
    y[0::2], y[1::2] = x.real, x.imag
    if form == "ci8":
        y = np.clip(np.round(y * 128), -128, 127).astype(np.int8)
    elif form == "cu8":
        y = np.clip(np.round(y * 127.5 + 127.5), 0, 255).astype(np.uint8)
    elif form == "ci16_le":
        y = np.clip(np.round(y * 32768), -32768, 32767).astype("<i2")
    else:
        y = y.astype("<f4")
    y.tofile(path)


if __name__ == "__main__":
    plan = json.load(open(sys.argv[1]))
    write(make(plan), plan.get("form", "cf32_le"), sys.argv[2])
    print(json.dumps(plan["bursts"]))
