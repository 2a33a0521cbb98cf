# SPDX-License-Identifier: Apache-2.0
"""The two things that the suite asks of libmount's Python binding, which Debian does not have: proc(5), mountinfo."""


class Mount:
    def __init__(self, line):
        before, after = line.split(" - ", 1)
        fields = before.split(" ")
        self.target = fields[4]
        self.vfs_options = fields[5]
        self.fs_options = after.split(" ")[2]


class Table:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.mounts = [Mount(line.rstrip("\n")) for line in file if " - " in line]

    def find_target(self, target):
        return next((mount for mount in reversed(self.mounts) if mount.target == target), None)
