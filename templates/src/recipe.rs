// SPDX-License-Identifier: Apache-2.0
//! Recipes: one TOML file each.

use crate::step::Step;
use crate::{Context, Error, ErrorKind, Result, source};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Recipes that come with the program: name and text.
const SHIPPED: &[(&str, &str)] = &[
    ("busybox", include_str!("../recipes/busybox.toml")),
    ("debian-12", include_str!("../recipes/debian-12.toml")),
    ("debian-12-app", include_str!("../recipes/debian-12-app.toml")),
];

/// Signals that may ask a system to halt: the values of its `halt_signal`.
pub const HALT_SIGNALS: &[&str] =
    &["TERM", "INT", "HUP", "QUIT", "KILL", "PWR", "USR1", "USR2", "WINCH", "RTMIN+3", "RTMIN+4"];

/// How to make one template.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The file's name without `.toml`.
    pub name: String,
    /// The file that an error names.
    pub origin: String,
    /// The text, or what stands for it.
    pub text: String,
    /// The folder that relative paths in it begin in: the file's own.
    pub folder: PathBuf,
    /// What the file says.
    pub body: Body,
}

/// The content of a recipe's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// One line for `template list`.
    #[serde(default)]
    pub description: String,
    /// Where the files come from.
    pub source: Source,
    /// How its steps are carried out.
    #[serde(default)]
    pub build: Build,
    /// What is done to the source's files, in this order.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Configuration keys of systems made from it. The manager knows what they mean.
    #[serde(default)]
    pub defaults: toml::Table,
}

/// `[build]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// What steps reach.
    #[serde(default)]
    pub network: Network,
}

/// The network of the container that steps run in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// One of its own, with nothing but the loopback.
    #[default]
    None,
    /// The host's, and its resolv.conf.
    Host,
}

/// Where the files of a template come from: `[source.KIND]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Source {
    /// The host's own static busybox.
    Busybox(Busybox),
    /// A Debian or Ubuntu suite, from the archive that the host is configured for.
    Mmdebstrap(Mmdebstrap),
    /// A root file system in a tar archive.
    Tar(Tar),
    /// An image of the OCI: a layout directory or archive, or what `docker save` wrote.
    Oci(Oci),
    /// Another template of the store.
    Template(Template),
    /// A system that does not run, as it is. The manager knows where its files are.
    Container(Container),
}

/// `[source.container]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// The system's name.
    pub name: String,
}

/// `[source.busybox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Busybox {
    /// The program; the first of the usual places when absent.
    pub path: Option<PathBuf>,
}

/// `[source.mmdebstrap]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mmdebstrap {
    /// The release's name, such as `bookworm`.
    pub suite: String,
    /// mmdebstrap's set of packages to begin with.
    #[serde(default = "minbase")]
    pub variant: String,
    /// Packages beyond the variant's.
    #[serde(default)]
    pub packages: Vec<String>,
    /// The archive's address; from the host's apt configuration when absent.
    pub mirror: Option<String>,
}

/// `[source.tar]`
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "TarTable")]
pub struct Tar {
    /// The archive; gzip, xz, zstd and bzip2 are known by their content.
    pub path: Option<PathBuf>,
    /// Where it is on the network, when there is no path.
    pub url: Option<String>,
    /// What the file's sha256 must be, in hexadecimal.
    pub sha256: Option<String>,
}

/// The same as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TarTable {
    path: Option<PathBuf>,
    url: Option<String>,
    sha256: Option<String>,
}

impl TryFrom<TarTable> for Tar {
    type Error = &'static str;

    fn try_from(table: TarTable) -> std::result::Result<Tar, &'static str> {
        let TarTable { path, url, sha256 } = table;
        if path.is_some() == url.is_some() {
            return Err("source.tar has one of the keys `path` and `url`");
        }
        if url.as_ref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err("`url`: expected an address that begins with https:// or http://");
        }
        if url.is_some() && sha256.is_none() {
            return Err(
                "`url` needs `sha256`: what comes over a network is used only when it is what was meant",
            );
        }
        if sha256.as_ref().is_some_and(|hex| hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit())) {
            return Err("`sha256`: expected 64 hexadecimal digits");
        }
        Ok(Tar { path, url, sha256 })
    }
}

/// `[source.oci]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oci {
    /// The directory or archive.
    pub path: PathBuf,
    /// Which image in it, such as `debian:12`; needed when there are several.
    pub image: Option<String>,
}

/// `[source.template]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name.
    pub name: String,
}

fn minbase() -> String {
    "minbase".to_owned()
}

