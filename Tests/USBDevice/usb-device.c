// A USBTMC instrument and a streaming digitizer that exist in memory only, for tests with the stock libusb.
//
// The program builds a umockdev test bed with the sysfs files of one USB device, answers the ioctls of usbfs
// (linux/usbdevice_fs.h) on its device node, and plays the device behind them: USBTMC 1.00 with the USB488 1.00
// subclass (USB Implementers Forum, 14 April 2003), written from those documents. It prints «bed FOLDER» when ready, then
// obeys lines on its standard input (see `obey`). A client runs with UMOCKDEV_DIR=FOLDER and LD_PRELOAD of
// libumockdev-preload.so.0; this program too.
//
// The device node is a named pipe of one page: poll() says «writable» exactly when a finished URB waits to be reaped, as
// usbfs does, because this program fills and empties the pipe.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <linux/usbdevice_fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <umockdev.h>
#include <unistd.h>

enum { BULK_OUT = 0x02, BULK_IN = 0x86, INTERRUPT_IN = 0x88 };
// USBTMC 1.00, table 2 (MsgID), tables 15 and 16 (bRequest, USBTMC_status); USB488 1.00, tables 1, 9, 10.
enum { DEV_DEP_MSG_OUT = 1, DEV_DEP_MSG_IN = 2, USB488_TRIGGER = 128 };
enum { SUCCESS = 0x01, PENDING = 0x02, INTERRUPT_IN_BUSY = 0x20, FAILED = 0x80, NOT_IN_PROGRESS = 0x81 };

// ---- what the command line says ------------------------------------------------------------------------------------

static struct {
    int vendor, product, packet, termchar, usb488, interrupt, stream, page, rigol;
    const char *serial, *maker, *model, *driver;
} about = {0x1209, 0x4d42, 512, 1, 1, 1, 0, 0, 0, "MB0001", "MeterBench", "Emulated source", ""};

// ---- one URB of a client ------------------------------------------------------------------------------------------

typedef struct {
    UMockdevIoctlClient *client;
    UMockdevIoctlData *data, *buffer;
    struct usbdevfs_urb *urb;
    guint8 *bytes;      // what an URB brings in; copied to the client when it is reaped
    int filled, status;
} Urb;

static GMutex lock;
static GQueue waiting = G_QUEUE_INIT;   // submitted, not finished
static GQueue finished = G_QUEUE_INIT;  // to be reaped

// ---- the device ---------------------------------------------------------------------------------------------------

static UMockdevTestbed *bed;
static UMockdevIoctlBase *node;
static int number = 2;                  // device number on bus 1; a new one at every plug
static bool plugged;
static int pipe_end = -1;
static char path[64], device_path[128];
static UMockdevIoctlClient *claimed;
static bool driver_bound;

static bool halted_in, halted_out;
static GByteArray *command;             // program message being received
static uint8_t out_tag, in_tag;
static uint8_t last_tag;                // of the latest bulk-out header, whatever it was; 0: none since the last clear
static uint32_t out_left;               // bytes of the message transfer still to come
static bool out_end, out_open;
static uint32_t out_received;
static Urb *mute;                       // the bulk-out URB that the device does not take
static GByteArray *answer;              // response message, not yet sent
static bool answer_ready;
static GByteArray *transfer;            // bulk-in transfer under way
static guint transfer_at;
static bool in_open;                    // a REQUEST_DEV_DEP_MSG_IN is being answered
static uint32_t asked_size;
static bool asked_term;
static uint8_t asked_char;
static bool in_aborting, clearing;
static uint32_t in_sent;
static int pending_left;
static uint8_t status_byte;
static GQueue notices = G_QUEUE_INIT;   // pairs for the interrupt endpoint, as pointers
static bool remote_on;
static guint32 stream_counter;
static bool streaming;
static guint64 stream_left;
static guint slow_timer;

static struct {
    int out, in, control, interrupt, reset, halts, clears, aborts_in, aborts_out, ren, gtl, llo, triggers, stb;
    int claims, releases, detached, attached, discarded, messages, broken, faults, stray;
} count;

// ---- faults -------------------------------------------------------------------------------------------------------

typedef struct { char name[24]; int skip; long value; } Armed;
static GQueue armed = G_QUEUE_INIT;

/// Whether the first armed fault is `name` and its turn has come; `value` gets its number.
static bool strikes(const char *name, long *value) {
    for (GList *at = armed.head; at; at = at->next) {
        Armed *fault = at->data;
        if (strcmp(fault->name, name) != 0) continue;
        if (fault->skip-- > 0) return false;
        if (value) *value = fault->value;
        g_free(fault);
        g_queue_delete_link(&armed, at);
        count.faults++;
        return true;
    }
    return false;
}

// ---- readiness of the node ----------------------------------------------------------------------------------------

/// Empties the pipe or fills it; what it holds is one page.
static void show_readiness(void) {
    char page[4096] = {0};
    if (pipe_end < 0) return;
    if (finished.length) while (read(pipe_end, page, sizeof page) > 0) {}
    else while (write(pipe_end, page, sizeof page) > 0) {}
}

static void finish(Urb *urb, int status) {
    g_queue_remove(&waiting, urb);
    if (urb == mute) mute = NULL;
    urb->status = status;
    g_queue_push_tail(&finished, urb);
    show_readiness();
}

static void drop(Urb *urb) {
    g_object_unref(urb->data);
    if (urb->buffer) g_object_unref(urb->buffer);
    g_free(urb->bytes);
    g_free(urb);
}

static guint8 *room(Urb *urb) {
    if (!urb->bytes) urb->bytes = g_malloc(urb->urb->buffer_length + 8);
    return urb->bytes;
}

static Urb *first_waiting(int endpoint) {
    for (GList *at = waiting.head; at; at = at->next) {
        Urb *urb = at->data;
        if (urb->urb->endpoint == endpoint && urb->urb->type != USBDEVFS_URB_TYPE_CONTROL) return urb;
    }
    return NULL;
}

