// The class A chain of eight channels in C with AVX2, FMA and FFTW: what ours is compared with.
#define _GNU_SOURCE
#include "CClassA.h"
#if defined(__x86_64__)
#include <dlfcn.h>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "Lanes.h"
#include "ClassAEvents.h"

#define PIECE 1024
#define PART 256
#define ORDERS 50
#define CYCLES 10
#define MARKS 1024

// MARK: Phase of the fundamental

struct mark {
    double place, turns, speed;
    int held;
};

struct tracker {
    double nominal, least, weight, *weights;
    long half, step, first, count, capacity;
    double *samples;
    struct mark marks[MARKS];
    int marked;
};

static void tracker_make(struct tracker *t, double rate, double least, long most) {
    t->nominal = 50 / rate, t->least = least, t->step = (long)round(rate / 50), t->half = 3 * t->step;
    long size = 2 * t->half + 1;
    t->weights = cf_lanes((size_t)size / 4 + 2);
    for (long n = 0; n < size; n++) {
        double c = cos(2 * M_PI * ((double)n + 0.5) / (double)size), c2 = 2 * c * c - 1;
        t->weights[n] = 0.35875 - 0.48829 * c + 0.14128 * c2 - 0.01168 * (2 * c * c2 - c);
        t->weight += t->weights[n];
    }
    t->capacity = 4 * size + 2 * most;
    t->samples = cf_lanes((size_t)t->capacity / 4 + 2);
}

static void demodulate(const struct tracker *t, long place, double speed, double *out) {
    const double *x = t->samples + (place - t->half - t->first), *w = t->weights;
    const long size = 2 * t->half + 1;
    double turn = 2 * M_PI * remainder(8 * speed, 1);
    const lanes c = _mm256_set1_pd(cos(turn)), s = _mm256_set1_pd(sin(turn));
    lanes re = _mm256_setzero_pd(), im = re, re2 = re, im2 = re, a = re, b = re, a2 = re, b2 = re;
    long n = 0;
    for (; n + 8 <= size; n += 8) {
        if ((n & 2047) == 0) {
            double p[8], q[8];
            for (int k = 0; k < 8; k++) {
                double angle = 2 * M_PI * remainder(speed * (double)(n + k - t->half), 1);
                p[k] = cos(angle), q[k] = sin(angle);
            }
            a = _mm256_loadu_pd(p), b = _mm256_loadu_pd(q), a2 = _mm256_loadu_pd(p + 4), b2 = _mm256_loadu_pd(q + 4);
        }
        lanes v = _mm256_mul_pd(_mm256_loadu_pd(w + n), _mm256_loadu_pd(x + n));
        lanes v2 = _mm256_mul_pd(_mm256_loadu_pd(w + n + 4), _mm256_loadu_pd(x + n + 4));
        re = _mm256_fmadd_pd(v, a, re), im = _mm256_fnmadd_pd(v, b, im);
        re2 = _mm256_fmadd_pd(v2, a2, re2), im2 = _mm256_fnmadd_pd(v2, b2, im2);
        lanes r = _mm256_fnmadd_pd(b, s, _mm256_mul_pd(a, c));
        b = _mm256_fmadd_pd(b, c, _mm256_mul_pd(a, s)), a = r;
        r = _mm256_fnmadd_pd(b2, s, _mm256_mul_pd(a2, c));
        b2 = _mm256_fmadd_pd(b2, c, _mm256_mul_pd(a2, s)), a2 = r;
    }
    double p[4], q[4];
    _mm256_storeu_pd(p, _mm256_add_pd(re, re2));
    _mm256_storeu_pd(q, _mm256_add_pd(im, im2));
    out[0] = p[0] + p[1] + p[2] + p[3], out[1] = q[0] + q[1] + q[2] + q[3];
    for (; n < size; n++) {
        double angle = 2 * M_PI * remainder(speed * (double)(n - t->half), 1), v = w[n] * x[n];
        out[0] += v * cos(angle), out[1] -= v * sin(angle);
    }
}

