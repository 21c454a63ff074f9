#define _GNU_SOURCE
#include <dlfcn.h>
#include "CBench.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int cbench_format_fixed(double value, int digits, char *out, size_t size) {
    return snprintf(out, size, "%.*f", digits, value);
}

int cbench_format_exponent(double value, int digits, char *out, size_t size) {
    return snprintf(out, size, "%.*e", digits, value);
}

int cbench_pseudo_terminal(char *name, size_t size) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0) return -1;
    if (grantpt(master) == 0 && unlockpt(master) == 0 && ptsname_r(master, name, size) == 0) return master;
    int code = errno;
    close(master);
    errno = code;
    return -1;
}

int cbench_wait(int fd, short events, long long nanoseconds) {
    struct pollfd wanted = {.fd = fd, .events = events};
    struct timespec time = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    return ppoll(&wanted, 1, &time, NULL);
}

int cbench_accept(int listening) { return accept4(listening, NULL, NULL, SOCK_CLOEXEC); }

int cbench_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int cbench_pin(int processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    return sched_setaffinity(0, sizeof one, &one);
}

int cbench_processor_fits(int fused) {
#if defined(__x86_64__)
    return !fused || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
#else
    return 1;
#endif
}

static void (*realtime_enter)(void), (*realtime_leave)(void);

void cbench_realtime_find(void) {
    realtime_enter = (void (*)(void))dlsym(RTLD_DEFAULT, "meterbench_realtime_enter");
    realtime_leave = (void (*)(void))dlsym(RTLD_DEFAULT, "meterbench_realtime_leave");
}

void cbench_realtime_enter(void) {
    if (realtime_enter) realtime_enter();
}

void cbench_realtime_leave(void) {
    if (realtime_leave) realtime_leave();
}