static void unplug(void);

// ---- the instrument behind the interface ---------------------------------------------------------------------------

static void feed(void);

static void say(const void *bytes, size_t size) {
    g_byte_array_append(answer, bytes, size);
}

static void forget_answer(void) {
    g_byte_array_set_size(answer, 0);
    answer_ready = false;
    if (slow_timer) g_source_remove(slow_timer);
    slow_timer = 0;
}

static gboolean speak(gpointer ignored) {
    (void)ignored;
    g_mutex_lock(&lock);
    slow_timer = 0;
    answer_ready = true;
    feed();
    g_mutex_unlock(&lock);
    return G_SOURCE_REMOVE;
}

static void notice(uint8_t first, uint8_t second) {
    g_queue_push_tail(&notices, GUINT_TO_POINTER(first | second << 8 | 0x10000));
}

static uint8_t pattern(guint32 at) { return (uint8_t)((at * 2654435761u) >> 24); }

static double settings[4];

/// One program message unit. The language: what an IEEE 488.2 instrument has, and questions that make long, late or no
/// answers.
static void execute_unit(char *text, size_t size) {
    char reply[256] = "";
    long value = 0;
    if (strncmp(text, "SUM? #", 6) == 0) {
        // SUM? #<n><length><bytes>: length and FNV-1a hash of the bytes.
        int digits = text[6] - '0';
        char length[10] = "";
        memcpy(length, text + 7, digits);
        long stated = atol(length);
        uint8_t *bytes = (uint8_t *)text + 7 + digits;
        guint32 hash = 2166136261u;
        long there = size - 7 - digits;
        for (long i = 0; i < stated && i < there; i++) hash = (hash ^ bytes[i]) * 16777619u;
        snprintf(reply, sizeof reply, "%ld,%ld,%u", stated, there, hash);
    } else if (strcmp(text, "*IDN?") == 0) {
        snprintf(reply, sizeof reply, "%s,%s,%s,1.0", about.maker, about.model, about.serial);
    } else if (strcmp(text, "*OPC?") == 0) {
        strcpy(reply, "1");
    } else if (strcmp(text, "*STB?") == 0) {
        snprintf(reply, sizeof reply, "%d", status_byte);
    } else if (strncmp(text, "SYST:ERR?", 9) == 0) {
        strcpy(reply, "0,\"No error\"");
    } else if (strcmp(text, "REM?") == 0) {
        snprintf(reply, sizeof reply, "%d", remote_on);
    } else if (strcmp(text, "*TRG") == 0) {
        count.triggers++;
    } else if (strcmp(text, "TRIG:COUN?") == 0) {
        snprintf(reply, sizeof reply, "%d", count.triggers);
    } else if (sscanf(text, "VOLT %lf", &settings[0]) == 1) {
    } else if (strcmp(text, "VOLT?") == 0) {
        snprintf(reply, sizeof reply, "%g", settings[0]);
    } else if (sscanf(text, "NUM? %ld", &value) == 1) {
        snprintf(reply, sizeof reply, "%ld", value);
    } else if (sscanf(text, "BLOCK? %ld", &value) == 1) {
        // A definite block (IEEE 488.2, 8.7.9) of a known pattern.
        char digits[12], head[16];
        snprintf(digits, sizeof digits, "%ld", value);
        snprintf(head, sizeof head, "#%zu%s", strlen(digits), digits);
        say(head, strlen(head));
        guint at = answer->len;
        g_byte_array_set_size(answer, at + value);
        for (long i = 0; i < value; i++) answer->data[at + i] = pattern(i);
    } else if (sscanf(text, "SLOW? %ld", &value) == 1) {
        strcpy(reply, "slow");
    } else if (strcmp(text, "MUTE?") == 0) {
        value = -1;
    } else if (sscanf(text, "SRQ %ld", &value) == 1) {
        status_byte = (uint8_t)value;
        if (about.interrupt) notice(0x81, status_byte);
    }
    if (reply[0]) {
        if (answer->len) say(";", 1);
        say(reply, strlen(reply));
    }
    if (strncmp(text, "SLOW?", 5) == 0) {
        slow_timer = g_timeout_add(value, speak, NULL);
    }
}

static void execute(void) {
    count.messages++;
    forget_answer();
    guint size = command->len;
    g_byte_array_append(command, (const guint8 *)"", 1);
    char *text = (char *)command->data;
    // A block may hold any byte, so a message with one is one unit, and nothing at its end is white space.
    if (strncmp(text, "SUM? #", 6) == 0) {
        execute_unit(text, size);
    } else {
        while (size && (text[size - 1] == '\r' || text[size - 1] == '\n')) text[--size] = 0;
        char *rest = NULL;
        for (char *unit = strtok_r(text, ";\n", &rest); unit; unit = strtok_r(NULL, ";\n", &rest)) {
            while (*unit == ' ' || *unit == ':') unit++;
            execute_unit(unit, strlen(unit));
        }
    }
    g_byte_array_set_size(command, 0);
    if (answer->len) {
        say("\n", 1);
        answer_ready = slow_timer == 0;
    }
}

// ---- bulk-in -------------------------------------------------------------------------------------------------------

