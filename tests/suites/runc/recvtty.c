// SPDX-License-Identifier: Apache-2.0
// recvtty [--mode single|null] [--pid-file FILE] [--no-stdin] SOCKET: takes terminals and reads them, one to standard
// output or any number to nowhere.
#include "received.h"
#include <termios.h>

static void read_all(int master, int to) {
    char data[4096];
    ssize_t length;
    // A terminal whose last user is gone gives EIO.
    while ((length = read(master, data, sizeof data)) > 0)
        if (to >= 0 && write(to, data, (size_t)length) < 0)
            break;
    close(master);
}

static void *read_to_nowhere(void *master) {
    read_all((int)(long)master, -1);
    return NULL;
}

int main(int argc, char **argv) {
    const char *mode = "single", *pid_file = NULL, *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--mode") == 0 && i + 1 < argc)
            mode = argv[++i];
        else if (strcmp(argv[i], "--pid-file") == 0 && i + 1 < argc)
            pid_file = argv[++i];
        else if (strcmp(argv[i], "--no-stdin") != 0)
            path = argv[i];
    }
    if (!path)
        return 2;
    be_forgettable();
    write_pid(pid_file);
    int listener = listen_at(path);
    for (;;) {
        char message[4096];
        int master = next_descriptor(listener, message, sizeof message);
        if (master < 0)
            continue;
        if (strcmp(mode, "null") == 0) {
            in_thread(read_to_nowhere, (void *)(long)master);
            continue;
        }
        struct termios attributes;
        if (tcgetattr(master, &attributes) == 0) {
            attributes.c_oflag &= ~(tcflag_t)ONLCR;
            tcsetattr(master, TCSANOW, &attributes);
        }
        read_all(master, 1);
        return 0;
    }
}
