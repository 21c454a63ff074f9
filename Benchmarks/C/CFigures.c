#define _GNU_SOURCE
#include "CFigures.h"
#include <errno.h>
#include <fcntl.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int thread(void *(*body)(void *), void *argument) {
    pthread_t id;
    if (pthread_create(&id, NULL, body, argument) != 0) return -1;
    return pthread_detach(id);
}

// MARK: Servers on TCP

struct server {
    int listening;
    void *(*client)(void *);
};

static void *accept_all(void *argument) {
    struct server *server = argument;
    int one = 1;
    for (;;) {
        int client = accept4(server->listening, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) continue;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (thread(server->client, (void *)(intptr_t)client) != 0) close(client);
    }
    return NULL;
}

static int serve(void *(*client)(void *)) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct server *server = malloc(sizeof *server);
    if (server == NULL) return -1;
    server->client = client;
    server->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listening < 0 || bind(server->listening, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(server->listening, 8) != 0 ||
        getsockname(server->listening, (struct sockaddr *)&address, &length) != 0 ||
        thread(accept_all, server) != 0) {
        return -1;
    }
    return ntohs(address.sin_port);
}

static void *modbus_client(void *argument) {
    int client = (int)(intptr_t)argument;
    uint8_t request[512], answer[300];
    // A request comes in one piece: both clients send it with one call.
    while (recv(client, request, sizeof request, 0) >= 12) {
        int words = request[10] << 8 | request[11];
        if (words < 1 || words > 125) break;
        memcpy(answer, request, 4);
        answer[4] = 0;
        answer[5] = (uint8_t)(3 + 2 * words);
        answer[6] = request[6];
        answer[7] = request[7];
        answer[8] = (uint8_t)(2 * words);
        for (int i = 0; i < words; i++) {
            answer[9 + 2 * i] = 0;
            answer[10 + 2 * i] = (uint8_t)i;
        }
        if (send(client, answer, (size_t)(9 + 2 * words), MSG_NOSIGNAL) < 0) break;
    }
    close(client);
    return NULL;
}

static void *line_client(void *argument) {
    int client = (int)(intptr_t)argument;
    static const char answer[] = "+2.300123E+02\n";
    char request[512];
    ssize_t count;
    while ((count = recv(client, request, sizeof request, 0)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            if (request[i] == '\n' && send(client, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) break;
        }
    }
    close(client);
    return NULL;
}

int cfigures_modbus_server(void) { return serve(modbus_client); }
int cfigures_line_server(void) { return serve(line_client); }

// MARK: Clients on TCP

double cfigures_modbus_reads(int port, int words, int reads) {
    uint16_t registers[125];
    modbus_t *context = modbus_new_tcp("127.0.0.1", port);
    if (context == NULL) return -1;
    double seconds = -1;
    if (modbus_connect(context) == 0) {
        modbus_set_slave(context, 1);
        double begin = now();
        int left = reads;
        while (left > 0 && modbus_read_registers(context, 0, words, registers) == words) left--;
        if (left == 0) seconds = now() - begin;
    }
    modbus_close(context);
    modbus_free(context);
    return seconds;
}

double cfigures_line_queries(int port, int queries) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int wire = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wire < 0) return -1;
    int one = 1;
    setsockopt(wire, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    double seconds = -1;
    if (connect(wire, (struct sockaddr *)&address, sizeof address) == 0) {
        static const char question[] = "MEAS:VOLT?\n";
        char answer[256];
        double begin = now();
        int left = queries;
        while (left > 0) {
            if (send(wire, question, sizeof question - 1, MSG_NOSIGNAL) < 0) break;
            size_t used = 0;
            do {
                ssize_t count = recv(wire, answer + used, sizeof answer - 1 - used, 0);
                if (count <= 0) break;
                used += (size_t)count;
            } while (answer[used - 1] != '\n');
            answer[used] = 0;
            // The client wants the number, not the text.
            if (strtod(answer, NULL) < 230.0) break;
            left--;
        }
        if (left == 0) seconds = now() - begin;
    }
    close(wire);
    return seconds;
}

// MARK: Serial lines

struct line {
    int master, dead;
    double character;
};

static uint16_t check(const uint8_t *bytes, int count) {
    uint16_t value = 0xFFFF;
    for (int i = 0; i < count; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xA001 : value >> 1;
    }
    return value;
}

static void wait_until(double time) {
    struct timespec until = {.tv_sec = (time_t)time, .tv_nsec = (long)((time - (double)(time_t)time) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) continue;
}

static void *serial_line(void *argument) {
    struct line *line = argument;
    uint8_t request[256], answer[256];
    int have = 0;
    for (;;) {
        ssize_t count = read(line->master, request + have, sizeof request - (size_t)have);
        if (count <= 0) break;
        double arrived = now();
        have += (int)count;
        if (have < 8) continue;
        have = 0;
        int words = request[4] << 8 | request[5];
        if (check(request, 8) != 0 || words < 1 || words > 125 || request[0] == line->dead) continue;
        answer[0] = request[0];
        answer[1] = request[1];
        answer[2] = (uint8_t)(2 * words);
        memset(answer + 3, 0, (size_t)(2 * words));
        int length = 3 + 2 * words;
        uint16_t value = check(answer, length);
        answer[length] = (uint8_t)value;
        answer[length + 1] = (uint8_t)(value >> 8);
        length += 2;
        // The request passes, a silence of 3.5 characters, the answer passes.
        wait_until(arrived + (8 + 3.5 + length) * line->character);
        if (write(line->master, answer, (size_t)length) != length) break;
    }
    close(line->master);
    free(line);
    return NULL;
}

int cfigures_serial_line(double character, int dead, char *name, size_t size) {
    struct termios raw;
    struct line *line = malloc(sizeof *line);
    if (line == NULL) return -1;
    line->dead = dead;
    line->character = character;
    line->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line->master < 0 || grantpt(line->master) != 0 || unlockpt(line->master) != 0 ||
        ptsname_r(line->master, name, size) != 0) {
        return -1;
    }
    // Held open, so that the line stays up while nobody uses it.
    int other = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (other < 0 || tcgetattr(other, &raw) != 0) return -1;
    cfmakeraw(&raw);
    if (tcsetattr(other, TCSANOW, &raw) != 0) return -1;
    return thread(serial_line, line);
}
