// SPDX-License-Identifier: Apache-2.0
//! Users and groups as a system's own files name them. Pure; whoever works inside has written these files, so every
//! line may be anything.

use crate::error::{Error, Exit, Result};

/// A user of a system, as a process becomes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name, if the number has one.
    pub name: Option<String>,
    /// The number.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// More groups.
    pub groups: Vec<u32>,
    /// The home directory.
    pub home: String,
}

impl User {
    /// Root, who needs no line in a file.
    #[must_use]
    pub fn root() -> User {
        let (name, home) = (Some("root".to_owned()), "/root".to_owned());
        User { name, uid: 0, gid: 0, groups: Vec::new(), home }
    }
}

/// A line of /etc/passwd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'p> {
    /// The name.
    pub name: &'p str,
    /// The number.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The home directory.
    pub home: &'p str,
}

/// The lines of /etc/passwd that are ones.
pub fn entries(passwd: &str) -> impl Iterator<Item = Entry<'_>> {
    passwd.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, ..] = fields[..] else { return None };
        let entry = Entry { name, uid: uid.parse().ok()?, gid: gid.parse().ok()?, home };
        (!name.is_empty() && !name.contains('\0') && !home.contains('\0')).then_some(entry)
    })
}

/// The groups of /etc/group: name, number, members.
fn groups(group: &str) -> impl Iterator<Item = (&str, u32, &str)> {
    group.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, gid, members, ..] = fields[..] else { return None };
        Some((name, gid.parse().ok()?, members))
    })
}

/// Who `USER[:GROUP]` is. A number need not be in the files; a name must.
///
/// # Errors
/// `Value` for a name that is not there.
pub fn find(wish: &str, passwd: &str, group: &str) -> Result<User> {
    let (user, wished_group) = match wish.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (wish, None),
    };
    let absent = |what: &str, name: &str, file: &str| {
        Error::new(Exit::Value, format!("no {what} {name:?} in the system's {file}"))
            .hint("a number needs no entry there")
    };
    let number = user.parse::<u32>().ok();
    let entry = entries(passwd).find(|entry| entry.name == user || number == Some(entry.uid));
    let mut found = match (entry, number) {
        (Some(entry), _) => User {
            name: Some(entry.name.to_owned()),
            uid: entry.uid,
            gid: entry.gid,
            groups: Vec::new(),
            home: if entry.home.starts_with('/') { entry.home.to_owned() } else { "/".to_owned() },
        },
        (None, Some(uid)) => User { name: None, uid, gid: 0, groups: Vec::new(), home: "/".to_owned() },
        (None, None) => return Err(absent("user", user, "/etc/passwd")),
    };
    match wished_group {
        Some(name) => {
            let by_name = groups(group).find(|(known, ..)| *known == name).map(|(_, gid, _)| gid);
            let gid = by_name.or_else(|| name.parse().ok());
            found.gid = gid.ok_or_else(|| absent("group", name, "/etc/group"))?;
        }
        None => {
            let is_member =
                |members: &str| members.split(',').any(|member| Some(member) == found.name.as_deref());
            let mine = groups(group).filter(|(_, gid, members)| *gid != found.gid && is_member(members));
            found.groups = mine.map(|(_, gid, _)| gid).collect();
        }
    }
    Ok(found)
}

/// The first field of a line.
fn name_of(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == b':').next().unwrap_or_default()
}

/// The lines of a file, whatever bytes they hold: what is not understood is kept as it is.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    if text.is_empty() { Vec::new() } else { text.split(|byte| *byte == b'\n').collect() }
}

fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect()
}

/// Whether /etc/passwd has a user.
#[must_use]
pub fn has_user(passwd: &[u8], user: &str) -> bool {
    lines(passwd).into_iter().any(|line| name_of(line) == user.as_bytes())
}

/// The file with this line for a name, in the place of the first one that is there, and of none besides.
#[must_use]
pub fn with_line(text: &[u8], name: &str, line: &str) -> Vec<u8> {
    let mut is_there = false;
    let mut all = Vec::new();
    for old in lines(text) {
        if name_of(old) != name.as_bytes() {
            all.push(old.to_vec());
        } else if !is_there {
            is_there = true;
            all.push(line.as_bytes().to_vec());
        }
    }
    if !is_there {
        all.push(line.as_bytes().to_vec());
    }
    joined(&all)
}

/// /etc/shadow with this hash for a user, as changed on this day; other fields of the line stay.
#[must_use]
pub fn with_password(shadow: &[u8], user: &str, hash: &str, day: u64) -> Vec<u8> {
    let old = lines(shadow).into_iter().find(|line| name_of(line) == user.as_bytes()).unwrap_or_default();
    let old = String::from_utf8_lossy(old).into_owned();
    let mut fields: Vec<&str> = old.split(':').skip(3).collect();
    if fields.len() < 6 {
        fields = vec!["0", "99999", "7", "", "", ""];
    }
    with_line(shadow, user, &format!("{user}:{hash}:{day}:{}", fields.join(":")))
}

