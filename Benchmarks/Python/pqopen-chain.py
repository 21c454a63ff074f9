"""What pqopen-lib takes for the chain that ours is compared with: effective values, power, harmonics, flicker, unbalance, events.

usage: pqopen-chain.py RATE SECONDS [ROUNDS] [less]; prints the seconds that one frame took in each round, one a line. The signal is made
before the clock starts. Four voltages and four currents, as ours; with four there is no unbalance, which is three numbers a window. Everything
is on that ours has too; ours gives the fundamentals of single periods of the three voltages each half period, this one of all eight channels each
period. With «less» they are left out: they take three times as long as all the rest.
"""
import sys
import time

import numpy as np
from daqopen.channelbuffer import AcqBuffer
from pqopen.eventdetector import EventController, EventDetectorLevelHigh, EventDetectorLevelLow
from pqopen.powersystem import PowerSystem

rate, seconds, rounds = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 3
piece = int(rate / 5)
count = int(seconds * rate / piece)
size = 20 * piece
time_channel = AcqBuffer(size=size, dtype=np.int64)
voltages = [AcqBuffer(size=size, dtype=np.float64) for _ in range(4)]
currents = [AcqBuffer(size=size, dtype=np.float64) for _ in range(4)]
system = PowerSystem(zcd_channel=voltages[0], input_samplerate=rate, zcd_threshold=5.0, nominal_frequency=50, nper=10)
for u, i in zip(voltages, currents):
    system.add_phase(u, i)
system.enable_nper_abs_time_sync(time_channel)
system.enable_harmonic_calculation(50)
system.enable_fluctuation_calculation(nominal_voltage=230, pst_interval_sec=600)
if "less" not in sys.argv:
    system.enable_one_period_fundamental()
system.enable_under_over_deviation_calculation(230)
system._update_calc_channels()
controller = EventController(time_channel, rate)
for phase in system._phases:
    observed = phase._calc_channels["one_period_ovlp"]["voltage"]["trms"]
    controller.add_event_detector(EventDetectorLevelLow(207, 4.6, observed))
    controller.add_event_detector(EventDetectorLevelHigh(253, 4.6, observed))


def wave(amplitude, angle, t):
    p = 2 * np.pi * 50.02 * t + angle
    return amplitude * (np.sin(p) + 0.05 * np.sin(5 * p + 0.3) + 0.03 * np.sin(7 * p))


done = 0
for round in range(rounds + 1):
    t = (done + np.arange(count * piece)) / rate
    u = [wave(325.27, -2 * np.pi * n / 3, t) for n in range(4)]
    i = [wave(14.1, -2 * np.pi * n / 3 - 0.5, t) for n in range(4)]
    begin = time.perf_counter()
    for k in range(count):
        part = slice(k * piece, (k + 1) * piece)
        for n in range(4):
            voltages[n].put_data(u[n][part])
            currents[n].put_data(i[n][part])
        time_channel.put_data((t[part] * 1e6).astype(np.int64))
        system.process()
        controller.process()
    # The first round warms up.
    if round > 0:
        print((time.perf_counter() - begin) / (count * piece), flush=True)
    done += count * piece
