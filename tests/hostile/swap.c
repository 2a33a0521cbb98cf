// SPDX-License-Identifier: Apache-2.0
// swap [A B]…: exchanges the names of each pair, again and again, as fast as it goes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv) {
    for (unsigned long round = 0;; round++) {
        for (int pair = 1; pair + 1 < argc; pair += 2) {
            // Whoever makes containers beside us takes things away and makes them again.
            int result = renameat2(AT_FDCWD, argv[pair], AT_FDCWD, argv[pair + 1], RENAME_EXCHANGE);
            if (result == 0 && round == 0) {
                puts("swaps");
                fflush(stdout);
            }
        }
    }
}
