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

/// What a digitizer does with a block, for whichever ring: fills it.
void cfigures_block_fill(void *to, const void *from, long bytes);
/// What an analysis does with a block: reads all of it; returns something of it.
long cfigures_block_read(const void *from, long bytes);
/// A block filled, written to JACK's ring, read from it and used, `times` times, by way of `work` (room for two blocks): `jack_ringbuffer_write` and
/// `…_read` copy, as everybody uses them. Adds up what was read; returns how often that went well.
long cfigures_jack_used(void *ring, const void *in, void *work, long bytes, long times, long *sum);
/// The same in place by JACK's vectors: no copy, but a block in two pieces where the ring ends within it.
long cfigures_jack_vectors(void *ring, const void *in, long bytes, long times, long *sum);
#ifdef __cplusplus
}
#endif
#endif
