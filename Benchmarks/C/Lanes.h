// Halving of the rate of four or eight channels in AVX2: what the flicker meters and the class A chain in C begin with.
// To be included where AVX2 and FMA are on for all functions.
#ifndef LANES_H
#define LANES_H
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef __m256d lanes;

static inline double cf_bessel(double x) {
    double term = 1, sum = 1;
    for (double k = 1; term > 1e-17 * sum; k++) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

static inline void *cf_lanes(size_t count) {
    void *memory = aligned_alloc(64, (count * sizeof(lanes) + 63) / 64 * 64);
    if (memory == NULL) abort();
    memset(memory, 0, count * sizeof(lanes));
    return memory;
}

struct half_band {
    int width, reach, centre;
    double weights[64];
    lanes *memory;
    long capacity, filled, next;
};

static inline void half_band_make(struct half_band *b, int width, double pass, double db, long most) {
    double length = (db - 8) / (2.285 * 2 * M_PI * (0.5 - 2 * pass)) + 1, sum = 0, beta = 0.1102 * (db - 8.7);
    int reach = (int)ceil((length + 1) / 4);
    if (reach < 2) reach = 2;
    for (int j = 0; j < reach; j++) {
        double k = 2 * j + 1, place = k / (2 * reach);
        b->weights[j] = sin(M_PI * k / 2) / (M_PI * k) * cf_bessel(beta * sqrt(1 - place * place));
        sum += b->weights[j];
    }
    for (int j = 0; j < reach; j++) b->weights[j] *= 0.25 / sum;
    b->width = width, b->reach = reach, b->centre = 2 * reach - 1, b->next = b->centre, b->filled = 0;
    b->capacity = 2 * (most + 4 * reach);
    b->memory = cf_lanes((size_t)(width * b->capacity));
}

static inline lanes *half_band_room(struct half_band *b, long frames) {
    if (b->filled + frames > b->capacity) {
        long gone = b->next - b->centre, kept = b->filled - gone;
        memmove(b->memory, b->memory + b->width * gone, (size_t)(b->width * kept) * sizeof(lanes));
        b->filled = kept;
        b->next = b->centre;
    }
    return b->memory + b->width * b->filled;
}

static inline long half_band_run(struct half_band *b, long frames, lanes *out) {
    b->filled += frames;
    long count = b->filled - b->next - b->centre + 1;
    count = count > 0 ? count / 2 : 0;
    const lanes half = _mm256_set1_pd(0.5);
    const int reach = b->reach;
    const double *weights = b->weights;
    if (b->width == 2) {
        const lanes *in = b->memory + 2 * b->next;
        long n = 0;
        for (; n + 2 <= count; n += 2) {
            // What stands before the one output stands behind the other a step later: each frame is fetched once for both.
            const lanes *p = in + 4 * n + 6, *m = in + 4 * n - 2;
            lanes x = _mm256_mul_pd(half, in[4 * n]), y = _mm256_mul_pd(half, in[4 * n + 1]);
            lanes z = _mm256_mul_pd(half, in[4 * n + 4]), t = _mm256_mul_pd(half, in[4 * n + 5]);
            lanes up0 = in[4 * n + 2], up1 = in[4 * n + 3], down0 = up0, down1 = up1;
            int j = 0;
            for (; j + 2 <= reach; j += 2, p += 8, m -= 8) {
                lanes w = _mm256_broadcast_sd(weights + j), v = _mm256_broadcast_sd(weights + j + 1);
                lanes next0 = p[0], next1 = p[1], last0 = m[0], last1 = m[1];
                x = _mm256_fmadd_pd(w, _mm256_add_pd(up0, last0), x);
                y = _mm256_fmadd_pd(w, _mm256_add_pd(up1, last1), y);
                z = _mm256_fmadd_pd(w, _mm256_add_pd(next0, down0), z);
                t = _mm256_fmadd_pd(w, _mm256_add_pd(next1, down1), t);
                up0 = p[4], up1 = p[5], down0 = m[-4], down1 = m[-3];
                x = _mm256_fmadd_pd(v, _mm256_add_pd(next0, down0), x);
                y = _mm256_fmadd_pd(v, _mm256_add_pd(next1, down1), y);
                z = _mm256_fmadd_pd(v, _mm256_add_pd(up0, last0), z);
                t = _mm256_fmadd_pd(v, _mm256_add_pd(up1, last1), t);
            }
            if (j < reach) {
                lanes w = _mm256_broadcast_sd(weights + j);
                x = _mm256_fmadd_pd(w, _mm256_add_pd(up0, m[0]), x);
                y = _mm256_fmadd_pd(w, _mm256_add_pd(up1, m[1]), y);
                z = _mm256_fmadd_pd(w, _mm256_add_pd(p[0], down0), z);
                t = _mm256_fmadd_pd(w, _mm256_add_pd(p[1], down1), t);
            }
            out[2 * n] = x, out[2 * n + 1] = y, out[2 * n + 2] = z, out[2 * n + 3] = t;
        }
        if (n < count) {
            const lanes *p = in + 4 * n + 2, *m = in + 4 * n - 2;
            lanes x = _mm256_mul_pd(half, in[4 * n]), y = _mm256_mul_pd(half, in[4 * n + 1]);
            for (int j = 0; j < reach; j++, p += 4, m -= 4) {
                lanes w = _mm256_broadcast_sd(weights + j);
                x = _mm256_fmadd_pd(w, _mm256_add_pd(p[0], m[0]), x);
                y = _mm256_fmadd_pd(w, _mm256_add_pd(p[1], m[1]), y);
            }
            out[2 * n] = x;
            out[2 * n + 1] = y;
        }
    } else {
        const lanes *in = b->memory + b->next;
        long n = 0;
        // Four outputs at a time, two and two of which share what they read.
        for (; n + 4 <= count; n += 4) {
            const lanes *p = in + 2 * n + 3, *m = in + 2 * n - 1;
            lanes x = _mm256_mul_pd(half, in[2 * n]), y = _mm256_mul_pd(half, in[2 * n + 2]);
            lanes z = _mm256_mul_pd(half, in[2 * n + 4]), t = _mm256_mul_pd(half, in[2 * n + 6]);
            lanes up0 = in[2 * n + 1], up1 = in[2 * n + 5], down0 = up0, down1 = up1;
            for (int j = 0; j < reach; j++, p += 2, m -= 2) {
                lanes w = _mm256_broadcast_sd(weights + j), next0 = p[0], next1 = p[4], last0 = m[0], last1 = m[4];
                x = _mm256_fmadd_pd(w, _mm256_add_pd(up0, last0), x);
                y = _mm256_fmadd_pd(w, _mm256_add_pd(next0, down0), y);
                z = _mm256_fmadd_pd(w, _mm256_add_pd(up1, last1), z);
                t = _mm256_fmadd_pd(w, _mm256_add_pd(next1, down1), t);
                up0 = next0, up1 = next1, down0 = last0, down1 = last1;
            }
            out[n] = x, out[n + 1] = y, out[n + 2] = z, out[n + 3] = t;
        }
        for (; n < count; n++) {
            const lanes *p = in + 2 * n + 1, *m = in + 2 * n - 1;
            lanes x = _mm256_mul_pd(half, in[2 * n]);
            for (int j = 0; j < reach; j++, p += 2, m -= 2)
                x = _mm256_fmadd_pd(_mm256_broadcast_sd(weights + j), _mm256_add_pd(*p, *m), x);
            out[n] = x;
        }
    }
    b->next += 2 * count;
    return count;
}

struct cascade {
    int stages;
    struct half_band stage[16];
    double rate, centre;
    long factor;
};

static inline void cascade_make(struct cascade *c, int width, double rate, double least, double pass, double db,
                                long most) {
    c->stages = 0, c->centre = 0, c->factor = 1;
    while (rate / 2 >= least && c->stages < 16) {
        struct half_band *b = &c->stage[c->stages++];
        double share = pass / rate;
        half_band_make(b, width, share < 0.22 ? share : 0.22, db, most);
        c->centre += (double)(b->centre * c->factor);
        c->factor *= 2;
        rate /= 2;
        most = most / 2 + 1;
    }
    c->rate = rate;
}

static inline lanes *cascade_room(struct cascade *c, long frames, lanes *otherwise) {
    return c->stages > 0 ? half_band_room(&c->stage[0], frames) : otherwise;
}

static inline long cascade_run(struct cascade *c, long frames, lanes *out) {
    for (int n = 0; n < c->stages; n++) {
        lanes *to = n + 1 < c->stages ? half_band_room(&c->stage[n + 1], frames / 2 + 1) : out;
        frames = half_band_run(&c->stage[n], frames, to);
    }
    return frames;
}

static inline void cascade_free(struct cascade *c) {
    for (int n = 0; n < c->stages; n++) free(c->stage[n].memory);
}

// Flicker of four channels side by side (IEC 61000-4-15, blocks 1 to 5), 230 V/50 Hz.
struct section {
    double b0, b1, b2, a1, a2;
    lanes s1, s2;
};

#define CLASSES (38 * 1024 + 1)

struct flicker {
    struct section part[7];
    double gain, quick, slow, enough, count;
    lanes mean, level, most, last;
    uint32_t *classes;
};

void flicker_make(struct flicker *f, double rate);
/// Pst of one of the four channels.
double flicker_severity(const struct flicker *f, int channel);

static inline __attribute__((always_inline)) lanes section_step(struct section *s, lanes x) {
    lanes y = _mm256_fmadd_pd(_mm256_broadcast_sd(&s->b0), x, s->s1);
    s->s1 = _mm256_fnmadd_pd(_mm256_broadcast_sd(&s->a1), y, _mm256_fmadd_pd(_mm256_broadcast_sd(&s->b1), x, s->s2));
    s->s2 = _mm256_fnmadd_pd(_mm256_broadcast_sd(&s->a2), y, _mm256_mul_pd(_mm256_broadcast_sd(&s->b2), x));
    return y;
}

static inline __attribute__((always_inline)) lanes flicker_step(struct flicker *f, lanes x) {
    const lanes zero = _mm256_setzero_pd();
    f->count += 1;
    lanes square = _mm256_mul_pd(x, x);
    double share = f->count * f->quick >= 1 ? f->quick : 1 / f->count;
    f->mean = _mm256_fmadd_pd(_mm256_set1_pd(share), _mm256_sub_pd(square, f->mean), f->mean);
    lanes root = _mm256_sqrt_pd(f->mean);
    if (f->count <= f->enough) {
        f->level = root;
        return zero;
    }
    double rest = f->count - f->enough;
    share = rest * f->slow >= 1 ? f->slow : 1 / rest;
    f->level = _mm256_fmadd_pd(_mm256_set1_pd(share), _mm256_sub_pd(root, f->level), f->level);
    lanes there = _mm256_cmp_pd(f->level, zero, _CMP_GT_OQ);
    lanes v = _mm256_sub_pd(_mm256_div_pd(square, _mm256_mul_pd(f->level, f->level)), _mm256_set1_pd(1));
    v = _mm256_and_pd(v, there);
    for (int n = 0; n < 6; n++) v = section_step(&f->part[n], v);
    v = _mm256_mul_pd(section_step(&f->part[6], _mm256_mul_pd(v, v)), _mm256_set1_pd(f->gain));
    return _mm256_and_pd(_mm256_max_pd(zero, v), there);
}

static inline __attribute__((always_inline)) void flicker_count(struct flicker *f, lanes v) {
    // Never negative: the exponent and ten bits behind it are the class.
    const __m256i low = _mm256_set1_epi64x((((int64_t)(1023 - 24)) << 10) - 1);
    __m256i place = _mm256_sub_epi64(_mm256_srli_epi64(_mm256_castpd_si256(v), 42), low);
    place = _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_setzero_si256(), place), place);
    __m256i top = _mm256_set1_epi64x(CLASSES - 1);
    place = _mm256_blendv_epi8(place, top, _mm256_cmpgt_epi64(place, top));
    f->classes[_mm256_extract_epi64(place, 0)]++;
    f->classes[CLASSES + _mm256_extract_epi64(place, 1)]++;
    f->classes[2 * CLASSES + _mm256_extract_epi64(place, 2)]++;
    f->classes[3 * CLASSES + _mm256_extract_epi64(place, 3)]++;
}

static inline void convert(const int32_t *numbers, long frames, lanes *out) {
    for (long n = 0; n < 2 * frames; n++)
        out[n] = _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)(numbers + 4 * n)));
}
#endif