/// /etc/passwd whose line for a user says that the password is in /etc/shadow; nothing when it says so already.
#[must_use]
pub fn referring_to_shadow(passwd: &[u8], user: &str) -> Option<Vec<u8>> {
    let mut is_changed = false;
    let mut all = Vec::new();
    for line in lines(passwd) {
        let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        if name_of(line) == user.as_bytes() && fields.get(1).is_some_and(|field| *field != b"x") {
            fields[1] = b"x";
            is_changed = true;
        }
        all.push(fields.join(&b':'));
    }
    is_changed.then(|| joined(&all))
}

/// Whether a user may have this name: it becomes a line of files and a folder.
///
/// # Errors
/// `Value`, with the rule.
pub fn check_name(name: &str) -> Result<()> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    if begins_well && name.len() <= 32 && name.chars().all(is_plain) {
        return Ok(());
    }
    Err(Error::new(Exit::Value, format!("{name:?} is no name for a user"))
        .hint("small letters, digits, - and _, at most 32, a letter first"))
}

/// A number that neither a user nor a group has.
#[must_use]
pub fn free_id(passwd: &[u8], group: &[u8]) -> Option<u32> {
    let third = |line: &[u8]| {
        let field = line.split(|byte| *byte == b':').nth(2)?;
        std::str::from_utf8(field).ok()?.parse::<u32>().ok()
    };
    let taken: std::collections::HashSet<u32> =
        lines(passwd).into_iter().chain(lines(group)).filter_map(third).collect();
    (1000..60_000).find(|id| !taken.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nbroken\n:x:5:5::/:\nann:x:1000:1001:Ann:/srv/ann:/bin/sh\n\
                          far:x:99999999999:1:::\nbob:x:7:7::relative:/bin/sh\n";
    const GROUP: &str = "root:x:0:\nadm:x:4:ann,bob\nannie:x:1001:ann\nweb:x:33:bob\nbad:x:y:ann\n";

    // VZ-42
    #[test]
    fn a_password_is_put_into_its_line_alone() {
        let shadow = b"root:*:19000:0:99999:7:::\nann\xff:x\nbob:!:1:2:3:4:5:6:7\n";
        let new = with_password(shadow, "bob", "$6$H", 20_000);
        assert_eq!(new, b"root:*:19000:0:99999:7:::\nann\xff:x\nbob:$6$H:20000:2:3:4:5:6:7\n");
        let new = with_password(b"", "eve", "!", 5);
        assert_eq!(new, b"eve:!:5:0:99999:7:::\n");
        // One line that remains, however many there were.
        let twice = with_password(b"a:1:1:0:9:7:::\nb:\na:2:\n", "a", "h", 3);
        assert_eq!(twice, b"a:h:3:0:9:7:::\nb:\n");
        assert_eq!(referring_to_shadow(b"root:x:0:0", "root"), None);
        assert_eq!(referring_to_shadow(b"a:b:c\nroot::0:0\n", "root"), Some(b"a:b:c\nroot:x:0:0\n".to_vec()));
        assert_eq!(free_id(b"a:x:1000:5\n", b"b:x:1001:\n"), Some(1002));
        assert!(has_user(b"a:x\nbo:x", "bo") && !has_user(b"ab:x\n", "b"));
        for wrong in ["", "-a", "a:b", "A", "a/b", "1a", "a\nb"] {
            assert!(check_name(wrong).is_err(), "{wrong:?}");
        }
    }

    // VZ-10
    #[test]
    fn users_are_found_by_name_and_by_number() {
        let ann = find("ann", PASSWD, GROUP).unwrap();
        assert_eq!((ann.uid, ann.gid, ann.groups, ann.home.as_str()), (1000, 1001, vec![4], "/srv/ann"));
        assert_eq!(find("1000", PASSWD, GROUP).unwrap().name.as_deref(), Some("ann"));
        let web = find("ann:web", PASSWD, GROUP).unwrap();
        assert_eq!((web.gid, web.groups), (33, vec![]));
        let stranger = find("4711:12", PASSWD, GROUP).unwrap();
        assert_eq!(
            (stranger.name, stranger.uid, stranger.gid, stranger.home),
            (None, 4711, 12, "/".to_owned())
        );
        assert_eq!(find("bob", PASSWD, GROUP).unwrap().home, "/");
        for wrong in ["", "eve", "far", "broken", "ann:nogroup", "-1", "ann:", "99999999999"] {
            assert_eq!(find(wrong, PASSWD, GROUP).unwrap_err().exit(), Exit::Value, "{wrong:?}");
        }
    }
}
