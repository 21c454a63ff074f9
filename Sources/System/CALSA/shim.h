#include <alsa/asoundlib.h>

// The library prints its own troubles to standard error; ours are faults in one line. A handler of variadic arguments cannot be written in Swift.
static void calsa_ignore(const char *file, int line, const char *function, int code, const char *format, ...) {}
static inline void calsa_quiet(void) { snd_lib_error_set_handler(calsa_ignore); }
