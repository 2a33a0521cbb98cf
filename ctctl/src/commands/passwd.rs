// SPDX-License-Identifier: Apache-2.0
//! `ctctl passwd`.

use crate::container::{edit, passwd};
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::store::{self, Wait};
use runtime_sys::AsFd;
use runtime_sys::rustix::stdio;
use runtime_sys::rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use sha_crypt::{Sha512Params, sha512_crypt_b64};
use std::fs::{self, File};
use std::io::{BufRead, Read, Write};
use std::path::PathBuf;

/// Set a user's password in a system, or let a public key log in
///
/// The password is asked for on a terminal, or is the first line of standard input. It is hashed before it goes
/// anywhere, and the hash goes into the system's own /etc/shadow alone. The system may run or not.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The system: its name, its number, or the beginning of its name
    pub name: String,
    /// The user inside
    #[arg(default_value = "root")]
    pub user: String,
    /// Make the user, with a home directory, if there is none
    #[arg(long)]
    pub create: bool,
    /// What is read is a hash already, as crypt(3) makes them
    #[arg(long)]
    pub crypted: bool,
    /// Let the public keys of this file log in by ssh, and leave the password as it is
    #[arg(long, value_name = "FILE", conflicts_with = "crypted")]
    pub ssh_key: Option<PathBuf>,
}

/// ^C
const INTERRUPT: u8 = 3;

/// The longest password that is taken; hashing takes time with the length.
const LONGEST: usize = 1024;

/// How often the hash is hashed: twenty times crypt(3)'s own number, a tenth of a second.
const ROUNDS: usize = 100_000;

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `Value` for a user who is not there, an empty password, a hash or key that is none.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    need_root()?;
    let name = store::resolve(host, &args.name)?;
    set(args, host, &name).context(|| format!("passwd {name}"))?;
    Ok(0)
}

fn set(args: &Args, host: &Host, name: &str) -> Result<()> {
    // Before the lock: a person may take long to type.
    let change = passwd::Change {
        user: args.user.clone(),
        create: args.create,
        keys: args.ssh_key.as_ref().map(keys).transpose()?.unwrap_or_default(),
        hash: if args.ssh_key.is_none() { Some(hash(args)?) } else { None },
    };
    let _lock = store::lock(host, name, Wait::Yes)?;
    let config = store::read(host, name)?;
    let root = edit::root(host, &config)?;
    edit::as_its_root(&config, || passwd::change(root.as_fd(), &config, &change))
}

fn hash(args: &Args) -> Result<String> {
    let wrong = |why: &str| Error::new(Exit::Value, why.to_owned());
    let typed = ask(&format!("New password of {}: ", args.user))?;
    if args.crypted {
        let is_hash =
            typed.starts_with('$') && typed.len() > 20 && typed.bytes().all(|b| b.is_ascii_graphic());
        if !is_hash || typed.contains(':') {
            return Err(wrong("no hash such as $6$SALT$HASH was read").hint("openssl passwd -6 makes one"));
        }
        return Ok(typed);
    }
    if typed.is_empty() {
        return Err(wrong("an empty password lets everybody in"));
    }
    if typed.contains('\0') {
        return Err(wrong("a password with a NUL could be typed nowhere"));
    }
    if stdio_is_terminal() && ask("The same again: ")? != typed {
        return Err(wrong("the two are not the same"));
    }
    crypt(typed.as_bytes(), &salt()?)
}

/// `$6$rounds=N$SALT$HASH`: what glibc, musl and busybox understand.
fn crypt(password: &[u8], salt: &str) -> Result<String> {
    let failed = |error| Error::new(Exit::Failure, format!("hash the password: {error:?}"));
    let params = Sha512Params::new(ROUNDS).map_err(failed)?;
    let hash = sha512_crypt_b64(password, salt.as_bytes(), &params).map_err(failed)?;
    Ok(format!("$6$rounds={ROUNDS}${salt}${hash}"))
}

