// SPDX-License-Identifier: Apache-2.0
// Says on NOTIFY_SOCKET that it is ready, a moment after something else, and stays when STAY is set. busybox has no
// program for such sockets.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, getenv("NOTIFY_SOCKET"));
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    const char *ready = "STATUS=up\nREADY=1";
    if (sendto(fd, "STATUS=x", 8, 0, (void *)&address, sizeof address) < 0) {
        perror(address.sun_path);
        return 1;
    }
    usleep(300000);
    if (sendto(fd, ready, strlen(ready), 0, (void *)&address, sizeof address) < 0)
        return 1;
    if (getenv("STAY"))
        pause();
    return 5;
}
