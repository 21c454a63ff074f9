"""Energy detection of bursts with numpy, as a person would write it: a twin for the speed of ours, and a second opinion on what is found.

usage: radio_twin.py FILE RATE BINS      FILE: cf32_le. Prints JSON: seconds of processor time, samples a second, bursts [[start, length, offset], …]
Frames of BINS samples under a Hann window, overlapping by half; mean of four frames; median of each bin over the recording as noise;
6 dB to begin, 3 dB to go on, gaps of two slots closed; channels parted where three bins or more lie between.
"""
import json
import sys
import time

import numpy as np


def survey(x, rate, bins):
    window = np.hanning(bins + 1)[:bins].astype(np.float32)
    hop = bins // 2
    frames = (len(x) - bins) // hop + 1
    frames -= frames % 4
    view = np.lib.stride_tricks.as_strided(x, (frames, bins), (x.strides[0] * hop, x.strides[0]))
    power = np.empty((frames // 4, bins))
    step = 4096
    for first in range(0, frames, step):
        s = np.fft.fft(view[first:first + step] * window, axis=1)
        p = s.real ** 2 + s.imag ** 2
        power[first // 4:(first + step) // 4] = p.reshape(-1, 4, bins).mean(axis=1)
    power = np.fft.fftshift(power, axes=1)
    floor = np.median(power, axis=0) / 0.915
    ratio = power / floor
    smooth = ratio.copy()
    smooth[:, 1:-1] = (ratio[:, :-2] + ratio[:, 1:-1] + ratio[:, 2:]) / 3
    smooth[1:] = (smooth[1:] + smooth[:-1]) / 2
    slot = 2 * bins / rate
    bursts = []
    hot = np.nonzero((smooth > 4).any(axis=1))[0]
    open_tracks = []
    for t in hot:
        above = np.nonzero(smooth[t] > 2)[0]
        runs = np.split(above, np.nonzero(np.diff(above) > 3)[0] + 1)
        for run in runs:
            if smooth[t, run].max() < 4:
                continue
            for track in open_tracks:
                if t - track[1] <= 3 and run[0] <= track[3] + 1 and run[-1] >= track[2] - 1:
                    track[1], track[2], track[3] = t, min(track[2], run[0]), max(track[3], run[-1])
                    break
            else:
                open_tracks.append([t, t, run[0], run[-1]])
    for first, last, low, high in open_tracks:
        bursts.append([first * slot, (last - first + 1) * slot, ((low + high) / 2 - bins / 2) * rate / bins])
    return bursts


if __name__ == "__main__":
    x = np.fromfile(sys.argv[1], dtype=np.complex64)
    rate, bins = float(sys.argv[2]), int(sys.argv[3])
    begin = time.process_time()
    bursts = survey(x, rate, bins)
    spent = time.process_time() - begin
    print(json.dumps({"seconds": spent, "rate": len(x) / spent, "bursts": bursts}))
