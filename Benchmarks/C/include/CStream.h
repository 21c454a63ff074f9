// A digitizer played by a thread: what the long run of the sampling loop reads from.
#ifndef CSTREAM_H
#define CSTREAM_H
#include <stdint.h>

/// Frames that went over the wire, and that found it full; blocks that were cut in two by a full wire; bytes that the wire holds; whether the
/// thread had FIFO priority.
struct cfigures_stream {
    long long sent, dropped, stalled;
    int buffer, fifo;
};
/// Begins to send blocks of `block` frames of eight numbers, from `frames` over and over, at fixed moments on a thread of its own; the last
/// channel counts frames (23 bits). Returns the descriptor to read from, or -1.
int cfigures_stream_begin(long frames_a_second, long block, const int32_t *frames, long count, int buffer);
/// Ends that; what was sent can still be read.
struct cfigures_stream cfigures_stream_end(void);
/// Closes both ends.
void cfigures_stream_close(void);
#endif
