#include "CBench.h"
#include <stdio.h>

int cbench_format_fixed(double value, int digits, char *out, size_t size) {
    return snprintf(out, size, "%.*f", digits, value);
}

int cbench_format_exponent(double value, int digits, char *out, size_t size) {
    return snprintf(out, size, "%.*e", digits, value);
}
