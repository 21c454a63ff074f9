// The same ring in C++, and JACK's: what our ring is compared with.
#include "CRing.h"
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>

namespace {
struct Header {
    int64_t first;
    int32_t frames, bytes;
    int64_t stamp, lost;
};
// Blocks with a header each; head and tail on cache line pairs of their own, each end with what it last saw of the other.
struct Ring {
    alignas(128) std::atomic<long> head{0};
    alignas(128) std::atomic<long> tail{0};
    alignas(128) long blocks = 0, bytes = 0, stride = 0;
    unsigned char *memory = nullptr;
    Header *headers = nullptr;
};
struct Producer {
    Ring *ring;
    long head = 0, slot = 0, known = 0;
    int64_t owed = 0;

    inline unsigned char *reserve() {
        if (head - known >= ring->blocks) {
            known = ring->tail.load(std::memory_order_acquire);
            if (head - known >= ring->blocks) return nullptr;
        }
        return ring->memory + slot * ring->stride;
    }
    inline void commit(Header header) {
        header.lost += owed;
        owed = 0;
        ring->headers[slot] = header;
        head++;
        slot = slot + 1 == ring->blocks ? 0 : slot + 1;
        ring->head.store(head, std::memory_order_release);
    }
};
struct Consumer {
    Ring *ring;
    long tail = 0, slot = 0, known = 0, most = 0;

    template <typename Body> inline bool take(Body body) {
        if (tail == known) {
            known = ring->head.load(std::memory_order_acquire);
            if (known - tail > most) most = known - tail;
            if (tail == known) return false;
        }
        const Header header = ring->headers[slot];
        body(header, ring->memory + slot * ring->stride);
        tail++;
        slot = slot + 1 == ring->blocks ? 0 : slot + 1;
        ring->tail.store(tail, std::memory_order_release);
        return true;
    }
};

// JACK's own functions (LGPL library), asked for by name when they are there.
struct Vector {
    char *memory;
    size_t bytes;
};
struct Jack {
    void *(*create)(size_t) = nullptr;
    void (*release)(void *) = nullptr;
    size_t (*write)(void *, const char *, size_t) = nullptr;
    size_t (*read)(void *, char *, size_t) = nullptr;
    void (*room)(const void *, Vector *) = nullptr, (*filled)(const void *, Vector *) = nullptr;
    void (*wrote)(void *, size_t) = nullptr, (*done)(void *, size_t) = nullptr;
};
Jack jack;

template <typename Function> void find(void *library, const char *name, Function &function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
}
}  // namespace

extern "C" void *cfigures_ring_make(long blocks, long bytes) {
    void *room = aligned_alloc(128, (sizeof(Ring) + 127) / 128 * 128);
    if (!room) return nullptr;
    memset(room, 0, sizeof(Ring));
    Ring *ring = static_cast<Ring *>(room);
    ring->blocks = blocks;
    ring->bytes = (bytes + 127) / 128 * 128;
    // Never whole pages, as ours.
    ring->stride = ring->bytes % 4096 == 0 ? ring->bytes + 128 : ring->bytes;
    ring->memory = static_cast<unsigned char *>(aligned_alloc(128, static_cast<size_t>(blocks * ring->stride)));
    ring->headers = static_cast<Header *>(calloc(static_cast<size_t>(blocks), sizeof(Header)));
    if (!ring->memory || !ring->headers) return nullptr;
    memset(ring->memory, 0, static_cast<size_t>(blocks * ring->stride));
    return ring;
}

extern "C" void cfigures_ring_free(void *made) {
    Ring *ring = static_cast<Ring *>(made);
    free(ring->memory);
    free(ring->headers);
    free(ring);
}

extern "C" long cfigures_ring_turns(void *made, const void *in, void *out, long bytes, long times) {
    Ring *ring = static_cast<Ring *>(made);
    ring->head.store(0);
    ring->tail.store(0);
    Producer producer{ring};
    Consumer consumer{ring};
    long done = 0;
    for (long n = 0; n < times; n++) {
        unsigned char *room = producer.reserve();
        if (!room) break;
        memcpy(room, in, static_cast<size_t>(bytes));
        producer.commit(Header{n, static_cast<int32_t>(bytes / 32), static_cast<int32_t>(bytes), n, 0});
        if (consumer.take([&](const Header &header, const unsigned char *from) {
                memcpy(out, from, static_cast<size_t>(header.bytes));
            }))
            done++;
    }
    return done;
}

