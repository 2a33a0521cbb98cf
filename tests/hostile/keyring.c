// SPDX-License-Identifier: Apache-2.0
// keyring [NAME [sleep]]: prints the number of its session keyring, joins the one of this name before if there is a name,
// lets others of its user find it, and stays with it if asked to.
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc > 1) {
        long keyring = syscall(SYS_keyctl, 1, argv[1]);
        syscall(SYS_keyctl, 5, keyring, 0x3f3f0000);
    }
    printf("%ld\n", syscall(SYS_keyctl, 0, -3, 0));
    fflush(stdout);
    if (argc > 2)
        pause();
    return 0;
}