static void tracker_feed(struct tracker *t, const lanes *frames, long count) {
    if (t->count + count > t->capacity) {
        long keep = 2 * t->half + t->step + 8, gone = t->count - keep;
        memmove(t->samples, t->samples + gone, (size_t)keep * sizeof(double));
        t->first += gone, t->count = keep;
    }
    for (long n = 0; n < count; n++) t->samples[t->count + n] = ((const double *)(frames + 2 * n))[0];
    t->count += count;
    for (;;) {
        long place = t->marked > 0 ? (long)t->marks[t->marked - 1].place + t->step : t->half;
        if (place + t->half >= t->first + t->count) break;
        if (t->marked == MARKS) {
            memmove(t->marks, t->marks + MARKS - 602, 602 * sizeof t->marks[0]);
            t->marked = 602;
        }
        struct mark *last = t->marked > 0 ? &t->marks[t->marked - 1] : NULL, *new = &t->marks[t->marked];
        double speed = last ? last->speed : t->nominal, out[2];
        demodulate(t, place, speed, out);
        double rms = sqrt(2) * sqrt(out[0] * out[0] + out[1] * out[1]) / t->weight, turn = atan2(out[1], out[0]) / (2 * M_PI);
        new->place = (double)place;
        new->held = rms < t->least || rms == 0;
        new->speed = speed;
        new->turns = turn;
        if (last) {
            double expected = last->turns + last->speed * (double)t->step;
            new->turns = expected;
            if (!new->held) {
                new->turns = expected + (turn - expected) - round(turn - expected);
                double found = (new->turns - last->turns) / (double)t->step;
                new->speed = last->held || fabs(found / t->nominal - 1) > 0.3 ? last->speed : found;
                if (t->marked > 1 && !last->held) {
                    double both = (new->turns - last[-1].turns) / (new->place - last[-1].place);
                    if (!last[-1].held && fabs(both / t->nominal - 1) <= 0.3) last->speed = both;
                } else if (t->marked == 1) {
                    last->speed = new->speed;
                }
            }
        }
        t->marked++;
    }
}

static double cubic(const struct mark *a, const struct mark *b, double place) {
    double h = b->place - a->place, x = (place - a->place) / h, x2 = x * x, x3 = x2 * x;
    return (2 * x3 - 3 * x2 + 1) * a->turns + (x3 - 2 * x2 + x) * h * a->speed + (3 * x2 - 2 * x3) * b->turns +
           (x3 - x2) * h * b->speed;
}

static double place_of(const struct tracker *t, double turns) {
    int low = 0, high = t->marked;
    while (low < high) {
        int middle = (low + high) / 2;
        if (t->marks[middle].turns > turns) high = middle; else low = middle + 1;
    }
    int n = low - 1 < 0 ? 0 : low - 1 > t->marked - 2 ? t->marked - 2 : low - 1;
    double a = t->marks[n].place, b = t->marks[n + 1].place;
    for (int k = 0; k < 60 && b - a > 1e-10 * (fabs(a) > 1 ? fabs(a) : 1); k++) {
        double middle = (a + b) / 2;
        if (cubic(&t->marks[n], &t->marks[n + 1], middle) < turns) a = middle; else b = middle;
    }
    return (a + b) / 2;
}

// MARK: The chain

typedef double pair[2];

struct chain {
    double scale[8], rate, start, step;
    struct cascade cascade, flicker_cascade;
    struct history history;
    struct tracker tracker;
    struct halves halves;
    struct flicker flicker;
    long count, dist, out_dist;
    int taps, begun;
    double *table, next, *planar;
    pair *lines;
    void *plan;
    void (*execute)(void *), (*destroy)(void *);
    lanes work[PIECE + 64];
    struct cfigures_class_a result;
};

static int places = 512;

static void resampler_make(struct chain *c, double pass) {
    double width = 1 - 2 * (pass < 0.4 ? pass : 0.4), beta = 0.1102 * (85 - 8.7);
    c->taps = (int)ceil((77 / (2.285 * 2 * M_PI * width) + 1) / 4) * 4;
    double half = c->taps / 2;
    c->table = cf_lanes((size_t)((places + 1) * c->taps) / 4);
    for (int place = 0; place <= places; place++) {
        double *row = c->table + place * c->taps, sum = 0;
        for (int tap = 0; tap < c->taps; tap++) {
            double x = tap - (half - 1) - (double)place / places, inner = 1 - (x / half) * (x / half);
            row[tap] = inner > 0 ? cf_bessel(beta * sqrt(inner)) * (x == 0 ? 1 : sin(M_PI * x) / (M_PI * x)) : 0;
            sum += row[tap];
        }
        for (int tap = 0; tap < c->taps; tap++) row[tap] /= sum;
    }
}

