// SPDX-License-Identifier: Apache-2.0
// Ends with 0 when the number of the session's key ring can be asked for.
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    const int get_keyring_id = 0, session = -3;
    return syscall(SYS_keyctl, get_keyring_id, session, 0) < 0;
}