/// Makes the next bulk-in transfer out of what is asked and what is there (USBTMC 1.00, 3.3 and table 9).
static void begin_transfer(void) {
    long value = 0;
    guint size = MIN(answer->len, asked_size);
    bool stopped = false;
    if (asked_term)
        for (guint i = 0; i < size; i++)
            if (answer->data[i] == asked_char) { size = i + 1; stopped = true; break; }
    if (strikes("chop", &value)) size = MIN(size, (guint)MAX(1, value));
    bool end = size == answer->len;
    // As python-usbtmc #18 tells of Rigol: 500 bytes at most are announced, and the end at once.
    if (about.rigol) { size = MIN(size, 500); end = true; }
    uint8_t head[12] = {DEV_DEP_MSG_IN, in_tag, (uint8_t)~in_tag, 0, size, size >> 8, size >> 16, size >> 24,
                        (end ? 1 : 0) | (stopped ? 2 : 0)};
    if (strikes("wrong-tag", NULL)) { head[1] += 7; head[2] = ~head[1]; }
    if (strikes("wrong-inverse", NULL)) head[2] ^= 0x10;
    if (strikes("wrong-kind", NULL)) head[0] = 99;
    if (strikes("too-long", &value)) head[7] = 0x7f;
    g_byte_array_set_size(transfer, 0);
    g_byte_array_append(transfer, head, 12);
    g_byte_array_append(transfer, answer->data, size);
    static const guint8 none[4];
    g_byte_array_append(transfer, none, (4 - size % 4) % 4);
    if (strikes("short-header", &value)) g_byte_array_set_size(transfer, CLAMP(value, 0, 11));
    if (strikes("cut", &value)) g_byte_array_set_size(transfer, MIN(transfer->len, (guint)MAX(12, value)));
    g_byte_array_remove_range(answer, 0, size);
    if (!answer->len) answer_ready = false;
    transfer_at = 0;
    in_sent = 0;
}

static void end_transfer(void) {
    g_byte_array_set_size(transfer, 0);
    transfer_at = 0;
    in_open = false;
}

/// What follows a transfer: nothing, or the next part of the answer without header and without being asked for.
static void go_on(void) {
    guint part = MIN(answer->len, 4096);
    end_transfer();
    if (!about.rigol || part == 0) return;
    g_byte_array_append(transfer, answer->data, part);
    g_byte_array_remove_range(answer, 0, part);
    if (!answer->len) answer_ready = false;
    in_open = true;
}

/// Moves bytes to bulk-in URBs as far as there are both.
static void feed_bulk(void) {
    long value = 0;
    for (Urb *urb; plugged && (urb = first_waiting(BULK_IN)) != NULL;) {
        if (halted_in) { finish(urb, -EPIPE); continue; }
        if (in_aborting) {
            // The rest of the transfer is thrown away, a short packet ends it (USBTMC 1.00, 4.2.1.4).
            end_transfer();
            in_aborting = false;
            finish(urb, 0);
            continue;
        }
        if (!in_open) return;  // NAK
        if (transfer->len == 0) {
            if (!answer_ready) return;
            if (strikes("silence", NULL)) { forget_answer(); return; }
            if (strikes("stall-in", NULL)) { halted_in = true; forget_answer(); in_open = false; continue; }
            if (strikes("error-in", &value)) { finish(urb, value == 2 ? -EOVERFLOW : value == 1 ? -EILSEQ : -EPROTO); continue; }
            begin_transfer();
        }
        guint size = MIN(transfer->len - transfer_at, (guint)(urb->urb->buffer_length - urb->filled));
        if (strikes("unplug-in", &value)) {
            size = MIN(size, (guint)value);
            memcpy(room(urb) + urb->filled, transfer->data + transfer_at, size);
            urb->filled += size;
            unplug();
            return;
        }
        memcpy(room(urb) + urb->filled, transfer->data + transfer_at, size);
        urb->filled += size;
        transfer_at += size;
        in_sent += size;
        bool whole = transfer_at == transfer->len;
        // A buffer that is exactly full ends the URB, not the transfer: a zero-length packet is still to come.
        bool short_packet = urb->filled < urb->urb->buffer_length || urb->urb->buffer_length % about.packet != 0;
        if (whole && urb->filled < urb->urb->buffer_length && urb->filled % about.packet == 0 && strikes("no-zlp", NULL)) {
            end_transfer();
            return;
        }
        // Where the buffer was full, the zero-length packet waits for the next URB.
        if (whole && short_packet) go_on();
        finish(urb, 0);
    }
}

static void feed_interrupt(void) {
    for (Urb *urb; notices.length && (urb = first_waiting(INTERRUPT_IN)) != NULL;) {
        guint pair = GPOINTER_TO_UINT(g_queue_pop_head(&notices));
        uint8_t bytes[2] = {pair, pair >> 8};
        urb->filled = MIN(2, urb->urb->buffer_length);
        memcpy(room(urb), bytes, urb->filled);
        finish(urb, 0);
    }
}

/// The digitizer's samples: a 32-bit counter, little endian, as fast as URBs come.
static void feed_stream(void) {
    long value = 0;
    for (Urb *urb; plugged && streaming && (urb = first_waiting(BULK_IN)) != NULL;) {
        if (halted_in) { finish(urb, -EPIPE); continue; }
        if (strikes("stall-in", NULL)) { halted_in = true; continue; }
        if (strikes("error-in", &value)) { finish(urb, -EPROTO); continue; }
        guint size = urb->urb->buffer_length;
        if (strikes("short", &value)) size = MIN(size, (guint)value);
        if (stream_left < size) size = stream_left;
        guint32 *samples = (guint32 *)room(urb);
        for (guint i = 0; i < size / 4; i++) samples[i] = GUINT32_TO_LE(stream_counter++);
        urb->filled = size;
        stream_left -= size;
        if (strikes("unplug-in", NULL)) { unplug(); return; }
        if (size == 0) { urb->filled = 0; return; }
        finish(urb, 0);
    }
}

// ---- bulk-out ------------------------------------------------------------------------------------------------------

/// A header that breaks the rules: the endpoint is halted until the host clears it (USBTMC 1.00, 3.2.2).
static int refuse(const char *why) {
    (void)why;
    count.broken++;
    halted_out = true;
    out_open = false;
    g_byte_array_set_size(command, 0);
    return -EPIPE;
}