static inline __attribute__((always_inline)) void turned(lanes a, lanes b, lanes c, lanes d, double *to, long dist) {
    lanes p = _mm256_unpacklo_pd(a, b), q = _mm256_unpackhi_pd(a, b), r = _mm256_unpacklo_pd(c, d), s = _mm256_unpackhi_pd(c, d);
    _mm256_store_pd(to, _mm256_permute2f128_pd(p, r, 0x20));
    _mm256_store_pd(to + dist, _mm256_permute2f128_pd(q, s, 0x20));
    _mm256_store_pd(to + 2 * dist, _mm256_permute2f128_pd(p, r, 0x31));
    _mm256_store_pd(to + 3 * dist, _mm256_permute2f128_pd(q, s, 0x31));
}

/// The window at evenly spaced moments, channel after channel; sums of squares and products on the way.
static void resample(struct chain *c, double begin, double end, lanes *sums) {
    const double step = (end - begin) / (double)c->count, start = begin - (double)c->history.first;
    const int taps = c->taps;
    lanes uu = _mm256_setzero_pd(), ii = uu, ui = uu, keep[8];
    for (long n = 0; n < c->count; n++) {
        double place = start + (double)n * step, whole = floor(place), fine = (place - whole) * places;
        long row = (long)fine;
        const lanes share = _mm256_set1_pd(fine - (double)row);
        const double *low = c->table + row * taps, *high = low + taps;
        const lanes *x = c->history.memory + 2 * ((long)whole - (taps / 2 - 1));
        lanes a = _mm256_setzero_pd(), b = a, d = a, e = a;
        for (int tap = 0; tap < taps; tap += 4, x += 8) {
            lanes one = _mm256_loadu_pd(low + tap);
            lanes w = _mm256_fmadd_pd(share, _mm256_sub_pd(_mm256_loadu_pd(high + tap), one), one);
            lanes w0 = _mm256_permute4x64_pd(w, 0x00), w1 = _mm256_permute4x64_pd(w, 0x55);
            lanes w2 = _mm256_permute4x64_pd(w, 0xAA), w3 = _mm256_permute4x64_pd(w, 0xFF);
            a = _mm256_fmadd_pd(w0, x[0], a), b = _mm256_fmadd_pd(w0, x[1], b);
            d = _mm256_fmadd_pd(w1, x[2], d), e = _mm256_fmadd_pd(w1, x[3], e);
            a = _mm256_fmadd_pd(w2, x[4], a), b = _mm256_fmadd_pd(w2, x[5], b);
            d = _mm256_fmadd_pd(w3, x[6], d), e = _mm256_fmadd_pd(w3, x[7], e);
        }
        lanes u = _mm256_add_pd(a, d), i = _mm256_add_pd(b, e);
        uu = _mm256_fmadd_pd(u, u, uu), ii = _mm256_fmadd_pd(i, i, ii), ui = _mm256_fmadd_pd(u, i, ui);
        keep[2 * (n & 3)] = u, keep[2 * (n & 3) + 1] = i;
        if ((n & 3) == 3) {
            turned(keep[0], keep[2], keep[4], keep[6], c->planar + n - 3, c->dist);
            turned(keep[1], keep[3], keep[5], keep[7], c->planar + n - 3 + 4 * c->dist, c->dist);
        }
    }
    sums[0] = uu, sums[1] = ii, sums[2] = ui;
}

static void unbalance(struct chain *c) {
    const double *re = c->result.re, *im = c->result.im, h = 0.5, r = sqrt(0.75);
    double zr = re[0] + re[1] + re[2], zi = im[0] + im[1] + im[2];
    double pr = re[0] - h * (re[1] + re[2]) - r * (im[1] - im[2]), pi = im[0] - h * (im[1] + im[2]) + r * (re[1] - re[2]);
    double nr = re[0] - h * (re[1] + re[2]) + r * (im[1] - im[2]), ni = im[0] - h * (im[1] + im[2]) - r * (re[1] - re[2]);
    double positive = hypot(pr, pi);
    c->result.zero = positive > 0 ? 100 * hypot(zr, zi) / positive : 0;
    c->result.negative = positive > 0 ? 100 * hypot(nr, ni) / positive : 0;
}

