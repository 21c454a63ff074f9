// Loaded before meterbench: RealtimeSanitizer between the marks of the sampling loop.
// Built by RealTimeTests with the toolchain's own clang; never part of the product.
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

void __rtsan_realtime_enter(void);
void __rtsan_realtime_exit(void);

static atomic_long entered, left;

void meterbench_realtime_enter(void) {
    atomic_fetch_add(&entered, 1);
    __rtsan_realtime_enter();
}

void meterbench_realtime_leave(void) {
    // The control of the check: once something that must be found.
    if (getenv("REALTIME_CHECK_SPOIL") && atomic_fetch_add(&left, 1) == 10) {
        void *volatile memory = malloc(64);
        free(memory);
    }
    __rtsan_realtime_exit();
}

static void tell(void) { fprintf(stderr, "realtime: entered %ld\n", entered); }

__attribute__((constructor)) static void begin(void) { atexit(tell); }
