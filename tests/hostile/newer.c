// SPDX-License-Identifier: Apache-2.0
// newer NUMBER…: makes these system calls with arguments that none of them takes, and prints how each fails.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int word = 1; word < argc; word++) {
        long number = atol(argv[word]);
        errno = 0;
        long result = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
        printf("%ld %d\n", number, result < 0 ? errno : 0);
    }
    return 0;
}
