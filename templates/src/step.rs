// SPDX-License-Identifier: Apache-2.0
//! Steps: what a recipe does to the files of its source, one after the other. Here they are read and checked; the
//! manager carries them out.

use crate::{Context, Error, Result, listing};
use runtime_sys::fs::{self, CWD, Links, OpenFlags};
use runtime_sys::{AsFd, AsRawFd, OwnedFd};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// One step: a table of `[[steps]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Table")]
pub enum Step {
    /// A program with its arguments, run in the container.
    Run(Vec<String>),
    /// A file beside the recipe, run in the container, with its arguments.
    Script(PathBuf, Vec<String>),
    /// A file or a folder beside the recipe, put into the root.
    Copy(Copy),
    /// Variables for the steps that follow, and for the systems made from the template.
    Env(Vec<(String, String)>),
}

/// What `copy` says.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The file or folder.
    pub from: PathBuf,
    /// The place in the root, absolute; with a slash at its end it is a folder that the file goes into.
    pub to: String,
    /// Numbers of the owner and of the group.
    pub owner: (u32, u32),
    /// Permission bits of the files; those of the source when absent.
    pub mode: Option<u32>,
}

/// The command of `run`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "a line for /bin/sh, or a list of words")]
enum Words {
    Line(String),
    List(Vec<String>),
}

/// A step as the file has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    run: Option<Words>,
    script: Option<PathBuf>,
    args: Option<Vec<String>>,
    copy: Option<PathBuf>,
    to: Option<String>,
    owner: Option<String>,
    mode: Option<String>,
    env: Option<BTreeMap<String, String>>,
}

impl TryFrom<Table> for Step {
    type Error = String;

    fn try_from(table: Table) -> std::result::Result<Step, String> {
        let kinds = [table.run.is_some(), table.script.is_some(), table.copy.is_some(), table.env.is_some()];
        if kinds.iter().filter(|is_there| **is_there).count() != 1 {
            return Err("a step has one of the keys run, script, copy and env".to_owned());
        }
        let others = [
            ("args", "script", table.args.is_some() && table.script.is_none()),
            ("to", "copy", table.to.is_some() && table.copy.is_none()),
            ("owner", "copy", table.owner.is_some() && table.copy.is_none()),
            ("mode", "copy", table.mode.is_some() && table.copy.is_none()),
        ];
        if let Some((key, with, _)) = others.iter().find(|(.., is_wrong)| *is_wrong) {
            return Err(format!("`{key}` goes with `{with}` alone"));
        }
        match table {
            Table { run: Some(words), .. } => command(words).map(Step::Run),
            Table { script: Some(path), args, .. } => Ok(Step::Script(path, args.unwrap_or_default())),
            Table { env: Some(env), .. } => variables(env).map(Step::Env),
            Table { copy: Some(from), to, owner, mode, .. } => {
                copy(from, to, owner.as_deref(), mode.as_deref()).map(Step::Copy)
            }
            _ => Err("an empty step".to_owned()),
        }
    }
}

fn command(words: Words) -> std::result::Result<Vec<String>, String> {
    let list = match words {
        Words::Line(line) => ["/bin/sh", "-ec", &line].map(str::to_owned).to_vec(),
        Words::List(list) => list,
    };
    if list.first().is_none_or(String::is_empty) || list.iter().any(|word| word.contains('\0')) {
        return Err("`run`: expected a program, and no zero in its words".to_owned());
    }
    Ok(list)
}

fn variables(env: BTreeMap<String, String>) -> std::result::Result<Vec<(String, String)>, String> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(['=', '\0']);
    if let Some((name, _)) = env.iter().find(|(name, value)| !is_name(name) || value.contains('\0')) {
        return Err(format!("`env`: {name:?} cannot be a variable: expected a name without = and no zeros"));
    }
    Ok(env.into_iter().collect())
}

