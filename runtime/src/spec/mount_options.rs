// SPDX-License-Identifier: Apache-2.0
//! The mount options of the specification, as one table.

use super::text::Text;

/// `MOUNT_ATTR_*` of mount_setattr(2).
mod attr {
    pub(super) const RDONLY: u64 = 0x01;
    pub(super) const NOSUID: u64 = 0x02;
    pub(super) const NODEV: u64 = 0x04;
    pub(super) const NOEXEC: u64 = 0x08;
    /// The three ways to keep access times; one of them holds.
    pub(super) const ATIME: u64 = 0x70;
    pub(super) const NOATIME: u64 = 0x10;
    pub(super) const STRICTATIME: u64 = 0x20;
    pub(super) const NODIRATIME: u64 = 0x80;
    pub(super) const NOSYMFOLLOW: u64 = 0x20_0000;
}

/// `MS_REC`, which with a propagation means the whole tree.
pub const MS_REC: u64 = 0x4000;
/// `MS_UNBINDABLE`.
pub const MS_UNBINDABLE: u64 = 1 << 17;
/// `MS_PRIVATE`.
pub const MS_PRIVATE: u64 = 1 << 18;
/// `MS_SLAVE`.
pub const MS_SLAVE: u64 = 1 << 19;
/// `MS_SHARED`.
pub const MS_SHARED: u64 = 1 << 20;

/// What one option does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes attributes of the mount: (set, clear).
    Attr(u64, u64),
    /// Changes attributes of the whole tree: (set, clear).
    Recursive(u64, u64),
    /// A flag of the file system itself, by the name that fsconfig(2) knows.
    Super(&'static str),
    /// Takes such a flag away.
    NoSuper(&'static str),
    /// `MS_*` propagation bits.
    Propagation(u64),
    /// A bind mount of one mount.
    Bind,
    /// A bind mount of a tree.
    Rbind,
    /// Changes the mount that is there.
    Remount,
    /// Copies what a tmpfs would hide into it.
    CopyUp,
    /// Maps ids of the mount.
    Idmap,
    /// Maps ids of the tree.
    Ridmap,
    /// A link as source is mounted itself.
    SourceNoFollow,
    /// A link as target is refused.
    TargetNoFollow,
    /// A link as source is made again at the target.
    CopySymlink,
    /// Changes nothing.
    Nothing,
}

use Effect::{
    Attr, Bind, CopySymlink, CopyUp, Idmap, NoSuper, Nothing, Propagation, Rbind, Recursive, Remount, Ridmap,
    SourceNoFollow, Super, TargetNoFollow,
};

/// Every option that is no data of the file system. Sorted: it is searched, and `features` prints it.
pub const OPTIONS: &[(&str, Effect)] = &[
    ("async", NoSuper("sync")),
    ("atime", Attr(0, attr::ATIME)),
    ("bind", Bind),
    ("copy-symlink", CopySymlink),
    ("defaults", Nothing),
    ("dest-nofollow", TargetNoFollow),
    ("dev", Attr(0, attr::NODEV)),
    ("diratime", Attr(0, attr::NODIRATIME)),
    ("dirsync", Super("dirsync")),
    ("exec", Attr(0, attr::NOEXEC)),
    ("idmap", Idmap),
    ("iversion", Super("iversion")),
    ("lazytime", Super("lazytime")),
    ("loud", Nothing),
    ("mand", Super("mand")),
    ("noatime", Attr(attr::NOATIME, attr::ATIME)),
    ("nodev", Attr(attr::NODEV, 0)),
    ("nodiratime", Attr(attr::NODIRATIME, 0)),
    ("noexec", Attr(attr::NOEXEC, 0)),
    ("noiversion", NoSuper("iversion")),
    ("nolazytime", NoSuper("lazytime")),
    ("nomand", NoSuper("mand")),
    ("norelatime", Attr(attr::STRICTATIME, attr::ATIME)),
    ("nostrictatime", Attr(0, attr::ATIME)),
    ("nosuid", Attr(attr::NOSUID, 0)),
    ("nosymfollow", Attr(attr::NOSYMFOLLOW, 0)),
    ("private", Propagation(MS_PRIVATE)),
    ("ratime", Recursive(0, attr::ATIME)),
    ("rbind", Rbind),
    ("rdev", Recursive(0, attr::NODEV)),
    ("rdiratime", Recursive(0, attr::NODIRATIME)),
    ("relatime", Attr(0, attr::ATIME)),
    ("remount", Remount),
    ("rexec", Recursive(0, attr::NOEXEC)),
    ("ridmap", Ridmap),
    ("rnoatime", Recursive(attr::NOATIME, attr::ATIME)),
    ("rnodev", Recursive(attr::NODEV, 0)),
    ("rnodiratime", Recursive(attr::NODIRATIME, 0)),
    ("rnoexec", Recursive(attr::NOEXEC, 0)),
    ("rnorelatime", Recursive(attr::STRICTATIME, attr::ATIME)),
    ("rnostrictatime", Recursive(0, attr::ATIME)),
    ("rnosuid", Recursive(attr::NOSUID, 0)),
    ("rnosymfollow", Recursive(attr::NOSYMFOLLOW, 0)),
    ("ro", Attr(attr::RDONLY, 0)),
    ("rprivate", Propagation(MS_PRIVATE | MS_REC)),
    ("rrelatime", Recursive(0, attr::ATIME)),
    ("rro", Recursive(attr::RDONLY, 0)),
    ("rrw", Recursive(0, attr::RDONLY)),
    ("rshared", Propagation(MS_SHARED | MS_REC)),
    ("rslave", Propagation(MS_SLAVE | MS_REC)),
    ("rstrictatime", Recursive(attr::STRICTATIME, attr::ATIME)),
    ("rsuid", Recursive(0, attr::NOSUID)),
    ("rsymfollow", Recursive(0, attr::NOSYMFOLLOW)),
    ("runbindable", Propagation(MS_UNBINDABLE | MS_REC)),
    ("rw", Attr(0, attr::RDONLY)),
    ("shared", Propagation(MS_SHARED)),
    ("silent", Nothing),
    ("slave", Propagation(MS_SLAVE)),
    ("src-nofollow", SourceNoFollow),
    ("strictatime", Attr(attr::STRICTATIME, attr::ATIME)),
    ("suid", Attr(0, attr::NOSUID)),
    ("symfollow", Attr(0, attr::NOSYMFOLLOW)),
    ("sync", Super("sync")),
    ("tmpcopyup", CopyUp),
    ("unbindable", Propagation(MS_UNBINDABLE)),
];

/// The options of one mount, sorted out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MountOptions<'s> {
    /// `MOUNT_ATTR_*` to set.
    pub set: u64,
    /// `MOUNT_ATTR_*` to clear.
    pub clear: u64,
    /// The same for the whole tree.
    pub recursive_set: u64,
    /// The same for the whole tree.
    pub recursive_clear: u64,
    /// Flags of the file system.
    pub super_flags: Vec<&'static str>,
    /// `MS_*` propagation bits, each applied in turn.
    pub propagation: Vec<u64>,
    /// `bind` (false) or `rbind` (true).
    pub bind: Option<bool>,
    /// Change what is mounted there.
    pub remount: bool,
    /// `tmpcopyup`.
    pub copy_up: bool,
    /// `idmap` (false) or `ridmap` (true).
    pub idmap: Option<bool>,
    /// `src-nofollow`.
    pub source_nofollow: bool,
    /// `dest-nofollow`.
    pub target_nofollow: bool,
    /// `copy-symlink`.
    pub copy_symlink: bool,
    /// What the file system itself is told.
    pub data: Vec<&'s str>,
}

