/* What lies below the program, made to fail: preloaded into it, it counts the system calls that change files below two
 * watched directories, and at the N-th of them kills the process, fails the call, or writes only part of it. It sees
 * every call, libc's or not (seccomp traps them). It also moves the wall clock, and keeps the old bytes of what was
 * written to two files and not yet synced, or a list of writes, syncs and new names, so that a power cut can be played
 * afterwards.
 *
 *     cc -shared -fPIC -O2 -o shim.so shim.c
 *     LD_PRELOAD=shim.so VIDIMUS_SHIM=CONTROL vidimus serve ...
 *
 * CONTROL is the page below, written by under.py. Not here: what should come of it. Linux on x86-64 and aarch64.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { KILL_BEFORE = 1, KILL_AFTER, FAIL, SHORT, TORN };
enum { WRITE = 1, SYNC = 2, NAME = 4, READ = 8 };

struct control {
    uint64_t armed;    /* whether calls are counted */
    uint64_t count;    /* calls counted so far */
    uint64_t at;       /* the call that is acted upon, from 1; 0 for none */
    uint64_t act;      /* what is done to it */
    uint64_t error;    /* the errno of FAIL, and of what follows SHORT */
    uint64_t for_good; /* whether every later call of these kinds fails too */
    uint64_t kinds;    /* which calls are counted */
    uint64_t hit;      /* the system call acted upon, plus 1 */
    int64_t clock;     /* nanoseconds added to the wall clock */
    uint64_t undo;     /* 1: old bytes are kept; 2: what becomes of names is listed */
    char hit_path[512];
    char watched[2][512];
    char undo_path[2][512];
};

static struct control *control;
static char *lock;
static int undo_file[2] = {-1, -1};
static const char *control_path;
static int renamed;

/* The one place whose system calls are not trapped. */
long bare(long number, long a, long b, long c, long d, long e, long f);
extern const char bare_end[] __attribute__((visibility("hidden")));
#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
__asm__(".text\n.globl bare\n.hidden bare\n.hidden bare_end\nbare:\n mov %rdi,%rax\n mov %rsi,%rdi\n mov %rdx,%rsi\n"
        " mov %rcx,%rdx\n mov %r8,%r10\n mov %r9,%r8\n mov 8(%rsp),%r9\n syscall\n ret\n.globl bare_end\nbare_end:\n nop\n");
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
__asm__(".text\n.globl bare\n.hidden bare\n.hidden bare_end\nbare:\n mov x8,x0\n mov x0,x1\n mov x1,x2\n mov x2,x3\n"
        " mov x3,x4\n mov x4,x5\n mov x5,x6\n svc #0\n ret\n.globl bare_end\nbare_end:\n nop\n");
#else
#error "not written for this processor"
#endif

#define CALL(n, ...) CALL_(n, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(n, a, b, c, d, e, f, ...) bare(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static const int trapped[] = {
    SYS_write, SYS_writev, SYS_pwrite64, SYS_pwritev, SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync,
    SYS_sync_file_range, SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_openat, SYS_pread64,
#ifdef SYS_open
    SYS_open, SYS_rename, SYS_unlink, SYS_mkdir, SYS_rmdir,
#endif
};

static int kind_of(long n, const long *a) {
    switch (n) {
    case SYS_write: case SYS_writev: case SYS_pwrite64: case SYS_pwritev: case SYS_ftruncate: case SYS_fallocate: return WRITE;
    case SYS_fsync: case SYS_fdatasync: case SYS_sync_file_range: return SYNC;
    case SYS_pread64: return READ;
    case SYS_openat: return a[2] & O_CREAT ? NAME : 0;
#ifdef SYS_open
    case SYS_open: return a[1] & O_CREAT ? NAME : 0;
#endif
    default: return NAME;
    }
}

static void name_of(int descriptor, char *path, size_t room) {
    char link[40] = "/proc/self/fd/", digits[12];
    int at = 14, n = 0;
    if (descriptor < 0) { path[0] = 0; return; }
    do digits[n++] = '0' + descriptor % 10; while (descriptor /= 10);
    while (n) link[at++] = digits[--n];
    link[at] = 0;
    long length = CALL(SYS_readlinkat, AT_FDCWD, link, path, room - 1);
    path[length > 0 ? length : 0] = 0;
}

