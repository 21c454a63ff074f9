// What `make bench` compares our wires with: the same done in plain C, and servers that are the same for both sides.
#ifndef CFIGURES_H
#define CFIGURES_H
#include <stddef.h>
#include "CClassA.h"
#include "CRing.h"
#include "CStream.h"
#include <stdint.h>

/// Starts a Modbus TCP server on a free port of this machine, on threads of its own; returns the port, or -1.
/// It answers functions 3 and 4 with registers that count up, and serves until the program ends.
int cfigures_modbus_server(void);
/// Reads `words` holding registers `reads` times with libmodbus on one connection; returns seconds, or -1.
double cfigures_modbus_reads(int port, int words, int reads);
/// Starts a server that answers each line with a number, on a free port of this machine; returns the port, or -1.
int cfigures_line_server(void);
/// Sends `queries` lines on one socket and waits for each answer; returns seconds, or -1.
double cfigures_line_queries(int port, int queries);
/// Starts a serial line with meters on a pseudo-terminal, on a thread of its own: each byte takes `character` seconds, the meters answer
/// 3.5 characters after a request, and the meter `dead` (0: none) never does. `name` gets the path of the line; returns 0, or -1.
int cfigures_serial_line(double character, int dead, char *name, size_t size);

/// Asks the USBTMC instrument `query` so many times by libusb alone and reads the whole answer each time: the seconds that took,
/// opening not counted, or less than 0; `bytes` gets the sum of the answers.
double cfigures_usb_blocks(int vendor, int product, const char *query, int times, long long *bytes);

/// Whether this processor has AVX2 and FMA.
int cfigures_has_wide(void);
/// Sums of eight interleaved channels: 4 voltages, 4 currents, their squares, the products (20 numbers).
void cfigures_power(const int32_t *frames, long count, double *out);
/// Loads FFTW, if it is installed, and plans windows of `count` points; returns whether.
int cfigures_fft_begin(int count);
/// Squares of the harmonic subgroups 1 … 50 of eight channels of one window (400 numbers).
void cfigures_fft_subgroups(const int32_t *frames, int cycles, double *out);
/// Gives everything back.
void cfigures_fft_end(void);

/// Keeps processors 0 … `processors` − 1 busy at normal priority until the end is called; returns 0, or -1.
int cfigures_busy_begin(int processors);
/// Ends that.
void cfigures_busy_end(void);
#endif
