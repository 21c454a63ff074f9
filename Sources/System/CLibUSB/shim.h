// libusb-1.0 as Swift sees it. Its header includes the time headers of the C library, and a module that holds them a second
// time makes Swift take `timespec` and `timeval` for its own; so they stay out, and the types come from Glibc.
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#define _SYS_SELECT_H 1
#include <sys/types.h>
#define _SYS_TIME_H 1
#define _TIME_H 1
struct timeval;
#include <libusb.h>
#undef _SYS_SELECT_H
#undef _SYS_TIME_H
#undef _TIME_H