static void path_under(int base, const char *given, char *path, size_t room) {
    path[0] = 0;
    if (given[0] != '/') {
        if (base == AT_FDCWD) CALL(SYS_getcwd, path, room - 1);
        else name_of(base, path, room);
        strncat(path, "/", room - strlen(path) - 1);
    }
    strncat(path, given, room - strlen(path) - 1);
}

/* Where the call is about, as far as it can be told. */
static void path_of(long n, const long *a, char *path, size_t room) {
    const char *given = NULL;
    int base = AT_FDCWD;
    switch (n) {
    case SYS_openat: case SYS_unlinkat: case SYS_mkdirat: base = a[0]; given = (const char *)a[1]; break;
    case SYS_renameat: case SYS_renameat2: base = a[2]; given = (const char *)a[3]; break;
#ifdef SYS_open
    case SYS_open: case SYS_unlink: case SYS_mkdir: case SYS_rmdir: given = (const char *)a[0]; break;
    case SYS_rename: given = (const char *)a[1]; break;
#endif
    default: name_of(a[0], path, room); return;
    }
    path_under(base, given, path, room);
}

static int is_watched(const char *path) {
    for (int n = 0; n < 2; n++) {
        size_t length = strlen(control->watched[n]);
        if (length && !strncmp(path, control->watched[n], length) && (path[length] == '/' || !path[length])) return 1;
    }
    return 0;
}

/* Which of the two files it is whose old bytes are kept; -1 for none. */
static int undone(const char *path) {
    for (int n = 0; n < 2; n++)
        if (control->undo == 1 && undo_file[n] >= 0 && control->undo_path[n][0] && !strcmp(path, control->undo_path[n])) return n;
    return -1;
}

