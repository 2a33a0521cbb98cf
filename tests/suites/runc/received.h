// SPDX-License-Identifier: Apache-2.0
// What both helpers do: take a message with a descriptor from each connection to a unix socket.
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (strlen(path) >= sizeof address.sun_path) {
        fprintf(stderr, "%s: too long for a socket\n", path);
        exit(1);
    }
    strcpy(address.sun_path, path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 16) != 0) {
        perror(path);
        exit(1);
    }
    return fd;
}

static void write_pid(const char *path) {
    FILE *file = path ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%d", getpid());
        fclose(file);
    }
}

// The descriptor that came with the next connection's message, -1 if none did; the message, ended by a NUL.
static int next_descriptor(int listener, char *message, size_t size) {
    char control[CMSG_SPACE(sizeof(int) * 8)];
    struct iovec part = { message, size - 1 };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC), fd = -1;
    ssize_t length = recvmsg(connection, &header, MSG_CMSG_CLOEXEC);
    message[length > 0 ? length : 0] = 0;
    struct cmsghdr *first = length > 0 ? CMSG_FIRSTHDR(&header) : NULL;
    if (first && first->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(first), sizeof fd);
    close(connection);
    return fd;
}

static void in_thread(void *(*body)(void *), void *argument) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, body, argument) == 0)
        pthread_detach(thread);
}

// A test that fails may forget us: nobody waits for our descriptors, and we do not stay for ever.
static void be_forgettable(void) {
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    alarm(120);
}
