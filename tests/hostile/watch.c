// SPDX-License-Identifier: Apache-2.0
// watch PID: tries everything once against a process of the runtime that is not the payload yet.
// watch: tries it against whoever comes in, until /dev/shm/stop is there.
// watch grab: keeps the executable of whoever comes in, and writes to it once the kernel no longer runs it.
// A line for each thing that was reached, and at the end how many processes were met before their execve.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char path[64];

static const char *file(int pid, const char *name) {
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    return path;
}

static const char *link_of(const char *name) {
    static char target[4096];
    ssize_t length = readlink(name, target, sizeof target - 1);
    target[length > 0 ? length : 0] = 0;
    return target;
}

// Once the payload runs, what is reached is the container's own: only the program that it still is says whose.
static int is_stage(const char *program) {
    return strstr(program, "memfd:") || strstr(program, "ctrun");
}

static void report_if_stage(int pid, const char *what) {
    const char *program = link_of(file(pid, "exe"));
    if (is_stage(program))
        printf("reached %s of %d: %s\n", what, pid, program);
}

static void try_descriptors(int pid) {
    DIR *folder = opendir(file(pid, "fd"));
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        // Their numbers are for the owner to see, what they are is not. The first three are the payload's, and stay.
        char name[300];
        snprintf(name, sizeof name, "/proc/%d/fd/%s", pid, entry->d_name);
        if (atoi(entry->d_name) > 2 && *link_of(name))
            printf("reached descriptor %s of %d: %s\n", entry->d_name, pid, link_of(name));
    }
    if (folder)
        closedir(folder);
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    for (int number = 3; number < 10; number++) {
        char name[16];
        snprintf(name, sizeof name, "fd/%d", number);
        int fd = open(file(pid, name), O_PATH);
        int copy = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
        if (fd >= 0 || copy >= 0)
            printf("reached descriptor %d of %d\n", number, pid);
        close(fd);
        close(copy);
    }
    close(pidfd);
}

static void try_program(int pid) {
    static const int ways[] = { O_PATH, O_RDONLY, O_WRONLY };
    report_if_stage(pid, "the name of the program");
    for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
        int fd = open(file(pid, "exe"), ways[way]);
        if (fd < 0)
            continue;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        const char *program = link_of(path);
        if (is_stage(program))
            printf("reached the program of %d: %s\n", pid, program);
        close(fd);
    }
}

static void try_folder(int pid, const char *name) {
    struct stat ours, theirs;
    int fd = open(file(pid, name), O_PATH);
    // The payload's root and working directory are ours.
    if (fd >= 0 && !fstat(fd, &theirs) && !stat("/", &ours)
        && (ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino))
        printf("reached %s of %d\n", name, pid);
    close(fd);
}

static void try_memory(int pid) {
    int fd = open(file(pid, "mem"), O_RDWR);
    if (fd >= 0)
        report_if_stage(pid, "memory");
    close(fd);
    char byte;
    struct iovec here = { &byte, 1 }, there = { (void *)0x400000, 1 };
    if (process_vm_readv(pid, &here, 1, &there, 1, 0) == 1)
        report_if_stage(pid, "memory by process_vm_readv");
}

static void try_trace(int pid) {
    int status;
    if (ptrace(PTRACE_ATTACH, pid, 0, 0) != 0)
        return;
    // It stops, or it ends: then it is ours to wait for. An execve that is on its way comes with a stop of its own.
    while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
        report_if_stage(pid, "ptrace");
        if (WSTOPSIG(status) == SIGSTOP) {
            ptrace(PTRACE_DETACH, pid, 0, 0);
            return;
        }
        ptrace(PTRACE_CONT, pid, 0, 0);
    }
}

static void try_everything(int pid) {
    try_descriptors(pid);
    try_program(pid);
    try_folder(pid, "root");
    try_folder(pid, "cwd");
    try_memory(pid);
    try_trace(pid);
}

static int is_met(int pid) {
    char name[32] = "";
    int fd = open(file(pid, "comm"), O_RDONLY);
    ssize_t length = fd < 0 ? 0 : read(fd, name, sizeof name - 1);
    close(fd);
    return length > 0 && strncmp(name, "ctrun", 5) == 0;
}

static void grab(int pid) {
    int fd = open(file(pid, "exe"), O_PATH);
    if (fd < 0)
        return;
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    if (is_stage(link_of(name))) {
        printf("grabbed %d\n", pid);
        // While it runs it is busy; afterwards only the seals are between us and it.
        for (int writer; kill(pid, 0) == 0 || errno != ESRCH;) {
            if ((writer = open(name, O_WRONLY)) >= 0)
                close(writer);
        }
        int writer = open(name, O_WRONLY);
        if (write(writer, "overwritten", 11) > 0 || ftruncate(writer, 0) == 0)
            printf("reached the program of %d, to write\n", pid);
        close(writer);
    }
    close(fd);
}

// The number that was given to a process last: nobody else in here makes any.
static int newest(void) {
    char text[64] = "";
    int fd = open("/proc/loadavg", O_RDONLY);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        exit(3);
    close(fd);
    return atoi(strrchr(text, ' ') + 1);
}

int main(int argc, char **argv) {
    int is_grab = argc > 1 && strcmp(argv[1], "grab") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && !is_grab) {
        printf("met %d\n", is_met(atoi(argv[1])));
        try_everything(atoi(argv[1]));
        return 0;
    }
    puts("ready");
    int met = 0, last = 0;
    while (access("/dev/shm/stop", F_OK) != 0) {
        int pid = newest();
        if (pid == getpid())
            continue;
        if (is_grab) {
            grab(pid);
            continue;
        }
        int is_new = is_met(pid) && pid != last;
        try_everything(pid);
        if (is_new) {
            met++;
            last = pid;
        }
    }
    printf("met %d\n", met);
    return 0;
}