static int take_out(const guint8 *bytes, guint size) {
    if (out_open) {  // a transfer goes on in the next URB
        guint part = MIN(size, out_left);
        g_byte_array_append(command, bytes, part);
        out_left -= part;
        out_received += part;
        if (out_left == 0) {
            out_open = false;
            if (out_end) execute();
        }
        return 0;
    }
    if (size < 12) return refuse("header cut");
    if ((bytes[1] ^ bytes[2]) != 0xff || bytes[1] == 0 || bytes[3] != 0) return refuse("tag");
    // Every header has another tag than the one before it (table 1).
    if (bytes[1] == last_tag) return refuse("tag used twice");
    last_tag = bytes[1];
    guint32 stated = bytes[4] | bytes[5] << 8 | bytes[6] << 16 | (guint32)bytes[7] << 24;
    switch (bytes[0]) {
        case DEV_DEP_MSG_OUT: {
            if (stated == 0 || (bytes[8] & ~1)) return refuse("size or attributes");
            guint part = MIN(size - 12, stated);
            // Every transfer is padded to a multiple of four (3.2).
            if (part == stated && size != 12 + (stated + 3) / 4 * 4) return refuse("alignment");
            out_tag = bytes[1];
            out_end = bytes[8] & 1;
            out_received = size;
            // A new message while an answer is unread: the answer is lost (IEEE 488.2, 6.3.2.3, INTERRUPTED).
            g_byte_array_append(command, bytes + 12, part);
            out_left = stated - part;
            out_open = out_left > 0;
            if (!out_open && out_end) execute();
            return 0;
        }
        case DEV_DEP_MSG_IN:
            if (size != 12 || stated == 0 || (bytes[8] & ~2)) return refuse("request");
            if (in_open) return refuse("two requests");
            if ((bytes[8] & 2) && !about.termchar) return refuse("TermChar");
            in_tag = bytes[1];
            asked_size = stated;
            asked_term = bytes[8] & 2;
            asked_char = bytes[9];
            in_open = true;
            g_byte_array_set_size(transfer, 0);
            transfer_at = 0;
            return 0;
        case USB488_TRIGGER:
            if (size != 12 || !about.usb488) return refuse("trigger");
            count.triggers++;
            return 0;
        default: return refuse("kind");
    }
}

/// Takes bulk-out URBs one after the other, as they stand in the queue of the endpoint: behind one that is not taken, none is.
static void feed_out(void) {
    long value = 0;
    for (Urb *urb; plugged && (urb = first_waiting(BULK_OUT)) != NULL && urb != mute;) {
        if (halted_out) { finish(urb, -EPIPE); continue; }
        if (strikes("silence-out", NULL)) { mute = urb; return; }  // NAK for ever
        if (strikes("stall-out", NULL)) {
            halted_out = true;
            out_open = false;
            g_byte_array_set_size(command, 0);
            continue;
        }
        if (strikes("error-out", NULL)) { finish(urb, -EPROTO); continue; }
        if (strikes("unplug-out", &value)) { urb->filled = MIN(value, urb->urb->buffer_length); unplug(); return; }
        count.out++;
        int status = take_out(urb->urb->buffer, urb->urb->buffer_length);
        urb->filled = status ? 0 : urb->urb->buffer_length;
        finish(urb, status);
    }
}

/// Goes on with everything that can go on.
static void feed(void) {
    if (!plugged) return;
    if (about.stream) feed_stream();
    else { feed_out(); feed_bulk(); feed_interrupt(); }
}

// ---- control -------------------------------------------------------------------------------------------------------

static void clear_all(void) {
    forget_answer();
    end_transfer();
    in_aborting = false;
    out_open = false;
    last_tag = 0;
    g_byte_array_set_size(command, 0);
}

static guint8 descriptors[256];
static guint descriptors_size;

static int string_descriptor(int index, guint8 *reply) {
    const char *texts[] = {about.maker, about.model, about.serial};
    if (index == 0) { memcpy(reply, "\x04\x03\x09\x04", 4); return 4; }
    if (index > 3) return -EPIPE;
    const char *text = texts[index - 1];
    int size = 2;
    for (; *text; text++) { reply[size++] = *text; reply[size++] = 0; }
    reply[0] = size;
    reply[1] = 3;
    return size;
}

