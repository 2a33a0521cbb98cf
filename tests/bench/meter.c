// SPDX-License-Identifier: Apache-2.0
// Runs a command N times, P at a time, and prints what each run cost: a small static program, so that what it starts
// does not inherit the peak memory of a large parent.
//
//   meter N P SECONDS FIRST COMMAND...     "{}" in an argument becomes FIRST, FIRST + 1, …
//
// On descriptor 3, one line a run: its exit code (-1: killed after SECONDS), then wall, user and system time in
// microseconds, and the peak resident set in KiB. A last line has the wall time of all of it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPORT 3

static long long microseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000ll + t.tv_nsec / 1000;
}

static long long of(struct timeval t) { return t.tv_sec * 1000000ll + t.tv_usec; }

static char **numbered(char **command, int count, int number) {
    char **words = calloc(count + 1, sizeof *words);
    for (int i = 0; i < count; i++) {
        char *hole = strstr(command[i], "{}");
        words[i] = command[i];
        if (hole && asprintf(&words[i], "%.*s%d%s", (int)(hole - command[i]), command[i], number, hole + 2) < 0) exit(2);
    }
    return words;
}

static void one(char **words, int seconds) {
    struct rusage cost;
    int status, killed = 0;
    long long began = microseconds();
    pid_t pid = vfork();
    if (pid == 0) {
        execvp(words[0], words);
        _exit(127);
    }
    struct pollfd end = {syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
    if (poll(&end, 1, seconds * 1000) == 0) killed = !kill(pid, SIGKILL);
    wait4(pid, &status, 0, &cost);
    long long wall = microseconds() - began;
    close(end.fd);
    int code = killed ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    dprintf(REPORT, "%d %lld %lld %lld %ld\n", code, wall, of(cost.ru_utime), of(cost.ru_stime), cost.ru_maxrss);
}

int main(int argc, char **argv) {
    if (argc < 6) return 2;
    int runs = atoi(argv[1]), workers = atoi(argv[2]), seconds = atoi(argv[3]), first = atoi(argv[4]);
    fcntl(REPORT, F_SETFD, FD_CLOEXEC);
    long long began = microseconds();
    for (int w = 0; w < workers; w++) {
        if (workers > 1 && fork() != 0) continue;
        for (int i = w; i < runs; i += workers) one(numbered(argv + 5, argc - 5, first + i), seconds);
        if (workers > 1) _exit(0);
    }
    while (workers > 1 && wait(NULL) > 0) {}
    dprintf(REPORT, "%lld\n", microseconds() - began);
    return 0;
}
