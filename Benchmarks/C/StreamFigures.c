// A digitizer played by a thread of its own: it writes its frames at fixed moments, whether somebody reads or not.
#define _GNU_SOURCE
#include "CStream.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static pthread_t thread;
static volatile int stopping;
static int ends[2] = {-1, -1};
static const int32_t *table;
static long table_frames, block_frames, rate;
static struct cfigures_stream result;

static void *stream(void *unused) {
    const size_t bytes = (size_t)block_frames * 32;
    int32_t *block = malloc(bytes);
    struct timespec next;
    long at = 0, number = 0;
    if (block == NULL) return unused;
    clock_gettime(CLOCK_MONOTONIC, &next);
    while (!stopping) {
        next.tv_nsec += (long)(1e9 * (double)block_frames / (double)rate);
        while (next.tv_nsec >= 1000000000) next.tv_nsec -= 1000000000, next.tv_sec++;
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR) continue;
        memcpy(block, table + 8 * at, bytes);
        at = at + block_frames >= table_frames ? 0 : at + block_frames;
        // The last channel counts frames.
        for (long n = 0; n < block_frames; n++) block[8 * n + 7] = (int32_t)((number + n) & 0x7fffff);
        number += block_frames;
        size_t done = 0;
        while (done < bytes) {
            ssize_t count = send(ends[0], (char *)block + done, bytes - done, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count > 0) {
                done += (size_t)count;
            } else if (done == 0) {
                // Nobody has room: a digitizer would lose the block.
                result.dropped += block_frames;
                break;
            } else {
                // Begun is finished: a whole number of frames goes over the wire.
                result.stalled++;
                usleep(50);
                if (stopping) break;
            }
        }
        if (done == bytes) result.sent += block_frames;
    }
    free(block);
    shutdown(ends[0], SHUT_WR);
    return unused;
}

int cfigures_stream_begin(long frames_a_second, long block, const int32_t *frames, long count, int buffer) {
    pthread_attr_t attributes;
    struct sched_param priority = {.sched_priority = 75};
    memset(&result, 0, sizeof result);
    stopping = 0, rate = frames_a_second, block_frames = block, table = frames, table_frames = count;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return -1;
    if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) != 0)
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    socklen_t size = sizeof result.buffer;
    getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &result.buffer, &size);
    pthread_attr_init(&attributes);
    // As a device does it: nobody else's load delays it, where that is allowed.
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_FIFO);
    pthread_attr_setschedparam(&attributes, &priority);
    result.fifo = 1;
    int code = pthread_create(&thread, &attributes, stream, NULL);
    if (code == EPERM) {
        result.fifo = 0;
        code = pthread_create(&thread, NULL, stream, NULL);
    }
    pthread_attr_destroy(&attributes);
    return code == 0 ? ends[1] : -1;
}

struct cfigures_stream cfigures_stream_end(void) {
    stopping = 1;
    pthread_join(thread, NULL);
    return result;
}

void cfigures_stream_close(void) {
    close(ends[0]);
    close(ends[1]);
}
