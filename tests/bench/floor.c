// SPDX-License-Identifier: Apache-2.0
// The floor: the least that any program must do to run a command in a container shaped like the default `runc spec`
// with a cgroup namespace. No JSON, no checks, no hooks, next to no state: a limit to compare runtimes with.
//
//   floor run    OPTIONS ROOTFS COMMAND...      make the container, run, wait, take it down
//   floor create OPTIONS ID ROOTFS COMMAND...   the same up to the execve; returns
//   floor start  ID                             lets it go on
//   floor delete ID                             takes it down; its process must be gone
//   floor exec   OPTIONS PID COMMAND...         one more process beside PID
//
// OPTIONS: -g      a cgroup v2 with the device filter of the configuration, below /sys/fs/cgroup
//          -s      a seccomp filter as long as podman's profile makes it
//          -m N    a memory limit of N bytes: on v2 with -g, else in v1's memory hierarchy
//
// Built static against musl: a static glibc program spends half a millisecond on CPUID at each start in a VM.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

static int with_cgroup, with_seccomp;
static const char *memory_limit;
static char cgroup[128]; // the path of the one that we made, or empty

static long check(long result, const char *what) {
    if (result < 0) {
        dprintf(2, "floor: %s: %s\n", what, strerror(errno));
        _exit(125);
    }
    return result;
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = check(open(path, O_WRONLY | O_CLOEXEC), path);
    check(write(fd, text, strlen(text)), path);
    close(fd);
}

// ---- the device filter: the configuration's "deny all" and the devices that every container has ----

struct device { int major, minor; };
#define ANY -1
static const struct device devices[] = {{1, 3}, {1, 5}, {1, 7}, {1, 8}, {1, 9}, {5, 0}, {5, 2}, {136, ANY}};

static struct bpf_insn code[64];
static int code_length;

static void emit(int opcode, int to, int from, int offset, int value) {
    code[code_length++] = (struct bpf_insn){.code = opcode, .dst_reg = to, .src_reg = from, .off = offset, .imm = value};
}

static void attach_device_filter(int cgroup_fd) {
    enum { CONTEXT = 1, KIND = 2, ACCESS = 3, MAJOR = 4, MINOR = 5 };
    int to_allow[16], allows = 0;
    emit(BPF_LDX | BPF_MEM | BPF_W, KIND, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, access_type), 0);
    emit(BPF_LDX | BPF_MEM | BPF_W, MAJOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, major), 0);
    emit(BPF_LDX | BPF_MEM | BPF_W, MINOR, CONTEXT, offsetof(struct bpf_cgroup_dev_ctx, minor), 0);
    emit(BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, KIND, 0, 0);
    emit(BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
    emit(BPF_ALU64 | BPF_AND | BPF_K, KIND, 0, 0, 0xffff);
    to_allow[allows++] = code_length; // making a node of any number is allowed, opening it is not
    emit(BPF_JMP | BPF_JEQ | BPF_K, ACCESS, 0, 0, BPF_DEVCG_ACC_MKNOD);
    int to_deny = code_length;
    emit(BPF_JMP | BPF_JNE | BPF_K, KIND, 0, 0, BPF_DEVCG_DEV_CHAR);
    for (unsigned i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (devices[i].minor != ANY) emit(BPF_JMP | BPF_JNE | BPF_K, MAJOR, 0, 1, devices[i].major);
        to_allow[allows++] = code_length;
        if (devices[i].minor != ANY) emit(BPF_JMP | BPF_JEQ | BPF_K, MINOR, 0, 0, devices[i].minor);
        else emit(BPF_JMP | BPF_JEQ | BPF_K, MAJOR, 0, 0, devices[i].major);
    }
    code[to_deny].off = code_length - to_deny - 1;
    emit(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
    emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    for (int i = 0; i < allows; i++) code[to_allow[i]].off = code_length - to_allow[i] - 1;
    emit(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1);
    emit(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insns = (uintptr_t)code, .insn_cnt = code_length, .license = (uintptr_t) "Apache"};
    int program = check(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load), "BPF_PROG_LOAD");
    union bpf_attr attach = {.target_fd = cgroup_fd, .attach_bpf_fd = program, .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
    check(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach), "BPF_PROG_ATTACH");
    close(program);
}

// ---- the seccomp filter: one comparison for each allowed number, as a plain compiler makes it ----

static void load_seccomp_filter(void) {
    enum { CALLS = 462, DENIED_EVERY = 10 }; // a tenth denied: what podman's profile leaves out
    static struct sock_filter filter[2 * CALLS + 8];
    unsigned short n = 0;
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int call = 0; call < CALLS; call++) {
        if (call >= 100 && call <= 330 && call % 5 == 0 && call != SYS_exit_group && call != SYS_prctl) continue;
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
        filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog program = {n, filter};
    check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp");
}