/// 96 random bits in crypt(3)'s letters.
fn salt() -> Result<String> {
    const LETTERS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut random = [0; 16];
    let path = "/dev/urandom";
    File::open(path).and_then(|mut file| file.read_exact(&mut random)).context(|| path)?;
    Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(byte & 63)])).collect())
}

fn stdio_is_terminal() -> bool {
    tcgetattr(stdio::stdin()).is_ok()
}

/// A terminal that does not show what is typed; dropping it shows it again.
struct Silent(Termios);

impl Silent {
    fn begin() -> Option<Silent> {
        let before = tcgetattr(stdio::stdin()).ok()?;
        let mut silent = before.clone();
        // An interrupt must not leave the terminal so: its letter ends the line instead.
        silent.local_modes -= LocalModes::ECHO | LocalModes::ISIG;
        silent.local_modes |= LocalModes::ECHONL;
        silent.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(stdio::stdin(), OptionalActions::Flush, &silent).ok()?;
        Some(Silent(before))
    }
}

impl Drop for Silent {
    fn drop(&mut self) {
        // The terminal is gone when this fails.
        let _restored = tcsetattr(stdio::stdin(), OptionalActions::Now, &self.0);
    }
}

/// One line, asked for on a terminal.
fn ask(question: &str) -> Result<String> {
    let silent = Silent::begin();
    if silent.is_some() {
        // Nobody reads the question when this fails, and the answer may come all the same.
        drop(write!(std::io::stderr(), "{question}"));
    }
    let mut line = Vec::new();
    let mut input = std::io::stdin().lock();
    if silent.is_some() {
        // A terminal gives one line at a time.
        line.resize(LONGEST + 1, 0);
        let count = input.read(&mut line).context(|| "read the password")?;
        line.truncate(count);
    } else {
        let longest = u64::try_from(LONGEST + 1).unwrap_or(u64::MAX);
        input.take(longest).read_until(b'\n', &mut line).context(|| "read the password")?;
    }
    if line.contains(&INTERRUPT) {
        return Err(Error::new(Exit::Failure, "interrupted"));
    }
    if line.len() > LONGEST {
        return Err(Error::new(Exit::Value, format!("more than {LONGEST} bytes are no password")));
    }
    let line = String::from_utf8(line)
        .map_err(|_| Error::new(Exit::Value, "a password that is no UTF-8 could be typed nowhere"))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// The public keys of a file.
fn keys(path: &PathBuf) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).context(|| path.display().to_string())?;
    let lines: Vec<String> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let is_key = |line: &String| {
        let mut words = line.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let is_kind = ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|known| kind.starts_with(known));
        is_kind && words.next().is_some_and(|data| data.starts_with("AAAA")) && !line.contains('\0')
    };
    match lines.iter().find(|line| !is_key(line)) {
        Some(line) if line.contains("PRIVATE KEY") => {
            Err(Error::new(Exit::Value, format!("{} is a private key", path.display()))
                .hint("the public one ends in .pub"))
        }
        Some(_) => Err(Error::new(
            Exit::Value,
            format!("{}: expected lines such as ssh-ed25519 AAAA…", path.display()),
        )),
        None if lines.is_empty() => Err(Error::new(Exit::Value, format!("{} has no key", path.display()))),
        None => Ok(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // VZ-42: what openssl passwd -6 makes of the same.
    #[test]
    fn the_hash_is_crypts() {
        let hash = crypt(b"secret", "saltsaltsaltsalt").unwrap();
        assert_eq!(hash, EXPECTED);
        assert_ne!(salt().unwrap(), salt().unwrap());
    }

    const EXPECTED: &str = "$6$rounds=100000$saltsaltsaltsalt$\
         al1q80WhTuHeNisli49oIW0t2ti8hmX2Pn9a8uE2g07IJsKdjrD3P96pMQ6fz6xic1n27RYnVLN85RLRXPqEg/";
}
