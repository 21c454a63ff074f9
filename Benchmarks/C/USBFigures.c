// A plain libusb client of a USBTMC instrument (USBTMC 1.00, 3.2 and 3.3): what our port is compared with.
#include "CFigures.h"
#include <libusb.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { OUT = 0x02, IN = 0x86, LARGEST = 1 << 20 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/// Sends `size` bytes behind a header with that kind and size; returns 0 when all went.
static int put(libusb_device_handle *handle, unsigned char kind, unsigned char tag, unsigned stated, const char *text, int size) {
    unsigned char message[256] = {kind, tag, (unsigned char)~tag, 0, stated & 255, stated >> 8 & 255, stated >> 16 & 255,
                                  stated >> 24, kind == 1};
    int sent = 0, whole = 12 + (size + 3) / 4 * 4;
    if (size) memcpy(message + 12, text, (size_t)size);
    return libusb_bulk_transfer(handle, OUT, message, whole, &sent, 10000) || sent != whole;
}

double cfigures_usb_blocks(int vendor, int product, const char *query, int times, long long *bytes) {
    libusb_context *context = NULL;
    double took = -1;
    unsigned char tag = 0, *buffer = malloc(LARGEST + 1024), *answer = malloc(64u << 20);
    *bytes = 0;
    if (!buffer || !answer || libusb_init(&context) != 0) goto done;
    libusb_device_handle *handle = libusb_open_device_with_vid_pid(context, (uint16_t)vendor, (uint16_t)product);
    if (!handle) goto done;
    libusb_set_auto_detach_kernel_driver(handle, 1);
    if (libusb_claim_interface(handle, 0) == 0) {
        double begin = seconds();
        int failed = 0;
        for (int round = 0; round < times && !failed; round++) {
            size_t have = 0;
            int end = 0;
            if (++tag == 0) tag = 1;
            failed = put(handle, 1, tag, (unsigned)strlen(query), query, (int)strlen(query));
            while (!failed && !end) {
                int got = 0;
                if (++tag == 0) tag = 1;
                failed = put(handle, 2, tag, LARGEST - 16, NULL, 0)
                    || libusb_bulk_transfer(handle, IN, buffer, LARGEST, &got, 10000) != 0 || got < 12 || buffer[0] != 2
                    || buffer[1] != tag;
                if (failed) break;
                size_t size = buffer[4] | buffer[5] << 8 | buffer[6] << 16 | (size_t)buffer[7] << 24;
                if (size > (size_t)got - 12 || have + size > 64u << 20) { failed = 1; break; }
                memcpy(answer + have, buffer + 12, size);
                have += size;
                end = buffer[8] & 1;
            }
            *bytes += (long long)have;
        }
        if (!failed) took = seconds() - begin;
        libusb_release_interface(handle, 0);
    }
    libusb_close(handle);
done:
    if (context) libusb_exit(context);
    free(buffer);
    free(answer);
    return took;
}