/// One control request; returns the number of bytes of the reply or a negative error.
static int control(const guint8 *setup, guint8 *reply) {
    int type = setup[0], request = setup[1], value = setup[2] | setup[3] << 8, index = setup[4] | setup[5] << 8;
    long number_of = 0;
    if (type == 0x80 && request == 6) {
        if (value >> 8 == 3) return string_descriptor(value & 0xff, reply);
        if (value >> 8 == 1) { memcpy(reply, descriptors, 18); return 18; }
        if (value >> 8 == 2) { memcpy(reply, descriptors + 18, descriptors_size - 18); return descriptors_size - 18; }
        return -EPIPE;
    }
    if (type == 0x02 && request == 1 && value == 0) {  // CLEAR_FEATURE(ENDPOINT_HALT)
        count.halts++;
        if (index == BULK_IN) halted_in = false;
        if (index == BULK_OUT) halted_out = false;
        return 0;
    }
    if (about.stream) {
        // Own requests of the digitizer: 1 starts wValue kilobytes (0: without end), 2 stops.
        if (type == 0x40 && request == 1) { streaming = true; stream_left = value ? (guint64)value * 1024 : G_MAXUINT64; feed(); return 0; }
        if (type == 0x40 && request == 2) { streaming = false; return 0; }
        return -EPIPE;
    }
    if (strikes("stall-control", NULL)) return -EPIPE;
    if (type == 0xa2) {
        switch (request) {
            case 1:  // INITIATE_ABORT_BULK_OUT (4.2.1.2)
                count.aborts_out++;
                reply[1] = out_tag;
                if (strikes("abort-refused", NULL)) { reply[0] = FAILED; return 2; }
                if (!out_open) { reply[0] = command->len ? NOT_IN_PROGRESS : FAILED; return 2; }
                if ((value & 0xff) != out_tag) { reply[0] = NOT_IN_PROGRESS; return 2; }
                out_open = false;
                g_byte_array_set_size(command, 0);
                halted_out = true;
                pending_left = strikes("pending", &number_of) ? number_of : 0;
                reply[0] = SUCCESS;
                return 2;
            case 2:  // CHECK_ABORT_BULK_OUT_STATUS (4.2.1.3)
                memset(reply, 0, 8);
                reply[0] = pending_left-- > 0 ? PENDING : SUCCESS;
                memcpy(reply + 4, &out_received, 4);
                return 8;
            case 3:  // INITIATE_ABORT_BULK_IN (4.2.1.4)
                count.aborts_in++;
                reply[1] = in_tag;
                if (strikes("abort-refused", NULL)) { reply[0] = FAILED; return 2; }
                if (!in_open) { reply[0] = FAILED; return 2; }
                if ((value & 0xff) != in_tag) { reply[0] = NOT_IN_PROGRESS; return 2; }
                in_aborting = true;
                forget_answer();
                pending_left = strikes("pending", &number_of) ? number_of : 0;
                reply[0] = SUCCESS;
                feed();
                return 2;
            case 4:  // CHECK_ABORT_BULK_IN_STATUS (4.2.1.5)
                memset(reply, 0, 8);
                reply[0] = in_aborting || pending_left-- > 0 ? PENDING : SUCCESS;
                reply[1] = in_aborting;
                memcpy(reply + 4, &in_sent, 4);
                return 8;
        }
        return -EPIPE;
    }
    if (type == 0xa1) {
        switch (request) {
            case 5:  // INITIATE_CLEAR (4.2.1.6)
                count.clears++;
                if (strikes("clear-refused", NULL)) { reply[0] = FAILED; return 1; }
                clear_all();
                halted_out = true;
                clearing = true;
                pending_left = strikes("pending-clear", &number_of) ? number_of : 0;
                reply[0] = SUCCESS;
                return 1;
            case 6:  // CHECK_CLEAR_STATUS (4.2.1.7)
                reply[0] = pending_left-- > 0 ? PENDING : SUCCESS;
                reply[1] = 0;
                clearing = reply[0] == PENDING;
                return 2;
            case 7:  // GET_CAPABILITIES (4.2.1.8; USB488 4.2.2)
                memset(reply, 0, 24);
                reply[0] = SUCCESS;
                reply[3] = 1;
                reply[4] = 4;
                reply[5] = about.termchar ? 1 : 0;
                if (about.usb488) { reply[13] = 1; reply[14] = 7; reply[15] = about.interrupt ? 15 : 11; }
                return 24;
            case 64: reply[0] = SUCCESS; return 1;  // INDICATOR_PULSE
            case 128:  // READ_STATUS_BYTE (USB488 4.3.1)
                if (!about.usb488) return -EPIPE;
                count.stb++;
                reply[1] = value & 0x7f;
                reply[2] = 0;
                reply[0] = SUCCESS;
                if ((value & 0x7f) < 2) { reply[0] = FAILED; return 3; }
                if (!about.interrupt) { reply[2] = status_byte; return 3; }
                if (strikes("interrupt-busy", NULL)) { reply[0] = INTERRUPT_IN_BUSY; return 3; }
                if (strikes("interrupt-silent", NULL)) return 3;
                notice(0x80 | (value & 0x7f), status_byte);
                feed();
                return 3;
            case 160: count.ren++; remote_on = value & 1; reply[0] = SUCCESS; return 1;
            case 161: count.gtl++; remote_on = false; reply[0] = SUCCESS; return 1;
            case 162: count.llo++; reply[0] = SUCCESS; return 1;
        }
    }
    return -EPIPE;
}

static void submit_control(Urb *urb) {
    count.control++;
    guint8 *buffer = urb->urb->buffer, reply[512] = {0};
    if (strikes("silence-control", NULL)) return;
    if (strikes("unplug-control", NULL)) { unplug(); return; }
    int size = control(buffer, reply), wanted = buffer[6] | buffer[7] << 8;
    if (!plugged) return;
    if (size < 0) { finish(urb, size); return; }
    size = MIN(MIN(size, wanted), urb->urb->buffer_length - 8);
    memcpy(room(urb), reply, size);
    urb->filled = buffer[0] & 0x80 ? size : wanted;
    finish(urb, 0);
}

// ---- usbfs ---------------------------------------------------------------------------------------------------------

static void submit(Urb *urb) {
    g_queue_push_tail(&waiting, urb);
    switch (urb->urb->type) {
        case USBDEVFS_URB_TYPE_CONTROL: submit_control(urb); break;
        case USBDEVFS_URB_TYPE_BULK:
            if (urb->urb->endpoint != BULK_OUT) count.in++;
            feed();
            break;
        default: count.interrupt++; feed();
    }
}

static UMockdevIoctlData *resolved(UMockdevIoctlClient *client, gsize size) {
    return umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, size, NULL);
}

static void client_gone(UMockdevIoctlClient *client, GParamSpec *spec, gpointer ignored) {
    (void)spec;
    (void)ignored;
    if (umockdev_ioctl_client_get_connected(client)) return;
    g_mutex_lock(&lock);
    // usbfs gives up the interface and kills what is in flight when the file is closed.
    if (claimed == client) claimed = NULL;
    GQueue *queues[] = {&waiting, &finished};
    for (int i = 0; i < 2; i++)
        for (GList *at = queues[i]->head; at;) {
            GList *next = at->next;
            if (((Urb *)at->data)->client == client) {
                if (at->data == mute) mute = NULL;
                drop(at->data);
                g_queue_delete_link(queues[i], at);
            }
            at = next;
        }
    show_readiness();
    g_mutex_unlock(&lock);
}