fn copy(
    from: PathBuf,
    to: Option<String>,
    owner: Option<&str>,
    mode: Option<&str>,
) -> std::result::Result<Copy, String> {
    let to = to.ok_or("`copy` needs `to`, the place in the root")?;
    if !to.starts_with('/') || to.contains('\0') || to.split('/').any(|part| part == "..") {
        return Err(format!("`to`: {to:?}: expected an absolute path without .."));
    }
    let owner = match owner.map(|text| text.split_once(':').unwrap_or((text, text))) {
        None => (0, 0),
        Some((uid, gid)) => {
            let id = |text: &str| text.parse::<u32>().ok().filter(|id| *id < 65_536);
            let wrong = || format!("`owner`: \"{uid}:{gid}\": expected UID:GID, numbers below 65536");
            (id(uid).ok_or_else(wrong)?, id(gid).ok_or_else(wrong)?)
        }
    };
    let bits = |text: &str| {
        let bits = u32::from_str_radix(text, 8).ok().filter(|bits| *bits <= 0o7777);
        bits.ok_or_else(|| format!("`mode`: {text:?}: expected octal digits such as \"0644\""))
    };
    Ok(Copy { from, to, owner, mode: mode.map(bits).transpose()? })
}

impl Step {
    /// The step in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Step::Run(words) if words.len() == 3 && words[..2] == ["/bin/sh", "-ec"] => {
                let line = words[2].lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
                format!("run {line}")
            }
            Step::Run(words) => format!("run {}", words.join(" ")),
            Step::Script(path, args) => {
                format!("script {} {}", path.display(), args.join(" ")).trim_end().to_owned()
            }
            Step::Copy(copy) => format!("copy {} to {}", copy.from.display(), copy.to),
            Step::Env(pairs) => {
                let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
                format!("env {}", names.join(" "))
            }
        }
    }

    /// The file of the host that it needs.
    fn file(&self) -> Option<&Path> {
        match self {
            Step::Script(path, _) => Some(path),
            Step::Copy(copy) => Some(&copy.from),
            _ => None,
        }
    }

    /// Checks the file of the host that it needs, if it needs one.
    ///
    /// # Errors
    /// One that is not there, that no recipe may name, or that cannot be what the step takes it for.
    pub fn check(&self, folder: &Path) -> Result<()> {
        self.source_digest(folder).map(drop)
    }

    /// What its file holds, as a digest; checks that the file may be used.
    ///
    /// # Errors
    /// As [`open_source`]; a script without a first line that names its interpreter.
    pub(crate) fn source_digest(&self, folder: &Path) -> Result<Option<String>> {
        let Some(path) = self.file() else { return Ok(None) };
        let opened = open_source(folder, path)?;
        let what = || path.display().to_string();
        if fs::is_directory(&fs::fstat(opened.as_fd())?) {
            if matches!(self, Step::Script(..)) {
                return Err(Error::invalid(format!("{}: a script is a file", what())));
            }
            return listing::of(opened.as_fd()).map(|listing| Some(listing.digest)).context(what);
        }
        let mut stream = crate::archive::Hashed::new(read_again(&opened).context(what)?);
        let mut start = [0; 2];
        let count = stream.read(&mut start).context(what)?;
        if matches!(self, Step::Script(..)) && &start[..count] != b"#!" {
            return Err(Error::invalid(format!("{}: a script begins with #! and its interpreter", what())));
        }
        std::io::copy(&mut stream, &mut std::io::sink()).context(what)?;
        let mode = fs::fstat(opened.as_fd())?.st_mode & 0o777;
        Ok(Some(format!("{} {mode:o}", stream.digest())))
    }
}

/// Opens what an [`open_source`] found, to be read.
///
/// # Errors
/// What the file system answers.
pub fn read_again(found: &OwnedFd) -> Result<std::fs::File> {
    let path = format!("/proc/self/fd/{}", found.as_raw_fd());
    std::fs::File::open(&path).context(|| "open")
}

