// Rings that `make bench` compares ours with: the same in C++, and JACK's.
#ifndef CRING_H
#define CRING_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
/// A ring of `blocks` blocks of `bytes` bytes, with a header each, as ours; NULL without memory.
void *cfigures_ring_make(long blocks, long bytes);
/// Gives it back.
void cfigures_ring_free(void *ring);
/// Copies `bytes` bytes in and out again, `times` times; returns how often that went well.
long cfigures_ring_turns(void *ring, const void *in, void *out, long bytes, long times);

/// JACK's ring buffer of `bytes` bytes (a power of two); NULL where libjack is not installed.
void *cfigures_jack_make(long bytes);
/// Gives it back.
void cfigures_jack_free(void *ring);
/// As `cfigures_ring_turns`; JACK's knows bytes alone, no headers.
long cfigures_jack_turns(void *ring, const void *in, void *out, long bytes, long times);
#ifdef __cplusplus
}
#endif
#endif