static void window(struct chain *c, double begin, double end) {
    lanes sums[3];
    double s[12], powers[CYCLES * ORDERS + CYCLES];
    resample(c, begin, end, sums);
    for (int k = 0; k < 3; k++) _mm256_storeu_pd(s + 4 * k, sums[k]);
    struct cfigures_class_a *r = &c->result;
    for (int k = 0; k < 8; k++) r->rms[k] = sqrt(s[k] / (double)c->count);
    for (int k = 0; k < 4; k++) r->active[k] = s[8 + k] / (double)c->count;
    r->frequency = CYCLES / (end - begin) * c->rate;
    c->execute(c->plan);
    const double scale = 2 / ((double)c->count * (double)c->count), root = sqrt(scale);
    for (int channel = 0; channel < 8; channel++) {
        const pair *x = (const pair *)(c->lines + channel * c->out_dist);
        for (int k = 0; k <= CYCLES * ORDERS + CYCLES / 2; k++) powers[k] = scale * (x[k][0] * x[k][0] + x[k][1] * x[k][1]);
        powers[0] /= 2;
        r->re[channel] = x[CYCLES][0] * root, r->im[channel] = x[CYCLES][1] * root;
        for (int order = 1; order <= ORDERS; order++) {
            const double *p = powers + CYCLES * order;
            double group = (p[-5] + p[5]) / 2;
            for (int k = -4; k <= 4; k++) group += p[k];
            r->subgroups[8 * (order - 1) + channel] = sqrt(p[-1] + p[0] + p[1]);
            r->groups[8 * (order - 1) + channel] = sqrt(group);
            const double *q = p - CYCLES;
            r->interharmonics[8 * (order - 1) + channel] = sqrt(q[2] + q[3] + q[4] + q[5] + q[6] + q[7] + q[8]);
        }
    }
    unbalance(c);
    r->windows++;
    r->flagged += c->halves.events.event[0].open || c->halves.events.event[1].open || c->halves.events.event[2].open;
}

static void windows(struct chain *c, long frames) {
    struct tracker *t = &c->tracker;
    const double reach = c->taps / 2;
    tracker_feed(t, history_frame(&c->history, c->history.end - frames), frames);
    while (t->marked > 1) {
        const struct mark *known = &t->marks[t->marked - 2];
        if (!c->begun) {
            double from = t->marks[0].place > reach ? t->marks[0].place : reach;
            if (known->place < from) return;
            c->next = ceil(t->marks[0].turns + (from - t->marks[0].place) * t->marks[0].speed + 0.25) - 0.25;
            c->begun = 1;
        }
        if (known->turns < c->next + CYCLES) return;
        double begin = place_of(t, c->next), end = place_of(t, c->next + CYCLES);
        if (end + reach + 1 >= (double)c->history.end) return;
        c->next += CYCLES;
        c->history.needed = (long)end - (long)reach - 2;
        if (begin - reach - 1 >= (double)c->history.first) window(c, begin, end);
    }
}

static long smooth(long least) {
    for (;; least++) {
        long rest = least;
        for (int factor = 2; factor <= 5; factor++)
            while (factor != 4 && rest % factor == 0) rest /= factor;
        if (rest == 1) return least;
    }
}

void cfigures_class_a_free(void *made) {
    struct chain *c = made;
    if (c->plan) c->destroy(c->plan);
    cascade_free(&c->cascade);
    cascade_free(&c->flicker_cascade);
    cascade_free(&c->halves.cascade);
    free(c->halves.slow.memory);
    free(c->history.memory);
    free(c->tracker.samples);
    free(c->tracker.weights);
    free(c->flicker.classes);
    free(c->table);
    free(c->planar);
    free(c->lines);
    free(c);
}