static gboolean answered(UMockdevIoctlClient *client, long result, int error) {
    g_mutex_unlock(&lock);
    umockdev_ioctl_client_complete(client, result, error);
    return TRUE;
}

static int interface_command(struct usbdevfs_ioctl *order) {
    switch (order->ioctl_code) {
        case USBDEVFS_DISCONNECT:
            if (!driver_bound) return ENODATA;
            driver_bound = false;
            count.detached++;
            return 0;
        case USBDEVFS_CONNECT:
            if (claimed) return EBUSY;
            if (!about.driver[0] || driver_bound) return ENODATA;
            driver_bound = true;
            count.attached++;
            return 0;
        default: return ENOTTY;
    }
}

static gboolean handle(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer ignored) {
    (void)base;
    (void)ignored;
    gulong request = umockdev_ioctl_client_get_request(client);
    gsize size = _IOC_SIZE(request);
    g_mutex_lock(&lock);
    if (!g_object_get_data(G_OBJECT(client), "known")) {
        g_object_set_data(G_OBJECT(client), "known", client);
        g_signal_connect(client, "notify::connected", G_CALLBACK(client_gone), NULL);
    }
    bool here = plugged && strcmp(umockdev_ioctl_client_get_devnode(client), path) == 0;
    if (request == USBDEVFS_REAPURBNDELAY || request == USBDEVFS_REAPURB) {
        for (GList *at = finished.head; at; at = at->next) {
            Urb *urb = at->data;
            if (urb->client != client) continue;
            urb->urb->status = urb->status;
            urb->urb->actual_length = urb->filled;
            if (urb->bytes && urb->filled)
                memcpy((guint8 *)urb->urb->buffer + (urb->urb->type == USBDEVFS_URB_TYPE_CONTROL ? 8 : 0), urb->bytes,
                       urb->filled);
            UMockdevIoctlData *slot = resolved(client, sizeof(void *));
            umockdev_ioctl_data_set_ptr(slot, 0, urb->data);
            g_queue_delete_link(&finished, at);
            show_readiness();
            g_mutex_unlock(&lock);
            umockdev_ioctl_client_complete(client, 0, 0);
            g_object_unref(slot);
            drop(urb);
            return TRUE;
        }
        return answered(client, -1, here ? EAGAIN : ENODEV);
    }
    if (request == USBDEVFS_DISCARDURB) {
        gulong address = *(gulong *)umockdev_ioctl_client_get_arg(client)->data;
        for (GList *at = waiting.head; at; at = at->next) {
            Urb *urb = at->data;
            if (urb->data->client_addr != address) continue;
            count.discarded++;
            finish(urb, -ENOENT);
            return answered(client, 0, 0);
        }
        return answered(client, -1, EINVAL);
    }
    if (!here) return answered(client, -1, ENODEV);
    UMockdevIoctlData *data = size ? resolved(client, size) : NULL;
    if (size && !data && request != USBDEVFS_RESET) return answered(client, -1, EFAULT);
    long result = 0;
    int error = 0;
    switch (request) {
        case USBDEVFS_GET_CAPABILITIES:
            *(guint32 *)data->data = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_REAP_AFTER_DISCONNECT
                | (about.page ? USBDEVFS_CAP_BULK_CONTINUATION
                              : USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_BULK_SCATTER_GATHER);
            break;
        case USBDEVFS_SUBMITURB: {
            Urb *urb = g_new0(Urb, 1);
            urb->client = client;
            urb->data = g_object_ref(data);
            urb->urb = (struct usbdevfs_urb *)data->data;
            if (urb->urb->type != USBDEVFS_URB_TYPE_CONTROL && claimed != client) {
                count.stray++;
                drop(urb);
                error = EINVAL;
                break;
            }
            if (urb->urb->buffer_length > 0) {
                urb->buffer = umockdev_ioctl_data_resolve(
                    data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), urb->urb->buffer_length, NULL);
            }
            submit(urb);
            break;
        }
        case USBDEVFS_CLAIMINTERFACE:
            if (driver_bound || (claimed && claimed != client)) error = EBUSY;
            else { claimed = client; count.claims++; }
            break;
        case USBDEVFS_RELEASEINTERFACE:
            if (claimed != client) error = EINVAL;
            else { claimed = NULL; count.releases++; }
            break;
        case USBDEVFS_CLEAR_HALT: {
            guint8 setup[8] = {0x02, 1, 0, 0, data->data[0]}, reply[8];
            if (strikes("stall-halt", NULL)) error = EPIPE;
            else { control(setup, reply); feed(); }
            break;
        }
        case USBDEVFS_RESET:
            count.reset++;
            clear_all();
            halted_in = halted_out = false;
            break;
        case USBDEVFS_GETDRIVER: {
            struct usbdevfs_getdriver *driver = (struct usbdevfs_getdriver *)data->data;
            if (!driver_bound && !claimed) { error = ENODATA; break; }
            g_strlcpy(driver->driver, driver_bound ? about.driver : "usbfs", sizeof driver->driver);
            break;
        }
        case USBDEVFS_IOCTL: error = interface_command((struct usbdevfs_ioctl *)data->data); break;
        case USBDEVFS_SETINTERFACE:
        case USBDEVFS_SETCONFIGURATION: break;
        default: error = ENOTTY;
    }
    gboolean done = answered(client, error ? -1 : result, error);
    if (data) g_object_unref(data);
    return done;
}

// ---- plugging in and out -------------------------------------------------------------------------------------------