impl MountOptions<'_> {
    /// Whether the mount is read-only.
    #[must_use]
    pub fn read_only(&self) -> bool {
        self.set & attr::RDONLY != 0
    }
}

fn apply(set: &mut u64, clear: &mut u64, effect: (u64, u64)) {
    // Later options win: what this one clears is no longer set, and the other way round.
    *set = *set & !effect.1 | effect.0;
    *clear = *clear & !effect.0 | effect.1;
    if effect.1 & attr::ATIME != 0 {
        // The kernel wants the whole group cleared when one of it is set.
        *clear |= attr::ATIME;
    }
}

/// Sorts out the options of one mount; later ones win over earlier ones.
#[must_use]
pub fn parse<'s>(options: &'s [Text<'_>]) -> MountOptions<'s> {
    let mut parsed = MountOptions::default();
    for option in options {
        let Ok(index) = OPTIONS.binary_search_by(|(name, _)| (*name).cmp(option)) else {
            parsed.data.push(option);
            continue;
        };
        match OPTIONS[index].1 {
            Attr(set, clear) => apply(&mut parsed.set, &mut parsed.clear, (set, clear)),
            Recursive(set, clear) => {
                apply(&mut parsed.recursive_set, &mut parsed.recursive_clear, (set, clear));
            }
            Super(name) => parsed.super_flags.push(name),
            NoSuper(name) => parsed.super_flags.retain(|flag| *flag != name),
            Propagation(bits) => parsed.propagation.push(bits),
            Bind => parsed.bind = parsed.bind.or(Some(false)),
            Rbind => parsed.bind = Some(true),
            Remount => parsed.remount = true,
            CopyUp => parsed.copy_up = true,
            Idmap => parsed.idmap = Some(false),
            Ridmap => parsed.idmap = Some(true),
            SourceNoFollow => parsed.source_nofollow = true,
            TargetNoFollow => parsed.target_nofollow = true,
            CopySymlink => parsed.copy_symlink = true,
            Nothing => {}
        }
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(options: &'a [Text<'a>]) -> MountOptions<'a> {
        parse(options)
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(OPTIONS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn later_options_win() {
        assert!(!of(&["ro".into(), "rw".into()]).read_only());
        assert!(of(&["rw".into(), "ro".into()]).read_only());
        let options = ["noatime".into(), "strictatime".into()];
        assert_eq!((of(&options).set, of(&options).clear), (attr::STRICTATIME, attr::ATIME));
        assert_eq!(of(&["sync".into(), "async".into()]).super_flags, [""; 0]);
    }

    #[test]
    fn what_is_unknown_is_data() {
        let options = ["nosuid".into(), "mode=755".into(), "size=64k".into()];
        assert_eq!(of(&options).data, ["mode=755", "size=64k"]);
        assert_eq!(of(&options).set, attr::NOSUID);
    }
}