/* The bytes that a write will cover, kept until the file is synced. */
static void keep_old(long n, const long *a, const char *path) {
    int which = undone(path);
    if (which < 0 || (n != SYS_pwrite64 && n != SYS_write)) return;
    long at = n == SYS_write ? CALL(SYS_lseek, a[0], 0, SEEK_CUR) : a[3];
    struct stat now;
    if (at < 0 || CALL(SYS_fstat, a[0], &now)) return;
    char *old = (char *)CALL(SYS_mmap, 0, a[2] + 24, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    int64_t *head = (int64_t *)old;
    head[0] = at, head[1] = a[2], head[2] = now.st_size;
    CALL(SYS_pread64, a[0], old + 24, a[2], at);
    CALL(SYS_write, undo_file[which], old, a[2] + 24);
    CALL(SYS_munmap, old, a[2] + 24);
}

static void forget_old(long n, const char *path) {
    int which = n == SYS_fsync || n == SYS_fdatasync ? undone(path) : -1;
    if (which >= 0) CALL(SYS_ftruncate, undo_file[which], 0);
}

/* A line: what was done, then one path or two, with tabs between. */
static void list(const char *what, const char *path, const char *other) {
    char line[2200];
    strcpy(line, what), strcat(line, "\t"), strcat(line, path), strcat(line, "\t"), strcat(line, other), strcat(line, "\n");
    CALL(SYS_write, undo_file[0], line, strlen(line));
}

/* A name that is about to be given away: what has it now is kept under the control page's own, with a number. */
static void keep_named(long n, const char *path) {
    if (control->undo != 2 || (n != SYS_renameat && n != SYS_renameat2
#ifdef SYS_rename
        && n != SYS_rename
#endif
    )) return;
    char kept[700];
    strcpy(kept, control_path), strcat(kept, ".old-");
    char digit[2] = {'0' + renamed % 10, 0};
    strcat(kept, digit);
    CALL(SYS_unlinkat, AT_FDCWD, kept, 0);
    CALL(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0);
}

static void list_done(long n, const long *a, const char *path) {
    if (control->undo != 2 || undo_file[0] < 0) return;
    char from[1024];
    switch (n) {
    case SYS_write: case SYS_writev: case SYS_pwrite64: case SYS_pwritev: list("written", path, ""); return;
    case SYS_fsync: case SYS_fdatasync: list("synced", path, ""); return;
    case SYS_renameat: case SYS_renameat2: path_under(a[0], (const char *)a[1], from, sizeof from); break;
#ifdef SYS_rename
    case SYS_rename: path_under(AT_FDCWD, (const char *)a[0], from, sizeof from); break;
#endif
    default: return;
    }
    list("renamed", from, path);
    renamed++;
}

static long acted(long n, long *a, int kind, const char *path) {
    control->hit = n + 1;
    strncpy(control->hit_path, path, sizeof control->hit_path - 1);
    int partly = kind == WRITE && (n == SYS_write || n == SYS_pwrite64) && a[2] > 1;
    switch (control->act) {
    case KILL_AFTER: keep_old(n, a, path); bare(n, a[0], a[1], a[2], a[3], a[4], a[5]); break;
    case TORN: if (partly) bare(n, a[0], a[1], a[2] / 2, a[3], a[4], a[5]); break;
    case SHORT: if (partly) return bare(n, a[0], a[1], a[2] / 2, a[3], a[4], a[5]); return -(long)control->error;
    case FAIL: return -(long)control->error;
    }
    CALL(SYS_kill, CALL(SYS_getpid, 0), SIGKILL);
    for (;;) CALL(SYS_sched_yield, 0);
}

static long decided(long n, long *a) {
    char path[1024];
    int kind = kind_of(n, a);
    if (!control->armed || !kind) return bare(n, a[0], a[1], a[2], a[3], a[4], a[5]);
    path_of(n, a, path, sizeof path);
    if (!is_watched(path)) return bare(n, a[0], a[1], a[2], a[3], a[4], a[5]);
    /* One at a time, so that "before the N-th" has a meaning. A reader does not wait for a sync. */
    while (kind != READ && __atomic_test_and_set(lock, __ATOMIC_ACQUIRE)) CALL(SYS_sched_yield, 0);
    long result;
    uint64_t here = kind & control->kinds ? __atomic_add_fetch(&control->count, 1, __ATOMIC_SEQ_CST) : 0;
    if (here && control->at && (here == control->at || (control->for_good && here > control->at))) {
        result = acted(n, a, kind, path);
    } else {
        keep_old(n, a, path), keep_named(n, path);
        result = bare(n, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (result == 0) forget_old(n, path);
        if (result >= 0) list_done(n, a, path);
    }
    if (kind != READ) __atomic_clear(lock, __ATOMIC_RELEASE);
    return result;
}

static void on_call(int signal, siginfo_t *told, void *context) {
    ucontext_t *at = context;
    (void)signal;
    int before = errno;
#if defined(__x86_64__)
    greg_t *r = at->uc_mcontext.gregs;
    long a[6] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
    r[REG_RAX] = decided(told->si_syscall, a);
#else
    unsigned long long *r = at->uc_mcontext.regs;
    long a[6] = {r[0], r[1], r[2], r[3], r[4], r[5]};
    r[0] = decided(told->si_syscall, a);
#endif
    errno = before;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    long failed = CALL(SYS_clock_gettime, clock, time);
    if (failed) { errno = -failed; return -1; }
    if (control && clock == CLOCK_REALTIME && control->clock) {
        int64_t all = time->tv_sec * 1000000000LL + time->tv_nsec + control->clock;
        time->tv_sec = all / 1000000000LL, time->tv_nsec = all % 1000000000LL;
    }
    return 0;
}

static void give_up(const char *why) {
    CALL(SYS_write, 2, why, strlen(why));
    _exit(99);
}

__attribute__((constructor)) static void begin(void) {
    const char *named = getenv("VIDIMUS_SHIM");
    if (!named) return;
    int file = open(named, O_RDWR | O_CLOEXEC);
    if (file < 0) give_up("the shim's control cannot be opened\n");
    control = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    lock = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    close(file);
    if (control == MAP_FAILED || lock == MAP_FAILED) give_up("the shim's control cannot be mapped\n");
    control_path = named;
    char undo[2][600];
    for (int n = 0; n < 2; n++) {
        strcpy(undo[n], named), strcat(undo[n], n ? ".undo-1" : ".undo-0");
        if (control->undo) undo_file[n] = open(undo[n], O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    }

    struct sigaction on = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER};
    if (sigaction(SIGSYS, &on, NULL)) give_up("the shim cannot catch SIGSYS\n");
    enum { CALLS = sizeof trapped / sizeof *trapped };
    struct sock_filter filter[CALLS + 9];
    int at = 0;
    uint64_t first = (uint64_t)(uintptr_t)bare, last = (uint64_t)(uintptr_t)bare_end;
    if (first >> 32 != last >> 32) give_up("the shim lies badly\n");
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int n = 0; n < CALLS; n++)
        filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, trapped[n], CALLS - n, 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4);
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first >> 32, 0, 4);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer));
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)first, 0, 2);
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)last, 1, 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_fprog program = {.len = at, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) give_up("the shim may not be\n");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)) give_up("the shim may not filter\n");
}
