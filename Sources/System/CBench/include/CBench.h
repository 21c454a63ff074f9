// The one C shim: what Swift cannot reach (variadic calls, GNU-only names). Each function is at most ten lines.
#ifndef CBENCH_H
#define CBENCH_H
#include <stddef.h>
#include "CBenchSerial.h"

/// Writes `value` with `digits` decimals and a full stop (never a locale's comma) into `out`; returns the length.
int cbench_format_fixed(double value, int digits, char *out, size_t size);
/// Writes `value` with `digits` decimals in exponent form into `out`; returns the length.
int cbench_format_exponent(double value, int digits, char *out, size_t size);
/// Opens a pseudo-terminal: returns its master end (close-on-exec), or -1 with errno; `name` gets the path of the other end.
int cbench_pseudo_terminal(char *name, size_t size);
/// Waits until `fd` is ready for `events` (as for poll) or that time has passed, to the nanosecond; returns as poll does.
int cbench_wait(int fd, short events, long long nanoseconds);
/// Takes the next connection of a listening socket, close-on-exec from its first moment; returns it, or -1 with errno.
int cbench_accept(int listening);
/// Makes a pipe of two ends that are close-on-exec from their first moment; returns 0, or -1 with errno.
int cbench_pipe(int ends[2]);
/// Fixes the calling thread to one processor; returns 0, or -1 with errno.
int cbench_pin(int processor);
/// Marks for a checker that was loaded before this program and defines `meterbench_realtime_enter` and `…_leave`: from the first to the
/// second the calling thread may neither allocate nor lock nor wait. Without a checker they do nothing.
void cbench_realtime_find(void);
void cbench_realtime_enter(void);
void cbench_realtime_leave(void);
/// Whether the Swift code that calls this is built for fused multiply-add in wide registers.
static inline int cbench_fused(void) {
#if defined(__aarch64__) || (defined(__AVX2__) && defined(__FMA__))
    return 1;
#else
    return 0;
#endif
}
/// Four numbers as Swift's SIMD4<Double>.
typedef double cbench_four __attribute__((ext_vector_type(4)));
/// Roots of four numbers in one step; Swift's own takes them one by one.
static inline cbench_four cbench_roots(cbench_four x) { return __builtin_elementwise_sqrt(x); }
/// The larger and the smaller of two numbers in each place, as above; where one is no number, the second.
static inline cbench_four cbench_larger(cbench_four x, cbench_four y) { return x > y ? x : y; }
static inline cbench_four cbench_smaller(cbench_four x, cbench_four y) { return x < y ? x : y; }
/// Whether this processor has what a program so built needs.
int cbench_processor_fits(int fused);
#endif
