// SPDX-License-Identifier: Apache-2.0
// seccompagent -socketfile=SOCKET [-pid-file FILE]: answers the notifications of filters whose listeners arrive at the
// socket (seccomp_unotify(2)). A mkdir is done here with the listener's metadata appended to the name, a change of a
// mode fails with ENOMEDIUM, all else goes on.
#include "received.h"
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

struct agent {
    int listener;
    char metadata[256];
};

static int make_directory(const struct agent *agent, const struct seccomp_notif *asked) {
    char path[4096], name[4096] = "";
    snprintf(path, sizeof path, "/proc/%u/mem", asked->pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = pread(memory, name, sizeof name - 1, (off_t)asked->data.args[0]);
    close(memory);
    // The process may be another one by now, and the name not what it asked for.
    if (length <= 0 || ioctl(agent->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &asked->id) != 0)
        return -ENOSYS;
    if (snprintf(path, sizeof path, "/proc/%u/%s/%s-%s", asked->pid, name[0] == '/' ? "root" : "cwd", name,
                 agent->metadata) >= (int)sizeof path)
        return -ENAMETOOLONG;
    return mkdir(path, (mode_t)asked->data.args[1]) == 0 ? 0 : -ENOSYS;
}

static void *answer(void *argument) {
    struct agent *agent = argument;
    for (;;) {
        struct seccomp_notif asked = { 0 };
        if (ioctl(agent->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
            if (errno == EINTR || errno == ENOENT)
                continue;
            return NULL;
        }
        struct seccomp_notif_resp reply = { .id = asked.id };
        switch (asked.data.nr) {
        case SYS_mkdir:
            reply.error = make_directory(agent, &asked);
            break;
        case SYS_chmod:
        case SYS_fchmod:
        case SYS_fchmodat:
            reply.error = -ENOMEDIUM;
            break;
        default:
            reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        }
        // Who asked may be gone.
        (void)ioctl(agent->listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    }
}

int main(int argc, char **argv) {
    const char *path = NULL, *pid_file = NULL;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-socketfile=", 12) == 0)
            path = argv[i] + 12;
        else if (strcmp(argv[i], "-pid-file") == 0 && i + 1 < argc)
            pid_file = argv[++i];
    }
    if (!path)
        return 2;
    be_forgettable();
    write_pid(pid_file);
    unlink(path);
    int listener = listen_at(path);
    for (;;) {
        static char message[65536];
        int fd = next_descriptor(listener, message, sizeof message);
        struct agent *agent = calloc(1, sizeof *agent);
        const char *metadata = strstr(message, "\"metadata\":\"");
        if (metadata)
            sscanf(metadata + strlen("\"metadata\":\""), "%255[^\"/]", agent->metadata);
        agent->listener = fd;
        if (fd >= 0)
            in_thread(answer, agent);
    }
}
