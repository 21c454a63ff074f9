// Urms(1/2), dips, swells, interruptions and rapid voltage changes in C. To be included after Lanes.h.
#ifndef CLASSAEVENTS_H
#define CLASSAEVENTS_H

// The newest frames in one run of memory.
struct history {
    int width;
    long least, needed, holding, capacity, first, end;
    lanes *memory;
};

static inline void history_make(struct history *h, int width, long holding, long most) {
    h->width = width, h->least = h->holding = holding, h->needed = 1L << 62;
    h->capacity = holding + holding / 2 + 2 * most;
    h->first = h->end = 0;
    h->memory = cf_lanes((size_t)(width * h->capacity));
}
static inline lanes *history_room(struct history *h, long frames) {
    if (h->end - h->first + frames > h->capacity) {
        long kept = h->end - h->needed > h->least ? h->end - h->needed : h->least;
        if (kept > h->holding) kept = h->holding;
        if (kept > h->end - h->first) kept = h->end - h->first;
        memmove(h->memory, h->memory + h->width * (h->end - kept - h->first), (size_t)(h->width * kept) * sizeof(lanes));
        h->first = h->end - kept;
    }
    return h->memory + h->width * (h->end - h->first);
}
static inline lanes *history_frame(const struct history *h, long number) {
    return h->memory + h->width * (number - h->first);
}
static inline int history_holds(const struct history *h, double from, double to) {
    return from >= (double)h->first && to <= (double)(h->end - 1) && from <= to;
}

struct edge {
    double place, period;
    int tracked;
};

struct half_value {
    double start, end, rms, fundamental, angle;
    int channel, tracked, has_fundamental;
};

// Follows the cycles of one channel.
struct follower {
    double nominal, period, least, quiet, place, crossings[3], lengths[7];
    int crossed, measured, has_place, strayed, stray, flowing, refused, waits;
    struct edge waiting[8];
};

struct event {
    double start, end, extreme, jump, jump_until;
    int open, first_channel, extreme_channel, channels, has_reference, has_jump;
    struct half_value reference;
};

struct rapid {
    double values[120], starts[120], mean, before;
    int count, place, steady, left;
};

struct events {
    double declared;
    struct half_value newest[3], last[3][4];
    int known[3], lasts[3];
    struct event event[3];
    struct rapid rapid[3];
    int steady, begun, spoiled, length;
    double start, largest;
    long ended, changes;
};

struct halves {
    double declared, nominal, start, step, rate, quiet;
    struct cascade cascade;
    struct history slow;
    double taps[512];
    int half, begun[3];
    long due;
    lanes previous;
    struct follower follower[3];
    struct events events;
    long values;
    double sum;
};

void halves_make(struct halves *h, double rate, double start, double step, double declared, long most);
void halves_feed(struct halves *h, const struct history *history, long frames);
#endif