/// Finds a file or folder that a recipe names: below the recipe's folder, without a link on the way, since a recipe
/// may come from somebody else; or by an absolute path, if it is the caller's own.
///
/// # Errors
/// `Invalid` for a path that leads out of the folder, or that belongs to somebody else.
pub fn open_source(folder: &Path, path: &Path) -> Result<OwnedFd> {
    let what = || path.display().to_string();
    let c_path = |path: &Path| {
        CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::invalid("a zero in a path"))
    };
    let found = if path.is_absolute() {
        let found = fs::open(CWD, &c_path(path)?, OpenFlags::PATH, 0).context(what)?;
        let owner = fs::fstat(found.as_fd())?.st_uid;
        let own =
            std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").context(|| "/proc/self")?);
        if owner != own {
            let text = format!(
                "{}: it belongs to the user {owner}: an absolute path names a file of your own",
                what()
            );
            return Err(Error::invalid(text));
        }
        found
    } else {
        if path.components().any(|part| part == std::path::Component::ParentDir) {
            let text =
                format!("{}: it leads out of the recipe's folder: put the file beside the recipe", what());
            return Err(Error::invalid(text));
        }
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let root = fs::open(CWD, &c_path(folder)?, OpenFlags::PATH | OpenFlags::DIRECTORY, 0);
        let root = root.context(|| folder.display().to_string())?;
        let opened = fs::open_in_root(root.as_fd(), &c_path(path)?, OpenFlags::PATH, Links::None);
        opened.context(|| format!("{} in {}", path.display(), folder.display()))?
    };
    let stat = fs::fstat(found.as_fd())?;
    if !fs::is_directory(&stat) && !fs::is_regular(&stat) {
        return Err(Error::invalid(format!("{}: neither a file nor a folder", what())));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str) -> std::result::Result<Step, String> {
        toml::from_str::<Step>(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_step_is_one_thing() {
        assert!(matches!(step("run = \"echo\""), Ok(Step::Run(words)) if words[2] == "echo"));
        assert!(matches!(step("run = [\"/bin/ls\"]"), Ok(Step::Run(words)) if words == ["/bin/ls"]));
        let words = |text: &str| step(text).unwrap().words();
        assert_eq!(words("run = \"\\n echo a\\necho b\""), "run echo a");
        assert_eq!(words("run = [\"/bin/sh\", \"-ec\"]"), "run /bin/sh -ec");
        assert!(step("").unwrap_err().contains("one of the keys"));
        assert!(step("run = \"a\"\ncopy = \"b\"").unwrap_err().contains("one of the keys"));
        assert!(step("run = \"a\"\nto = \"/b\"").unwrap_err().contains("`to` goes with `copy`"));
        assert!(step("run = 1").unwrap_err().contains("a list of words"));
        assert!(step("run = []").unwrap_err().contains("expected a program"));
        assert!(step("env = { \"A=B\" = \"c\" }").unwrap_err().contains("A=B"));
    }

    #[test]
    fn a_copy_goes_to_a_place_in_the_root() {
        let text = |more: &str| format!("copy = \"a\"\n{more}");
        let Ok(Step::Copy(copy)) = step(&text("to = \"/b\"\nowner = \"33:34\"\nmode = \"4755\"")) else {
            panic!("it is a copy");
        };
        assert_eq!((copy.owner, copy.mode), ((33, 34), Some(0o4755)));
        for (wrong, says) in [
            ("", "`copy` needs `to`"),
            ("to = \"b\"", "an absolute path"),
            ("to = \"/b/../../c\"", "without .."),
            ("to = \"/b\"\nowner = \"www-data\"", "UID:GID"),
            ("to = \"/b\"\nowner = \"70000\"", "below 65536"),
            ("to = \"/b\"\nmode = \"rw\"", "octal"),
        ] {
            let said = step(&text(wrong)).unwrap_err();
            assert!(said.contains(says), "{wrong}: {said}");
        }
    }

    #[test]
    fn a_source_lies_below_the_recipe_s_folder() {
        let folder = std::env::temp_dir().join(format!("ctctl-steps-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("in")).unwrap();
        std::fs::write(folder.join("in/file"), "x").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", folder.join("out")).unwrap();
        std::os::unix::fs::symlink("/etc", folder.join("folder")).unwrap();
        let open =
            |path: &str| open_source(&folder, Path::new(path)).map(drop).map_err(|error| error.to_string());
        assert_eq!(open("in/file"), Ok(()));
        assert_eq!(open("in"), Ok(()));
        for wrong in ["out", "folder/passwd", "none"] {
            assert!(open(wrong).is_err(), "{wrong}");
        }
        assert!(open("../x").unwrap_err().contains("leads out of the recipe's folder"));
        assert!(open("/dev/null").unwrap_err().contains("neither a file nor a folder"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