extern "C" void *cfigures_jack_make(long bytes) {
    void *library = dlopen("libjack.so.0", RTLD_NOW);
    if (!library) return nullptr;
    find(library, "jack_ringbuffer_create", jack.create);
    find(library, "jack_ringbuffer_free", jack.release);
    find(library, "jack_ringbuffer_write", jack.write);
    find(library, "jack_ringbuffer_read", jack.read);
    find(library, "jack_ringbuffer_get_write_vector", jack.room);
    find(library, "jack_ringbuffer_get_read_vector", jack.filled);
    find(library, "jack_ringbuffer_write_advance", jack.wrote);
    find(library, "jack_ringbuffer_read_advance", jack.done);
    if (!jack.create || !jack.release || !jack.write || !jack.read || !jack.room || !jack.filled || !jack.wrote || !jack.done)
        return nullptr;
    return jack.create(static_cast<size_t>(bytes));
}

extern "C" void cfigures_jack_free(void *ring) { jack.release(ring); }

extern "C" long cfigures_jack_turns(void *ring, const void *in, void *out, long bytes, long times) {
    const size_t size = static_cast<size_t>(bytes);
    long done = 0;
    for (long n = 0; n < times; n++) {
        if (jack.write(ring, static_cast<const char *>(in), size) != size) break;
        if (jack.read(ring, static_cast<char *>(out), size) == size) done++;
    }
    return done;
}

// What a digitizer and an analysis do with a block, for whichever ring.
extern "C" __attribute__((noinline)) void cfigures_block_fill(void *to, const void *from, long bytes) { memcpy(to, from, static_cast<size_t>(bytes)); }

extern "C" __attribute__((noinline)) long cfigures_block_read(const void *from, long bytes) {
    const int32_t *numbers = static_cast<const int32_t *>(from);
    int32_t sum = 0;
    for (long n = 0; n < bytes / 4; n++) sum ^= numbers[n];
    return sum;
}

extern "C" long cfigures_jack_used(void *ring, const void *in, void *work, long bytes, long times, long *sum) {
    const size_t size = static_cast<size_t>(bytes);
    char *written = static_cast<char *>(work), *taken = written + bytes;
    long done = 0;
    for (long n = 0; n < times; n++) {
        cfigures_block_fill(written, in, bytes);
        if (jack.write(ring, written, size) != size) break;
        if (jack.read(ring, taken, size) != size) break;
        *sum += cfigures_block_read(taken, bytes);
        done++;
    }
    return done;
}

extern "C" long cfigures_jack_vectors(void *ring, const void *in, long bytes, long times, long *sum) {
    long done = 0;
    for (long n = 0; n < times; n++) {
        const char *from = static_cast<const char *>(in);
        Vector parts[2];
        // A block that meets the end of the ring lies in two pieces.
        jack.room(ring, parts);
        if (parts[0].bytes + parts[1].bytes < static_cast<size_t>(bytes)) break;
        long first = parts[0].bytes < static_cast<size_t>(bytes) ? static_cast<long>(parts[0].bytes) : bytes;
        cfigures_block_fill(parts[0].memory, from, first);
        if (first < bytes) cfigures_block_fill(parts[1].memory, from + first, bytes - first);
        jack.wrote(ring, static_cast<size_t>(bytes));
        jack.filled(ring, parts);
        if (parts[0].bytes + parts[1].bytes < static_cast<size_t>(bytes)) break;
        first = parts[0].bytes < static_cast<size_t>(bytes) ? static_cast<long>(parts[0].bytes) : bytes;
        long found = cfigures_block_read(parts[0].memory, first);
        if (first < bytes) found ^= cfigures_block_read(parts[1].memory, bytes - first);
        *sum += found;
        jack.done(ring, static_cast<size_t>(bytes));
        done++;
    }
    return done;
}