void *cfigures_class_a_make(double rate, double scale, double declared) {
    void *library = dlopen("libfftw3.so.3", RTLD_NOW);
    if (!library) return NULL;
    void *(*many)(int, const int *, int, double *, const int *, int, int, pair *, const int *, int, int, unsigned) =
        (void *(*)(int, const int *, int, double *, const int *, int, int, pair *, const int *, int, int, unsigned))dlsym(
            library, "fftw_plan_many_dft_r2c");
    struct chain *c = cf_lanes(sizeof *c / sizeof(lanes) + 1);
    c->execute = (void (*)(void *))dlsym(library, "fftw_execute");
    c->destroy = (void (*)(void *))dlsym(library, "fftw_destroy_plan");
    const double pass = 50.7 * 57.5;
    for (int k = 0; k < 8; k++) c->scale[k] = scale;
    cascade_make(&c->cascade, 2, rate, 10000, pass, 85, PART);
    const double work = c->rate = c->cascade.rate;
    c->start = c->cascade.centre / rate, c->step = (double)c->cascade.factor / rate;
    const long most = 4 * (PART / c->cascade.factor + 17);
    history_make(&c->history, 2, (long)(work / 50 * (10 / 0.7 + 6)) + 128, most);
    c->history.least = (long)(10 * work / 42.5) + 64;
    tracker_make(&c->tracker, work, 0.05 * declared, most);
    halves_make(&c->halves, work, c->start, c->step, declared, most);
    cascade_make(&c->flicker_cascade, 1, work, 3000, 1000, 70, most);
    flicker_make(&c->flicker, c->flicker_cascade.rate);
    resampler_make(c, (pass < 0.36 * work ? pass : 0.36 * work) / work);
    c->count = smooth((long)ceil(1.18 * CYCLES * work / 50));
    while (c->count % 4 != 0) c->count = smooth(c->count + 1);
    // Channels and lines never lie whole pages apart.
    c->dist = (c->count + 7) / 8 * 8 + 8, c->out_dist = (c->count / 2 + 8) / 4 * 4 + 4;
    c->planar = cf_lanes((size_t)(8 * c->dist) / 4);
    c->lines = cf_lanes((size_t)(8 * c->out_dist) / 2);
    int size = (int)c->count;
    if (many && c->execute && c->destroy)
        c->plan = many(1, &size, 8, c->planar, NULL, 1, (int)c->dist, c->lines, NULL, 1, (int)c->out_dist, 0);
    if (!c->plan) return cfigures_class_a_free(c), NULL;
    return c;
}

const struct cfigures_class_a *cfigures_class_a(void *made, const int32_t *numbers, long frames) {
    struct chain *c = made;
    const lanes su = _mm256_loadu_pd(c->scale), si = _mm256_loadu_pd(c->scale + 4);
    for (long from = 0; from < frames;) {
        long end = from + PIECE < frames ? from + PIECE : frames, got = 0;
        while (from < end) {
            long count = end - from < PART ? end - from : PART;
            lanes *target = history_room(&c->history, count / c->cascade.factor + 17), *room = cascade_room(&c->cascade, count, target);
            for (long n = 0; n < count; n++) {
                const __m128i *f = (const __m128i *)(numbers + 8 * (from + n));
                room[2 * n] = _mm256_mul_pd(su, _mm256_cvtepi32_pd(_mm_loadu_si128(f)));
                room[2 * n + 1] = _mm256_mul_pd(si, _mm256_cvtepi32_pd(_mm_loadu_si128(f + 1)));
            }
            long some = cascade_run(&c->cascade, count, target);
            c->history.end += some, got += some, from += count;
        }
        if (got == 0) continue;
        halves_feed(&c->halves, &c->history, got);
        windows(c, got);
        const lanes *in = history_frame(&c->history, c->history.end - got);
        lanes *room = cascade_room(&c->flicker_cascade, got, c->work);
        for (long n = 0; n < got; n++) room[n] = in[2 * n];
        long slow = cascade_run(&c->flicker_cascade, got, c->work);
        struct flicker meter = c->flicker;
        for (long n = 0; n < slow; n++) {
            lanes v = flicker_step(&meter, c->work[n]);
            meter.most = _mm256_max_pd(meter.most, v);
            flicker_count(&meter, v);
        }
        c->flicker = meter;
    }
    c->result.values = c->halves.values;
    c->result.events = c->halves.events.ended;
    c->result.changes = c->halves.events.changes;
    return &c->result;
}
#pragma clang attribute pop
#else
void *cfigures_class_a_make(double rate, double scale, double declared) {
    return (void)rate, (void)scale, (void)declared, (void *)0;
}
void cfigures_class_a_free(void *chain) { (void)chain; }
const struct cfigures_class_a *cfigures_class_a(void *chain, const int32_t *numbers, long frames) {
    return (void)chain, (void)numbers, (void)frames, (const struct cfigures_class_a *)0;
}
#endif