impl Recipe {
    /// Reads a recipe's text; `origin` is the file that an error names, and whose folder relative paths begin in.
    ///
    /// # Errors
    /// `Invalid`, with line, column and what was expected.
    pub fn parse(name: &str, text: &str, origin: &str) -> Result<Recipe> {
        let body: Body = toml::from_str(text).map_err(|error| {
            let near =
                near(error.message()).map(|near| format!("\ndid you mean `{near}`?")).unwrap_or_default();
            Error::invalid(format!("recipe {origin}: {}{near}", error.to_string().trim_end()))
        })?;
        let folder = Path::new(origin).parent().unwrap_or(Path::new("")).to_owned();
        Ok(Recipe { name: name.to_owned(), origin: origin.to_owned(), text: text.to_owned(), folder, body })
    }

    /// sha256 of the recipe's text and of all files that its steps name, in hexadecimal.
    ///
    /// # Errors
    /// A file that is not there, or that a recipe may not name.
    pub fn digest(&self) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(&self.text);
        for (number, step) in self.body.steps.iter().enumerate() {
            let digest = step.source_digest(&self.folder);
            let digest = digest.context(|| format!("recipe {}: step {}", self.origin, number + 1))?;
            hash.update(digest.unwrap_or_default());
            hash.update([0]);
        }
        Ok(hex(&hash.finalize()))
    }

    /// The recipe of a template that is one archive, image or image directory, as it is.
    ///
    /// # Errors
    /// What reading the first bytes of it answers.
    pub fn of_archive(name: &str, path: &Path, image: Option<&str>) -> Result<Recipe> {
        let is_image = image.is_some() || source::is_image(path)?;
        let path = path.to_owned();
        let text = path.display().to_string();
        let source = if is_image {
            Source::Oci(Oci { path, image: image.map(str::to_owned) })
        } else {
            Source::Tar(Tar { path: Some(path), url: None, sha256: None })
        };
        Ok(Recipe::of_source(name, text, source))
    }

    /// The recipe of a template that is one source, as it is.
    #[must_use]
    pub fn of_source(name: &str, text: String, source: Source) -> Recipe {
        let body = Body {
            description: String::new(),
            source,
            build: Build::default(),
            steps: Vec::new(),
            defaults: toml::Table::new(),
        };
        Recipe { name: name.to_owned(), origin: text.clone(), text, folder: PathBuf::new(), body }
    }

    /// Finds a recipe: a path to a `.toml` file, a file in `folder`, or a shipped one, in this order.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`, or what reading the file answers.
    pub fn find(name: &str, folder: &Path) -> Result<Recipe> {
        if name.ends_with(".toml") {
            return read(Path::new(name));
        }
        let own = folder.join(format!("{name}.toml"));
        if own.exists() {
            return read(&own);
        }
        match SHIPPED.iter().find(|(shipped, _)| *shipped == name) {
            Some((_, text)) => Recipe::parse(name, text, &format!("{name}.toml (shipped)")),
            None => Err(Error::new(ErrorKind::NotFound, format!("no recipe {name:?}"))),
        }
    }

    /// The names that [`Recipe::find`] knows, sorted.
    #[must_use]
    pub fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = SHIPPED.iter().map(|(name, _)| (*name).to_owned()).collect();
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        names.extend(files.filter_map(|f| f.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)));
        names.sort();
        names.dedup();
        names
    }
}

fn read(path: &Path) -> Result<Recipe> {
    let text = fs::read_to_string(path).context(|| format!("recipe {}", path.display()))?;
    let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
    Recipe::parse(name, &text, &path.display().to_string())
}

/// The known word that an unknown one of an error of serde's was most likely meant to be.
fn near(message: &str) -> Option<&str> {
    let rest = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant "))?;
    let mut words = rest.split('`').skip(1).step_by(2);
    let wrong = words.next()?;
    let near = words.map(|word| (strsim::damerau_levenshtein(wrong, word), word)).min()?;
    (near.0 <= (wrong.len().max(near.1.len()) / 3).max(1)).then_some(near.1)
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_recipes_parse() {
        for (name, text) in SHIPPED {
            let recipe = Recipe::parse(name, text, name).unwrap();
            assert!(recipe.body.defaults.contains_key("halt_signal"), "{name}");
            assert_eq!(recipe.digest().unwrap().len(), 64);
        }
    }

    #[test]
    fn an_error_names_file_line_and_what_is_known() {
        let text = "description = \"x\"\n[source.mmdebstrap]\nsiute = \"bookworm\"\n";
        let error = Recipe::parse("x", text, "x.toml").unwrap_err().to_string();
        assert!(error.contains("x.toml") && error.contains("line 3") && error.contains("`suite`"), "{error}");
    }

    #[test]
    fn an_own_recipe_goes_before_a_shipped_one() {
        let folder = std::env::temp_dir().join(format!("ctctl-recipes-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("busybox.toml"), "description = \"mine\"\n[source.busybox]\n").unwrap();
        assert_eq!(Recipe::find("busybox", &folder).unwrap().body.description, "mine");
        assert_eq!(Recipe::find("none", &folder).unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(Recipe::names(&folder), ["busybox", "debian-12", "debian-12-app"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
