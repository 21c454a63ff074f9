// Flicker meters of eight channels in C with AVX2 and FMA: what ours are compared with.
#include "CClassA.h"
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "Lanes.h"

// A second-order section by the bilinear transformation, exact at one frequency.
static struct section made(double n2, double n1, double n0, double d2, double d1, double d0, double rate, double exact) {
    double omega = 2 * M_PI * exact, c = omega / tan(omega / rate / 2), t[3], b[3];
    if (n2 == 0 && d2 == 0) {
        t[0] = n1 * c + n0, t[1] = n0 - n1 * c, t[2] = 0;
        b[0] = d1 * c + d0, b[1] = d0 - d1 * c, b[2] = 0;
    } else {
        t[0] = n2 * c * c + n1 * c + n0, t[1] = 2 * (n0 - n2 * c * c), t[2] = n2 * c * c - n1 * c + n0;
        b[0] = d2 * c * c + d1 * c + d0, b[1] = 2 * (d0 - d2 * c * c), b[2] = d2 * c * c - d1 * c + d0;
    }
    struct section s = {t[0] / b[0], t[1] / b[0], t[2] / b[0], b[1] / b[0], b[2] / b[0], _mm256_setzero_pd(),
                        _mm256_setzero_pd()};
    return s;
}

static double size(double c0, double c1, double c2, double angle) {
    return hypot(c0 + c1 * cos(angle) + c2 * cos(2 * angle), c1 * sin(angle) + c2 * sin(2 * angle));
}

static double magnitude(const struct section *s, double hertz, double rate) {
    double angle = 2 * M_PI * hertz / rate;
    return size(s->b0, s->b1, s->b2, angle) / size(1, s->a1, s->a2, angle);
}

void flicker_make(struct flicker *f, double rate) {
    const double turn = 2 * M_PI, corner = turn * 35, lambda = 4.05981, w1 = 9.15494, w2 = 2.27979, w3 = 1.22535, w4 = 21.9;
    memset(f, 0, sizeof *f);
    f->part[0] = made(0, 1, 0, 0, 1, turn * 0.05, rate, 0.05);
    for (int n = 0; n < 3; n++) {
        double damping = 2 * cos((15 + 30 * n) * M_PI / 180);
        f->part[n + 1] = made(0, 0, 1, 1 / (corner * corner), damping / corner, 1, rate, 35);
    }
    f->part[4] = made(0, 1.74802 * turn * w1, 0, 1, 2 * turn * lambda, turn * w1 * turn * w1, rate, w1);
    double a = turn * w3, b = turn * w4;
    f->part[5] = made(0, 1 / (turn * w2), 1, 1 / (a * b), 1 / a + 1 / b, 1, rate, w4);
    f->part[6] = made(0, 0, 1, 0, 0.3, 1, rate, 0.5);
    f->quick = 1 - exp(-1 / (0.05 * rate));
    f->slow = 1 - exp(-1 / (27.3 * rate));
    f->enough = round(0.2 * rate);
    double amplitude = 0.250e-2;
    for (int n = 0; n < 6; n++) amplitude *= magnitude(&f->part[n], 8.8, rate);
    f->gain = 2 / (amplitude * amplitude * (1 + magnitude(&f->part[6], 17.6, rate)));
    f->classes = calloc(4 * CLASSES, sizeof *f->classes);
    if (f->classes == NULL) abort();
}

static double class_edge(long place) {
    if (place == 0) return 0;
    uint64_t bits = ((((uint64_t)(1023 - 24)) << 10) + (uint64_t)(place - 1)) << 42;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double flicker_severity(const struct flicker *f, int channel) {
    static const double percents[] = {0.1, 0.7, 1, 1.5, 2.2, 3, 4, 6, 8, 10, 13, 17, 30, 50, 80};
    const uint32_t *counts = f->classes + (long)channel * CLASSES;
    double total = 0, above = 0, p[15];
    for (long n = 0; n < CLASSES; n++) total += counts[n];
    long place = CLASSES - 1;
    for (int n = 0; n < 15; n++) {
        double wanted = percents[n] / 100 * total;
        while (place > 0 && above + counts[place] < wanted) above += counts[place--];
        double share = counts[place] > 0 ? (wanted - above) / counts[place] : 0;
        p[n] = class_edge(place + 1) - (share < 1 ? share : 1) * (class_edge(place + 1) - class_edge(place));
    }
    return sqrt(0.0314 * p[0] + 0.0525 * (p[1] + p[2] + p[3]) / 3 + 0.0657 * (p[4] + p[5] + p[6]) / 3 +
                0.28 * (p[7] + p[8] + p[9] + p[10] + p[11]) / 5 + 0.08 * (p[12] + p[13] + p[14]) / 3);
}

#define PIECE 256
struct meters {
    struct cascade cascade;
    struct flicker one, two;
    lanes work[2 * PIECE + 64];
};

void *cfigures_flicker_make(double rate) {
    struct meters *m = aligned_alloc(64, (sizeof *m + 63) / 64 * 64);
    if (m == NULL) return NULL;
    memset(m, 0, sizeof *m);
    cascade_make(&m->cascade, 2, rate, 3000, 1000, 70, PIECE);
    flicker_make(&m->one, m->cascade.rate);
    flicker_make(&m->two, m->cascade.rate);
    return m;
}

void cfigures_flicker_free(void *made) {
    struct meters *m = made;
    cascade_free(&m->cascade);
    free(m->one.classes);
    free(m->two.classes);
    free(m);
}

double cfigures_flicker_severity(void *made, int channel) {
    struct meters *m = made;
    return channel < 4 ? flicker_severity(&m->one, channel) : flicker_severity(&m->two, channel - 4);
}

void cfigures_flicker(void *made, const int32_t *numbers, long frames, int counting) {
    struct meters *m = made;
    for (long from = 0; from < frames; from += PIECE) {
        long count = frames - from < PIECE ? frames - from : PIECE;
        convert(numbers + 8 * from, count, cascade_room(&m->cascade, count, m->work));
        long made = cascade_run(&m->cascade, count, m->work);
        // State in locals while the loop runs.
        struct flicker a = m->one, b = m->two;
        for (long n = 0; n < made; n++) {
            lanes x = flicker_step(&a, m->work[2 * n]), y = flicker_step(&b, m->work[2 * n + 1]);
            if (!counting) continue;
            a.most = _mm256_max_pd(a.most, x);
            b.most = _mm256_max_pd(b.most, y);
            flicker_count(&a, x);
            flicker_count(&b, y);
        }
        m->one = a, m->two = b;
    }
}
#pragma clang attribute pop
#else
void *cfigures_flicker_make(double rate) { return (void)rate, (void *)0; }
void cfigures_flicker_free(void *meters) { (void)meters; }
double cfigures_flicker_severity(void *meters, int channel) { return (void)meters, (void)channel, 0; }
void cfigures_flicker(void *m, const int32_t *numbers, long frames, int counting) {
    (void)m, (void)numbers, (void)frames, (void)counting;
}
#endif