// ---- the container ----

struct mount_step { const char *source, *target, *type; unsigned long flags; const char *data; };
static const struct mount_step mounts[] = {
    {"proc", "proc", "proc", 0, NULL},
    {"tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"},
    {"devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"},
    {"shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, "mode=1777,size=65536k"},
    {"mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL},
    {"sysfs", "sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RDONLY, NULL},
};
static const struct { const char *path; int minor, major; } nodes[] = {
    {"dev/null", 3, 1}, {"dev/zero", 5, 1}, {"dev/full", 7, 1}, {"dev/random", 8, 1}, {"dev/urandom", 9, 1}, {"dev/tty", 0, 5}};
static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"}, {"/proc/self/fd/0", "dev/stdin"}, {"/proc/self/fd/1", "dev/stdout"},
    {"/proc/self/fd/2", "dev/stderr"}, {"pts/ptmx", "dev/ptmx"}};
static const char *const masked[] = {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"};
static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
#define EACH(i, list) for (unsigned i = 0; i < sizeof(list) / sizeof *(list); i++)

static void build_root(const char *rootfs) {
    check(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "make mounts slaves");
    check(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
    check(chdir(rootfs), rootfs);
    EACH(i, mounts) {
        const struct mount_step *m = &mounts[i];
        if (i == 2) {
            check(mkdir("dev/pts", 0755), "dev/pts");
            check(mkdir("dev/shm", 0755), "dev/shm");
            check(mkdir("dev/mqueue", 0755), "dev/mqueue");
        }
        check(mount(m->source, m->target, m->type, m->flags, m->data), m->target);
    }
    if (with_cgroup) check(mount("cgroup", "sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NOEXEC | MS_NODEV | MS_RELATIME | MS_RDONLY, NULL), "cgroup2");
    mode_t mask = umask(0);
    EACH(i, nodes) check(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].path);
    umask(mask);
    EACH(i, links) check(symlink(links[i][0], links[i][1]), links[i][1]);
    check(mount(NULL, rootfs, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only root");
    check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    check(umount2(".", MNT_DETACH), "umount");
    check(chdir("/"), "/");
    EACH(i, masked) {
        if (mount("/dev/null", masked[i], NULL, MS_BIND, NULL) == 0 || errno == ENOENT) continue;
        check(mount("tmpfs", masked[i], "tmpfs", MS_RDONLY, NULL), masked[i]);
    }
    EACH(i, readonly) {
        if (mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL) != 0) continue;
        check(mount(NULL, readonly[i], NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL), readonly[i]);
    }
}

static void drop_rights(void) {
    const uint64_t kept = 1ull << CAP_KILL | 1ull << CAP_NET_BIND_SERVICE | 1ull << CAP_AUDIT_WRITE;
    const struct rlimit files = {1024, 1024};
    check(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
    for (int c = 0; c <= 40; c++)
        if (!(kept >> c & 1)) prctl(PR_CAPBSET_DROP, c, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{kept, kept, 0}, {kept >> 32, kept >> 32, 0}};
    check(syscall(SYS_capset, &header, sets), "capset");
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
    if (with_seccomp) load_seccomp_filter();
}

static _Noreturn void become(char **command) {
    execv(command[0], command);
    check(-1, command[0]);
    _exit(125);
}

// What runs inside. `ready` and `go` are descriptors of create, or -1.
static _Noreturn void inside(const char *rootfs, char **command, int ready, int go) {
    if (with_cgroup) check(unshare(CLONE_NEWCGROUP), "unshare");
    struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int s = check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    check(ioctl(s, SIOCSIFFLAGS, &lo), "lo");
    close(s);
    build_root(rootfs);
    check(sethostname("floor", 5), "sethostname");
    drop_rights();
    if (ready >= 0) {
        char byte = 'r';
        check(write(ready, &byte, 1), "ready");
        check(read(go, &byte, 1), "go");
    }
    become(command);
}

static int make_cgroup(void) {
    if (!with_cgroup && !memory_limit) return -1;
    snprintf(cgroup, sizeof cgroup, "/sys/fs/cgroup%s/floor-%d", with_cgroup ? "" : "/memory", getpid());
    check(mkdir(cgroup, 0755), cgroup);
    if (memory_limit) write_file(cgroup, with_cgroup ? "memory.max" : "memory.limit_in_bytes", memory_limit);
    if (!with_cgroup) return -1;
    int fd = check(open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC), cgroup);
    attach_device_filter(fd);
    return fd;
}

static pid_t launch(const char *rootfs, char **command, int ready, int go) {
    int cgroup_fd = make_cgroup();
    struct clone_args args = {.exit_signal = SIGCHLD, .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS};
    if (cgroup_fd >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = cgroup_fd;
    } else args.flags |= CLONE_NEWCGROUP;
    if (ready < 0) args.flags |= CLONE_VFORK; // the parent has nothing to do meanwhile
    pid_t pid = check(syscall(SYS_clone3, &args, sizeof args), "clone3");
    if (pid == 0) {
        if (memory_limit && !with_cgroup) write_file(cgroup, "cgroup.procs", "0");
        inside(rootfs, command, ready, go);
    }
    if (cgroup_fd >= 0) close(cgroup_fd);
    return pid;
}

static int wait_for(pid_t pid) {
    int status;
    check(waitpid(pid, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// ---- the verbs ----

static char state[128];

static const char *in_state(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", state, name);
    return path;
}

static int run(char **words) {
    int code = wait_for(launch(words[0], words + 1, -1, -1));
    if (cgroup[0]) check(rmdir(cgroup), cgroup);
    return code;
}

static int create(char **words) {
    int ready[2];
    mkdir("/run/floor", 0700);
    check(mkdir(state, 0700), state);
    check(mkfifo(in_state("go"), 0600), "go");
    int go = check(open(in_state("go"), O_RDWR | O_CLOEXEC), "go");
    check(pipe2(ready, O_CLOEXEC), "pipe");
    pid_t pid = launch(words[1], words + 2, ready[1], go);
    char text[160], byte;
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) return 125;
    int fd = check(open(in_state("state"), O_CREAT | O_WRONLY | O_CLOEXEC, 0600), "state");
    check(write(fd, text, snprintf(text, sizeof text, "%d %s", pid, cgroup)), "state");
    return 0;
}

static int start(void) {
    int fd = check(open(in_state("go"), O_WRONLY | O_CLOEXEC), "go");
    return check(write(fd, "g", 1), "go") == 1 ? 0 : 125;
}

static int delete(void) {
    char text[160];
    int fd = check(open(in_state("state"), O_RDONLY | O_CLOEXEC), "state");
    ssize_t length = check(read(fd, text, sizeof text - 1), "state");
    text[length] = 0;
    const char *path = strchr(text, ' ') + 1;
    if (*path) check(rmdir(path), path);
    check(unlink(in_state("go")), "go");
    check(unlink(in_state("state")), "state");
    return check(rmdir(state), state);
}

static int exec(char **words) {
    char path[512], line[256];
    struct clone_args args = {.exit_signal = SIGCHLD, .flags = CLONE_VFORK};
    pid_t target = atoi(words[0]);
    if (with_cgroup) {
        snprintf(path, sizeof path, "/proc/%d/cgroup", target);
        int fd = check(open(path, O_RDONLY | O_CLOEXEC), path);
        ssize_t length = check(read(fd, line, sizeof line - 1), path);
        close(fd);
        line[length] = 0;
        line[strcspn(line, "\n")] = 0;
        snprintf(path, sizeof path, "/sys/fs/cgroup%s", strchr(line, '/'));
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = check(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
    }
    int pidfd = check(syscall(SYS_pidfd_open, target, 0), "pidfd_open");
    // The cgroup namespace comes after the clone: Linux 6.1 finds no cgroup for a process that is inside already.
    check(setns(pidfd, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS), "setns");
    pid_t pid = check(syscall(SYS_clone3, &args, sizeof args), "clone3");
    if (pid == 0) {
        check(setns(pidfd, CLONE_NEWCGROUP), "setns");
        drop_rights();
        become(words + 1);
    }
    return wait_for(pid);
}

int main(int argc, char **argv) {
    const char *verb = argc > 1 ? argv[1] : "";
    int option;
    optind = 2;
    while ((option = getopt(argc, argv, "+gsm:")) != -1) {
        if (option == 'g') with_cgroup = 1;
        else if (option == 's') with_seccomp = 1;
        else if (option == 'm') memory_limit = optarg;
        else return 2;
    }
    char **words = argv + optind;
    int count = argc - optind;
    if (count > 0) snprintf(state, sizeof state, "/run/floor/%s", words[0]);
    if (!strcmp(verb, "run") && count > 1) return run(words);
    if (!strcmp(verb, "create") && count > 2) return create(words);
    if (!strcmp(verb, "start") && count == 1) return start();
    if (!strcmp(verb, "delete") && count == 1) return delete();
    if (!strcmp(verb, "exec") && count > 1) return exec(words);
    dprintf(2, "usage: floor run | create | start | delete | exec\n");
    return 2;
}
