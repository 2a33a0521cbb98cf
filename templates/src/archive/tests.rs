// SPDX-License-Identifier: Apache-2.0
//! Archives that are what they say, and archives that are not (SEC-62).

use super::{Layer, Options, unpack};
use crate::Result;
use runtime_sys::{AsFd, credentials};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;
use tar::{EntryType, Header};

/// A place with a root to unpack into, and files beside it that nobody may touch.
struct Place {
    folder: PathBuf,
}

impl Place {
    fn new(name: &str) -> Place {
        let folder = std::env::temp_dir().join(format!("ctctl-archive-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("root")).unwrap();
        fs::create_dir(folder.join("victim")).unwrap();
        fs::write(folder.join("victim/file"), "victim").unwrap();
        fs::set_permissions(folder.join("victim/file"), fs::Permissions::from_mode(0o640)).unwrap();
        Place { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }

    fn victim(&self) -> String {
        self.folder.join("victim").to_str().unwrap().to_owned()
    }

    fn unpack(&self, archive: &[u8], options: &Options) -> Result<Layer> {
        let unpacked = unpack(archive, File::open(self.root()).unwrap().as_fd(), options);
        let data = fs::metadata(self.folder.join("victim/file")).unwrap();
        assert_eq!((data.mode() & 0o7777, data.nlink(), data.len()), (0o640, 1, 6), "the victim was touched");
        assert_eq!(fs::read_dir(self.folder.join("victim")).unwrap().count(), 1);
        assert_eq!(fs::read_dir(&self.folder).unwrap().count(), 2);
        unpacked
    }

    /// Every file below the root, as one line.
    fn list(&self) -> String {
        let format = "%P %y %m %U %G %s %T@ %n [%l]\\n";
        let found = Command::new("find").arg(self.root()).args(["-printf", format]).output().unwrap();
        let mut lines: Vec<_> = std::str::from_utf8(&found.stdout).unwrap().lines().collect();
        lines.sort_unstable();
        lines.join("\n")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let parent = File::open(self.folder.parent().unwrap()).unwrap();
        let name = std::ffi::CString::new(self.folder.file_name().unwrap().as_encoded_bytes()).unwrap();
        runtime_sys::tree::remove(parent.as_fd(), &name).unwrap();
    }
}

/// An archive in the making.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn header(kind: EntryType, path: &str, size: u64) -> Header {
        let mut header = Header::new_ustar();
        let field = &mut header.as_ustar_mut().unwrap().name;
        field[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_uid(credentials::user().into());
        header.set_gid(credentials::effective_group().into());
        header.set_mtime(1_000_000_000);
        header.set_size(size);
        header
    }

    fn put(mut self, mut header: Header, data: &[u8]) -> Tar {
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(data);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, path: &str, data: &str) -> Tar {
        self.put(Tar::header(EntryType::Regular, path, data.len() as u64), data.as_bytes())
    }

    fn folder(self, path: &str) -> Tar {
        self.put(Tar::header(EntryType::Directory, path, 0), b"")
    }

    fn link(self, kind: EntryType, path: &str, target: &str) -> Tar {
        let mut header = Tar::header(kind, path, 0);
        header.as_ustar_mut().unwrap().linkname[..target.len()].copy_from_slice(target.as_bytes());
        self.put(header, b"")
    }

    fn symlink(self, path: &str, target: &str) -> Tar {
        self.link(EntryType::Symlink, path, target)
    }

    fn hard_link(self, path: &str, target: &str) -> Tar {
        self.link(EntryType::Link, path, target)
    }

    fn pax(self, records: &[(&str, &[u8])]) -> Tar {
        let mut data = Vec::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut length = rest + 1;
            while length != rest + length.to_string().len() {
                length = rest + length.to_string().len();
            }
            write!(data, "{length} {key}=").unwrap();
            data.extend_from_slice(value);
            data.push(b'\n');
        }
        self.put(Tar::header(EntryType::XHeader, "pax", data.len() as u64), &data)
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }
}

fn limits() -> Options {
    Options { entries: 1000, bytes: 1 << 20, file: 1 << 40, whiteouts: true, without_dev: true }
}

// SEC-62: each of these is refused, and nothing outside is touched.
#[test]
fn what_leads_out_is_refused() {
    let place = Place::new("refused");
    let victim = place.victim();
    let deep = "d/".repeat(49);
    let cases: Vec<(&str, Tar, &str)> = vec![
        ("dots", Tar::default().file("../victim/x", "x"), "leads out"),
        ("dots within", Tar::default().file("a/../../victim/x", "x"), "leads out"),
        ("a hard link by dots", Tar::default().hard_link("x", "../victim/file"), "leads out"),
        ("a hard link outside", Tar::default().hard_link("x", &format!("{victim}/file")), "no such"),
        (
            "a hard link through a link",
            Tar::default().symlink("l", &victim).hard_link("x", "l/file"),
            "no such",
        ),
        ("through a link", Tar::default().symlink("l", &victim).file("l/x", "x"), "no such"),
        ("through a link with dots", Tar::default().symlink("l", "../victim").file("l/x", "x"), "no such"),
        ("through a file", Tar::default().file("f", "x").file("f/x", "x"), "not a directory"),
        ("through itself", Tar::default().symlink("l", "l").file("l/x", "x"), "symbolic links"),
        ("a hard link to a folder", Tar::default().folder("d").hard_link("x", "d"), "not permitted"),
        ("a hard link to the root", Tar::default().hard_link("x", "./"), "a folder"),
        ("the root as a link", Tar::default().symlink("./", &victim), "without a name"),
        ("a whiteout of dots", Tar::default().file("d/.wh...", ""), "whiteout"),
        ("a whiteout of a dot", Tar::default().file("d/.wh..", ""), "whiteout"),
        ("a whiteout through a link", Tar::default().symlink("l", &victim).file("l/.wh.file", ""), "no such"),
        ("an opaque link", Tar::default().symlink("l", &victim).file("l/.wh..wh..opq", ""), "no such"),
        ("a zero in a name", Tar::default().pax(&[("path", b"a\0b")]).file("x", ""), "zero"),
        (
            "a path too long",
            Tar::default().pax(&[("path", "p/".repeat(4000).as_bytes())]).file("x", ""),
            "path",
        ),
        (
            "a name too long",
            Tar::default().pax(&[("path", "p".repeat(300).as_bytes())]).file("x", ""),
            "long",
        ),
        ("an owner too large", Tar::default().pax(&[("uid", b"4294967295")]).file("x", ""), "uid"),
        ("an owner below zero", Tar::default().pax(&[("uid", b"-1")]).file("x", ""), "uid"),
        (
            "a size that is none",
            Tar::default().pax(&[("size", b"9999999999999999999")]).file("x", ""),
            "bytes",
        ),
        ("a size too large", Tar::default().pax(&[("size", b"1048577")]).file("x", &deep), "in its files"),
        ("an unknown type", Tar::default().put(Tar::header(EntryType::new(b'Z'), "x", 0), b""), "'z'"),
    ];
    for (name, archive, words) in cases {
        let error = place.unpack(&archive.end(), &limits()).expect_err(name).to_string();
        assert!(error.to_lowercase().contains(words), "{name}: {error}");
        fs::remove_dir_all(place.root()).unwrap();
        fs::create_dir(place.root()).unwrap();
    }
}

// SEC-62: these are unpacked, inside.
#[test]
fn what_stays_inside_is_unpacked_there() {
    let place = Place::new("inside");
    let victim = place.victim();
    // A link to nothing is replaced, never written through; so is one to a folder that is there.
    let archive = Tar::default()
        .symlink("file", &format!("{victim}/new"))
        .file("file", "mine")
        .symlink("folder", &victim)
        .folder("folder")
        .file("folder/x", "x")
        .folder("run")
        .symlink("var", "/run/../../run")
        .file("var/pid", "1")
        .file("/absolute", "x")
        .file("a/./b/../c", "x")
        .folder("tree")
        .file("tree/x", "x")
        .symlink("tree", &victim)
        .hard_link("pid", "/var/pid")
        .pax(&[("size", b"1")])
        .hard_link("run/again", "pid")
        .hard_link("pid", "pid")
        .file("dev/null", "x")
        .file(".wh..wh.note", "")
        .end();
    place.unpack(&archive, &limits()).unwrap();
    let root = place.root();
    for (path, text) in
        [("file", "mine"), ("folder/x", "x"), ("run/pid", "1"), ("pid", "1"), ("absolute", "x")]
    {
        assert_eq!(fs::read_to_string(root.join(path)).unwrap(), text, "{path}");
        assert!(root.join(path).symlink_metadata().unwrap().is_file());
    }
    assert!(root.join("a/c").is_file() && root.join("tree").is_symlink());
    assert!(!root.join("dev/null").exists() && !root.join(".wh..wh.note").exists());
    assert_eq!(fs::metadata(root.join("pid")).unwrap().nlink(), 3);
}

// SEC-62
#[test]
fn bombs_end_at_the_limits() {
    let place = Place::new("bombs");
    let mut many = Tar::default();
    for number in 0..1001 {
        many = many.file(&format!("{number}"), "");
    }
    let error = place.unpack(&many.end(), &limits()).unwrap_err().to_string();
    assert!(error.contains("more than 1000 entries"), "{error}");
    // One file after the other, from a stream that would go on.
    let mut data = Tar::default().put(Tar::header(EntryType::Regular, "big", 1 << 33), b"").0;
    data.extend_from_slice(&vec![0; 2 << 20]);
    let packed = zstd::encode_all(data.as_slice(), 1).unwrap();
    let error = place.unpack(&packed, &limits()).unwrap_err().to_string();
    assert!(error.contains("more than 1048576 bytes"), "{error}");
    assert!(!place.list().contains("1048577"));
    // Holes without end.
    let holes = |size: &[u8]| {
        let sparse = [("GNU.sparse.size", size), ("GNU.sparse.map", b"0,0")];
        Tar::default().pax(&sparse).file("sparse", "").end()
    };
    let error = place.unpack(&holes(b"9000000000000000000"), &limits()).unwrap_err().to_string();
    assert!(error.contains("more than one file may have"), "{error}");
    // Headers without end.
    let mut endless = Tar::default();
    for _ in 0..6 {
        endless = endless.pax(&[("comment", &[b'x'; 1 << 20])]);
    }
    assert!(
        place.unpack(&endless.file("x", "").end(), &limits()).unwrap_err().to_string().contains("headers")
    );
    // What follows the end.
    let mut after = Tar::default().file("x", "").end();
    after.extend_from_slice(&vec![1; 1 << 20]);
    place.unpack(&after, &limits()).unwrap();
}

// SEC-62
#[test]
fn what_is_no_archive_says_so() {
    let place = Place::new("none");
    let whole = Tar::default().file("a", &"x".repeat(1000)).file("b", "y").end();
    for (archive, words) in [
        (&b""[..], "empty"),
        (b"plain text\n", "header"),
        (&[b'x'; 600], "no tar header at byte 0"),
        (&whole[..700], "in the middle of a file"),
        (&whole[..1600], "in the middle of a header"),
        (b"\x1f\x8b\x08\x00garbage that is no gzip stream", "archive"),
        (b"\x28\xb5\x2f\xfdgarbage that is no zstd stream", "archive"),
        (b"\xfd7zXZ\0garbage that is no xz stream", "archive"),
        (b"BZh9garbage that is no bzip2 stream", "archive"),
    ] {
        let error = place.unpack(archive, &limits()).expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
    }
    // Cut off behind the last file, without an end, or without what fills its last block: umoci writes that.
    for length in [2560, 2049] {
        place.unpack(&whole[..length], &limits()).unwrap();
        assert_eq!(fs::read_to_string(place.root().join("b")).unwrap(), "y");
    }
}

// What does not fit into a header's field stands before it, and the field may say nothing.
#[test]
fn a_size_before_the_header_goes_before_the_one_in_it() {
    let place = Place::new("sizes");
    for (number, in_header) in [0, 2, 4].into_iter().enumerate() {
        let header = Tar::header(EntryType::Regular, "large", in_header);
        let archive = Tar::default().pax(&[("size", b"4")]).put(header, b"data").file("next", "x").end();
        place.unpack(&archive, &limits()).unwrap();
        assert_eq!(fs::read_to_string(place.root().join("large")).unwrap(), "data", "case {number}");
        assert_eq!(fs::read_to_string(place.root().join("next")).unwrap(), "x");
    }
}

#[test]
fn every_compression_gives_the_same_tree_and_digest() {
    let archive = Tar::default().folder("d").file("d/f", "text").symlink("l", "d/f").end();
    let (one, two) = archive.split_at(512);
    let gzip = |bytes: &[u8]| {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    };
    let xz = |bytes: &[u8]| {
        let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 1);
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    };
    let bzip2 = |bytes: &[u8]| {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    // Two streams one after the other are one: so pigz, pixz, pzstd and lbzip2 write them.
    let skippable = [&b"\x50\x2a\x4d\x18\x04\0\0\0note"[..], &zstd(&archive)].concat();
    let packed = [
        archive.clone(),
        [gzip(one), gzip(two)].concat(),
        [xz(one), xz(two)].concat(),
        [bzip2(one), bzip2(two)].concat(),
        [zstd(one), zstd(two)].concat(),
        skippable,
    ];
    let mut seen = Vec::new();
    for (number, packed) in packed.iter().enumerate() {
        let place = Place::new(&format!("packed-{number}"));
        let layer = place.unpack(packed, &limits()).unwrap();
        // The root itself has no entry: its time is that of the test.
        let list: Vec<_> = place.list().lines().filter(|l| !l.starts_with(' ')).map(str::to_owned).collect();
        seen.push((layer.digest, list));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:#?}");
    assert!(seen[0].0.starts_with("sha256-"));
}

/// Whether the tests may make device nodes.
fn is_root() -> bool {
    credentials::effective_user() == 0
}

// A tree of every kind, packed by GNU tar in its forms, comes out as GNU tar has it.
#[test]
fn gnu_tar_archives_come_out_as_they_went_in() {
    let from = Place::new("from");
    let root = from.root();
    fs::create_dir_all(root.join("etc/deep")).unwrap();
    fs::write(root.join("etc/file"), "text").unwrap();
    fs::hard_link(root.join("etc/file"), root.join("again")).unwrap();
    symlink("/etc/file", root.join("link")).unwrap();
    let long = "n".repeat(200);
    fs::write(root.join(&long), "long").unwrap();
    symlink("t".repeat(300), root.join("far")).unwrap();
    let sparse = File::create(root.join("sparse")).unwrap();
    sparse.set_len(10 << 20).unwrap();
    for at in 0..40_u64 {
        std::os::unix::fs::FileExt::write_all_at(&sparse, b"data", at * 200_000).unwrap();
    }
    fs::set_permissions(root.join("etc/file"), fs::Permissions::from_mode(0o4711)).unwrap();
    fs::set_permissions(root.join("etc/deep"), fs::Permissions::from_mode(0o1777)).unwrap();
    let at = |path: &str| {
        Command::new("touch").args(["-h", "-d", "2001-02-03 04:05:06.789", path]).current_dir(&root).status()
    };
    assert!(at("link").unwrap().success() && at("etc/deep").unwrap().success());
    if is_root() {
        for node in [["null", "c", "1", "3"].as_slice(), &["loop", "b", "7", "0"], &["fifo", "p"]] {
            assert!(Command::new("mknod").args(node).current_dir(&root).status().unwrap().success());
        }
        std::os::unix::fs::lchown(root.join("link"), Some(7), Some(100_000)).unwrap();
    }
    let posix = ["--format=posix", "--sparse", "--xattrs"];
    for (number, options) in [
        ["--format=gnu"].as_slice(),
        &["--format=gnu", "--sparse"],
        &[posix[0], posix[1], posix[2], "--sparse-version=0.0"],
        &[posix[0], posix[1], posix[2], "--sparse-version=0.1"],
        &[posix[0], posix[1], posix[2], "--sparse-version=1.0"],
    ]
    .iter()
    .enumerate()
    {
        let mut tar = Command::new("tar");
        tar.args(["--create", "--file=-", "--directory"]).arg(&root).args(*options).arg(".");
        let packed = tar.output().unwrap();
        assert!(packed.status.success());
        let to = Place::new(&format!("to-{number}"));
        let options = Options { bytes: 100 << 20, ..limits() };
        to.unpack(&packed.stdout, &options).unwrap();
        let (mut expected, mut found) = (from.list(), to.list());
        if number < 2 {
            // This form has whole seconds.
            let whole = |list: &str| {
                list.lines().map(|l| l.split('.').next().unwrap().to_owned()).collect::<Vec<_>>().join("\n")
            };
            (expected, found) = (whole(&expected), whole(&found));
        }
        assert_eq!(found, expected, "form {number}");
        assert_eq!(fs::read(to.root().join("sparse")).unwrap(), fs::read(root.join("sparse")).unwrap());
        if number > 0 {
            let blocks = fs::metadata(to.root().join("sparse")).unwrap().blocks();
            assert!(blocks * 512 < 2 << 20, "the holes are filled: {blocks} blocks");
        }
        if is_root() {
            let kind = fs::symlink_metadata(to.root().join("loop")).unwrap();
            assert!(kind.file_type().is_block_device() && kind.rdev() == 7 << 8);
        }
    }
}

#[test]
fn an_image_s_whiteouts_become_those_of_an_overlay() {
    if !is_root() {
        return;
    }
    let place = Place::new("whiteouts");
    let archive = Tar::default().file("d/.wh.gone", "").file("e/.wh..wh..opq", "").file("e/new", "").end();
    place.unpack(&archive, &limits()).unwrap();
    let gone = fs::symlink_metadata(place.root().join("d/gone")).unwrap();
    assert!(gone.file_type().is_char_device() && gone.rdev() == 0);
    let attribute = attribute(&place, "e", "trusted.overlay.opaque");
    assert_eq!(attribute, "y");
    // Where they mean nothing they are files.
    let plain = Place::new("plain");
    plain.unpack(&archive, &Options { whiteouts: false, ..limits() }).unwrap();
    assert!(plain.root().join("d/.wh.gone").is_file());
}

fn attribute(place: &Place, path: &str, name: &str) -> String {
    let script = "import os,sys; print(os.getxattr(sys.argv[1], sys.argv[2]).hex() if sys.argv[2].startswith('sec') else os.getxattr(sys.argv[1], sys.argv[2]).decode())";
    let path = place.root().join(path);
    let read = Command::new("python3").args(["-c", script]).arg(path).arg(name).output().unwrap();
    String::from_utf8_lossy(&read.stdout).trim().to_owned()
}

// SEC-62: a capability is the file's; what the overlay or the host's labels mean is not.
#[test]
fn attributes_are_kept_but_for_the_overlay_s() {
    if !is_root() {
        return;
    }
    let place = Place::new("attributes");
    let capability = b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let records: [(&str, &[u8]); 4] = [
        ("SCHILY.xattr.security.capability", capability),
        ("SCHILY.xattr.trusted.overlay.redirect", b"/etc"),
        ("SCHILY.xattr.trusted.overlay.opaque", b"y"),
        ("SCHILY.xattr.user.overlay.opaque", b"y"),
    ];
    let archive = Tar::default().pax(&records).file("ping", "x").pax(&records[1..]).folder("d").end();
    place.unpack(&archive, &limits()).unwrap();
    assert_eq!(
        attribute(&place, "ping", "security.capability"),
        "0100000200200000".to_owned() + &"0".repeat(24)
    );
    for (path, name) in [("ping", "redirect"), ("d", "redirect"), ("d", "opaque")] {
        assert_eq!(attribute(&place, path, &format!("trusted.overlay.{name}")), "");
    }
}