static void build_descriptors(void) {
    guint8 *at = descriptors;
    // USB 2.0, tables 9-8, 9-10, 9-12, 9-13; class, subclass and protocol from USBTMC 1.00, table 43, USB488 table 8.
    int packet = about.packet, endpoints = about.stream ? 1 : about.interrupt ? 3 : 2;
    int total = 9 + 9 + 7 * endpoints;
    guint8 device[18] = {18, 1, 0, 2, 0, 0, 0, 64, about.vendor, about.vendor >> 8, about.product, about.product >> 8,
                         0, 1, 1, 2, about.serial[0] ? 3 : 0, 1};
    guint8 configuration[9] = {9, 2, total, 0, 1, 1, 0, 0x80, 50};
    guint8 interface[9] = {9, 4, 0, 0, endpoints, 0xfe, 3, about.usb488, 0};
    if (about.stream) { interface[5] = 0xff; interface[6] = interface[7] = 0; }
    guint8 out[7] = {7, 5, BULK_OUT, 2, packet, packet >> 8, 0}, in[7] = {7, 5, BULK_IN, 2, packet, packet >> 8, 0};
    guint8 interrupt[7] = {7, 5, INTERRUPT_IN, 3, 2, 0, 8};
#define ADD(bytes) (memcpy(at, bytes, sizeof bytes), at += sizeof bytes)
    ADD(device);
    ADD(configuration);
    ADD(interface);
    if (!about.stream) ADD(out);
    ADD(in);
    if (!about.stream && about.interrupt) ADD(interrupt);
#undef ADD
    descriptors_size = at - descriptors;
}

static void add(const char *text) {
    GError *error = NULL;
    if (!umockdev_testbed_add_from_string(bed, text, &error)) g_error("test bed: %s", error->message);
}

