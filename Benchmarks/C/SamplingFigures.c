// The same sums and harmonics in C: what our kernels are compared with.
#define _GNU_SOURCE
#include "CFigures.h"
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

int cfigures_has_wide(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

/// Sums, squares and products of eight interleaved channels with AVX2 and FMA, two sets of accumulators as ours.
__attribute__((target("avx2,fma"))) void cfigures_power(const int32_t *frames, long count, double *out) {
    __m256d s[10];
    for (int k = 0; k < 10; k++) s[k] = _mm256_setzero_pd();
    long n = 0;
    for (; n + 2 <= count; n += 2) {
        for (int half = 0; half < 2; half++) {
            const int32_t *f = frames + 8 * (n + half);
            __m256d u = _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)f));
            __m256d i = _mm256_cvtepi32_pd(_mm_loadu_si128((const __m128i *)(f + 4)));
            __m256d *t = s + 5 * half;
            t[0] = _mm256_add_pd(t[0], u);
            t[1] = _mm256_add_pd(t[1], i);
            t[2] = _mm256_fmadd_pd(u, u, t[2]);
            t[3] = _mm256_fmadd_pd(i, i, t[3]);
            t[4] = _mm256_fmadd_pd(u, i, t[4]);
        }
    }
    for (int k = 0; k < 5; k++) _mm256_storeu_pd(out + 4 * k, _mm256_add_pd(s[k], s[k + 5]));
}
#else
int cfigures_has_wide(void) { return 0; }
void cfigures_power(const int32_t *frames, long count, double *out) { (void)frames, (void)count, (void)out; }
#endif

// FFTW is under the GPL: it is never linked, only asked for by name when it is there to be compared with.
typedef double pair[2];
static void *(*make)(int, double *, pair *, unsigned);
static void (*execute)(void *);
static void (*destroy)(void *);
static void *plan;
static double *planar;
static pair *lines;
static int points;

void cfigures_fft_end(void) {
    if (plan) destroy(plan);
    free(planar);
    free(lines);
    plan = NULL, planar = NULL, lines = NULL;
}

int cfigures_fft_begin(int count) {
    void *library = dlopen("libfftw3.so.3", RTLD_NOW);
    if (!library) return 0;
    make = (void *(*)(int, double *, pair *, unsigned))dlsym(library, "fftw_plan_dft_r2c_1d");
    execute = (void (*)(void *))dlsym(library, "fftw_execute");
    destroy = (void (*)(void *))dlsym(library, "fftw_destroy_plan");
    if (!make || !execute || !destroy) return 0;
    points = count;
    planar = aligned_alloc(64, ((size_t)count * sizeof(double) + 63) / 64 * 64);
    lines = aligned_alloc(64, (((size_t)count / 2 + 1) * sizeof(pair) + 63) / 64 * 64);
    plan = planar && lines ? make(count, planar, lines, 0) : NULL;  // FFTW_MEASURE
    return plan != NULL;
}

void cfigures_fft_subgroups(const int32_t *frames, int cycles, double *out) {
    double scale = 2.0 / ((double)points * (double)points);
    for (int channel = 0; channel < 8; channel++) {
        for (int n = 0; n < points; n++) planar[n] = frames[8 * n + channel];
        execute(plan);
        for (int order = 1; order <= 50; order++) {
            double sum = 0;
            for (int k = order * cycles - 1; k <= order * cycles + 1; k++)
                sum += lines[k][0] * lines[k][0] + lines[k][1] * lines[k][1];
            out[50 * channel + order - 1] = scale * sum;
        }
    }
}

// Threads that keep processors busy at normal priority.
static pthread_t busy[64];
static int busy_count;
static volatile int busy_stop;

static void *spin(void *unused) {
    volatile double x = 1;
    while (!busy_stop) x = x * 1.0000001 + 1e-9;
    return unused;
}

void cfigures_busy_end(void) {
    busy_stop = 1;
    while (busy_count > 0) pthread_join(busy[--busy_count], NULL);
    busy_stop = 0;
}

int cfigures_busy_begin(int processors) {
    for (int n = 0; n < processors && n < 64; n++) {
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(n, &one);
        if (pthread_create(&busy[busy_count], NULL, spin, NULL) != 0) return -1;
        pthread_setaffinity_np(busy[busy_count++], sizeof one, &one);
    }
    return 0;
}
