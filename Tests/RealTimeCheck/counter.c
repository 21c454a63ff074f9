// Loaded before meterbench: counts what the Swift runtime is asked for between the marks of the sampling loop, on the thread that asks: references
// counted up and down, objects made, checks for a single owner, checks of exclusive access.
// Built by RetainTests with the toolchain's own clang; never part of the product. x86-64 alone: each function of the runtime is stood in for by three
// instructions that touch r11 and the flags, which any call through the linkage table may change, so its own calling convention is kept.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define FUNCTIONS(EACH)                          \
    EACH(0, swift_retain)                        \
    EACH(1, swift_release)                       \
    EACH(2, swift_retain_n)                      \
    EACH(3, swift_release_n)                     \
    EACH(4, swift_bridgeObjectRetain)            \
    EACH(5, swift_bridgeObjectRelease)           \
    EACH(6, swift_nonatomic_retain)              \
    EACH(7, swift_nonatomic_release)             \
    EACH(8, swift_allocObject)                   \
    EACH(9, swift_slowAlloc)                     \
    EACH(10, swift_isUniquelyReferenced_native)  \
    EACH(11, swift_isUniquelyReferenced_nonNull_native) \
    EACH(12, swift_beginAccess)
#define COUNT 13

__attribute__((tls_model("initial-exec"))) __thread long realtime_counts[COUNT];
void *realtime_real[COUNT];
static const char *const names[COUNT] = {
#define NAME(number, name) [number] = #name,
    FUNCTIONS(NAME)};

void realtime_resolve(long number) {
    void *found = dlsym(RTLD_NEXT, names[number]);
    if (!found) {
        fprintf(stderr, "realtime: no %s\n", names[number]);
        abort();
    }
    realtime_real[number] = found;
}

// The first call of each finds the real one, all registers kept.
#define STUB(number, name)                                                                                    \
    __asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name ":\n"                                 \
            "  movq realtime_counts@gottpoff(%rip), %r11\n"                                                   \
            "  incq %fs:8*" #number "(%r11)\n"                                                                \
            "  movq realtime_real@GOTPCREL(%rip), %r11\n"                                                     \
            "  movq 8*" #number "(%r11), %r11\n"                                                              \
            "  testq %r11, %r11\n"                                                                            \
            "  jz 1f\n"                                                                                       \
            "  jmpq *%r11\n"                                                                                  \
            "1:\n"                                                                                            \
            "  pushq %rbp\n  movq %rsp, %rbp\n"                                                               \
            "  pushq %rax\n  pushq %rcx\n  pushq %rdx\n  pushq %rsi\n  pushq %rdi\n"                          \
            "  pushq %r8\n  pushq %r9\n  pushq %r10\n"                                                        \
            "  subq $528, %rsp\n  andq $-64, %rsp\n  fxsave (%rsp)\n"                                         \
            "  movq $" #number ", %rdi\n  callq realtime_resolve@PLT\n"                                       \
            "  fxrstor (%rsp)\n  leaq -64(%rbp), %rsp\n"                                                      \
            "  popq %r10\n  popq %r9\n  popq %r8\n  popq %rdi\n  popq %rsi\n  popq %rdx\n"                    \
            "  popq %rcx\n  popq %rax\n  popq %rbp\n"                                                         \
            "  movq realtime_real@GOTPCREL(%rip), %r11\n  movq 8*" #number "(%r11), %r11\n  jmpq *%r11\n"     \
            ".size " #name ", .-" #name "\n");
FUNCTIONS(STUB)

extern void *swift_retain(void *);
static __thread long before[COUNT];
static atomic_long entered, left, totals[COUNT];

void meterbench_realtime_enter(void) {
    atomic_fetch_add(&entered, 1);
    for (int n = 0; n < COUNT; n++) before[n] = realtime_counts[n];
}

void meterbench_realtime_leave(void) {
    // The control of the check: once something that must be found.
    if (getenv("REALTIME_CHECK_SPOIL") && atomic_fetch_add(&left, 1) == 10) swift_retain(NULL);
    for (int n = 0; n < COUNT; n++) atomic_fetch_add(&totals[n], realtime_counts[n] - before[n]);
}

static void tell(void) {
    fprintf(stderr, "realtime: entered %ld\n", (long)entered);
    for (int n = 0; n < COUNT; n++) fprintf(stderr, "realtime: %s %ld\n", names[n], (long)totals[n]);
}

__attribute__((constructor)) static void begin(void) {
    atexit(tell);
}