static void plug(void) {
    build_descriptors();
    g_mutex_lock(&lock);
    halted_in = halted_out = streaming = false;
    clear_all();
    out_tag = 0;
    remote_on = false;
    status_byte = 0;
    g_queue_clear(&notices);
    driver_bound = about.driver[0] != 0;
    claimed = NULL;
    snprintf(path, sizeof path, "/dev/bus/usb/001/%03d", number);
    snprintf(device_path, sizeof device_path, "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1");
    g_mutex_unlock(&lock);
    node = umockdev_ioctl_base_new();
    g_signal_connect(node, "handle-ioctl", G_CALLBACK(handle), NULL);
    umockdev_testbed_attach_ioctl(bed, path, node, NULL);
    GString *text = g_string_new(NULL), *hex = g_string_new(NULL);
    for (guint i = 0; i < descriptors_size; i++) g_string_append_printf(hex, "%02X", descriptors[i]);
    g_string_printf(text,
        "P: /devices/pci0000:00/0000:00:14.0/usb1/1-1\nN: %s=%s\nE: DEVNAME=%s\nE: DEVTYPE=usb_device\n"
        "E: SUBSYSTEM=usb\nE: DRIVER=usb\nE: BUSNUM=001\nE: DEVNUM=%03d\nE: MAJOR=189\nE: MINOR=%d\n"
        "E: ID_VENDOR_ID=%04x\nE: ID_MODEL_ID=%04x\nE: PRODUCT=%x/%x/100\n"
        "A: busnum=1\\n\nA: devnum=%d\\n\nA: devpath=1\\n\nA: bConfigurationValue=1\\n\nA: bNumConfigurations=1\\n\n"
        "A: speed=480\\n\nA: idVendor=%04x\\n\nA: idProduct=%04x\\n\nA: manufacturer=%s\\n\nA: product=%s\\n\n",
        path + 5, hex->str, path, number, number - 1, about.vendor, about.product, about.vendor, about.product, number,
        about.vendor, about.product, about.maker, about.model);
    if (about.serial[0]) g_string_append_printf(text, "A: serial=%s\\n\n", about.serial);
    g_string_append_printf(text, "H: descriptors=%s\n", hex->str);
    add(text->str);
    g_string_free(text, TRUE);
    g_string_free(hex, TRUE);
    // The node becomes a pipe, see above.
    char *root = umockdev_testbed_get_root_dir(bed), *real = g_strconcat(root, path, NULL);
    unlink(real);
    if (mkfifo(real, 0666) != 0) g_error("no pipe at %s: %s", real, strerror(errno));
    g_mutex_lock(&lock);
    int end = open(real, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (end < 0 || fcntl(end, F_SETPIPE_SZ, 4096) < 0) g_error("no pipe at %s: %s", real, strerror(errno));
    pipe_end = end;
    plugged = true;
    show_readiness();
    g_mutex_unlock(&lock);
    g_free(real);
    g_free(root);
}

static bool forgetting;                 // unplugged, and the bed still has it

/// Takes the device out of the test bed; on the main thread only.
static gboolean forget_device(gpointer ignored) {
    (void)ignored;
    g_mutex_lock(&lock);
    bool still = forgetting;
    forgetting = false;
    g_mutex_unlock(&lock);
    if (!still) return G_SOURCE_REMOVE;
    umockdev_testbed_uevent(bed, device_path, "remove");
    umockdev_testbed_remove_device(bed, device_path);
    printf("unplugged\n");
    return G_SOURCE_REMOVE;
}

/// The cable is pulled: everything in flight fails, the node is gone. Call with the lock held.
static void unplug(void) {
    if (!plugged) return;
    plugged = false;
    while (waiting.length) finish(waiting.head->data, -ESHUTDOWN);
    // A reader that waits must wake up and be told ENODEV.
    char page[4096];
    while (read(pipe_end, page, sizeof page) > 0) {}
    close(pipe_end);
    pipe_end = -1;
    number++;
    forgetting = true;
    g_idle_add(forget_device, NULL);
}

// ---- orders of the test --------------------------------------------------------------------------------------------

static GMainLoop *loop;

static void show_counts(void) {
    printf("counts out=%d in=%d control=%d interrupt=%d reset=%d halts=%d clears=%d aborts-in=%d aborts-out=%d ren=%d "
           "gtl=%d llo=%d triggers=%d stb=%d claims=%d releases=%d detached=%d attached=%d discarded=%d messages=%d "
           "broken=%d faults=%d stray=%d bound=%d armed=%u waiting=%u\n",
           count.out, count.in, count.control, count.interrupt, count.reset, count.halts, count.clears, count.aborts_in,
           count.aborts_out, count.ren, count.gtl, count.llo, count.triggers, count.stb, count.claims, count.releases,
           count.detached, count.attached, count.discarded, count.messages, count.broken, count.faults, count.stray,
           driver_bound, armed.length, waiting.length);
}

/// `arm FAULT [SKIP [VALUE]]`, `disarm`, `srq STB`, `stb STB`, `unplug`, `plug`, `counts`, `quit`.
static gboolean obey(gint descriptor, GIOCondition condition, gpointer ignored) {
    (void)condition;
    (void)ignored;
    static char line[512];
    static size_t size;
    ssize_t n = read(descriptor, line + size, sizeof line - 1 - size);
    if (n <= 0) { g_main_loop_quit(loop); return G_SOURCE_REMOVE; }
    size += n;
    for (char *feed_at; (feed_at = memchr(line, '\n', size)) != NULL;) {
        *feed_at = 0;
        Armed fault = {.skip = 0};
        int stb = 0;
        // Whoever gives an order may know of an unplugging before our idle moment comes.
        forget_device(NULL);
        if (strcmp(line, "plug") == 0) {
            if (!plugged) plug();
            printf("plugged %s\n", path);
        } else if (strcmp(line, "quit") == 0) {
            g_main_loop_quit(loop);
        } else {
            g_mutex_lock(&lock);
            if (sscanf(line, "arm %23s %d %ld", fault.name, &fault.skip, &fault.value) >= 1) {
                g_queue_push_tail(&armed, g_memdup2(&fault, sizeof fault));
                printf("armed %s\n", fault.name);
            } else if (strcmp(line, "disarm") == 0) {
                g_queue_clear_full(&armed, g_free);
                printf("disarmed\n");
            } else if (sscanf(line, "srq %d", &stb) == 1) {
                status_byte = stb;
                notice(0x81, stb);
                feed();
                printf("srq sent\n");
            } else if (sscanf(line, "stb %d", &stb) == 1) {
                status_byte = stb;
                printf("stb set\n");
            } else if (strcmp(line, "unplug") == 0) {
                unplug();
            } else if (strcmp(line, "counts") == 0) {
                show_counts();
            } else {
                printf("unknown order %s\n", line);
            }
            g_mutex_unlock(&lock);
        }
        size -= feed_at + 1 - line;
        memmove(line, feed_at + 1, size);
    }
    return G_SOURCE_CONTINUE;
}

int main(int count_of, char **words) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    GOptionEntry options[] = {
        {"packet", 0, 0, G_OPTION_ARG_INT, &about.packet, "bytes of a bulk packet", NULL},
        {"termchar", 0, 0, G_OPTION_ARG_INT, &about.termchar, "whether TermChar is supported", NULL},
        {"usb488", 0, 0, G_OPTION_ARG_INT, &about.usb488, "whether it has the USB488 subclass", NULL},
        {"interrupt", 0, 0, G_OPTION_ARG_INT, &about.interrupt, "whether it has an interrupt endpoint", NULL},
        {"stream", 0, 0, G_OPTION_ARG_INT, &about.stream, "whether it is a digitizer", NULL},
        {"rigol", 0, 0, G_OPTION_ARG_INT, &about.rigol, "whether only the first transfer has a header", NULL},
        {"page", 0, 0, G_OPTION_ARG_INT, &about.page, "whether the host controller wants small URBs", NULL},
        {"serial", 0, 0, G_OPTION_ARG_STRING, &about.serial, "serial number, empty for none", NULL},
        {"maker", 0, 0, G_OPTION_ARG_STRING, &about.maker, "manufacturer", NULL},
        {"model", 0, 0, G_OPTION_ARG_STRING, &about.model, "product", NULL},
        {"driver", 0, 0, G_OPTION_ARG_STRING, &about.driver, "kernel driver bound to the interface", NULL},
        {NULL}};
    char *id = NULL;
    GOptionEntry identity[] = {{"id", 0, 0, G_OPTION_ARG_STRING, &id, "VENDOR:PRODUCT", NULL}, {NULL}};
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, options, NULL);
    g_option_context_add_main_entries(context, identity, NULL);
    GError *error = NULL;
    if (!g_option_context_parse(context, &count_of, &words, &error)) g_error("%s", error->message);
    if (id && sscanf(id, "%x:%x", &about.vendor, &about.product) != 2) g_error("«%s» is no VENDOR:PRODUCT", id);
    command = g_byte_array_new();
    answer = g_byte_array_new();
    transfer = g_byte_array_new();
    bed = umockdev_testbed_new();
    if (!umockdev_in_mock_environment()) g_error("start it with LD_PRELOAD=libumockdev-preload.so.0");
    // The root hub: USB 2.0, 11.23.1.
    add("P: /devices/pci0000:00/0000:00:14.0/usb1\nN: bus/usb/001/001=00\nE: DEVNAME=/dev/bus/usb/001/001\n"
        "E: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: BUSNUM=001\nE: DEVNUM=001\nE: MAJOR=189\nE: MINOR=0\n"
        "A: busnum=1\\n\nA: devnum=1\\n\nA: bConfigurationValue=1\\n\nA: speed=480\\n\nA: idVendor=1d6b\\n\n"
        "A: idProduct=0002\\n\nA: manufacturer=Emulated\\n\nA: product=Root hub\\n\n"
        "H: descriptors=12010002090001406B1D020000010302010109021900010100E0000904000001090000000705810304000C\n");
    plug();
    char *root = umockdev_testbed_get_root_dir(bed);
    printf("bed %s\n", root);
    g_free(root);
    loop = g_main_loop_new(NULL, FALSE);
    g_unix_fd_add(0, G_IO_IN | G_IO_HUP, obey, NULL);
    g_main_loop_run(loop);
    // Its folder goes with it.
    g_object_unref(bed);
    return 0;
}
