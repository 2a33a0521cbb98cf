// SPDX-License-Identifier: Apache-2.0
//! Recipes: one TOML file each.

use crate::{Context, Error, ErrorKind, Result, source};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Recipes that come with the program: name and text.
const SHIPPED: &[(&str, &str)] = &[
    ("busybox", include_str!("../recipes/busybox.toml")),
    ("debian-12", include_str!("../recipes/debian-12.toml")),
];

/// Signals that may ask a system to halt: the values of its `halt_signal`.
pub const HALT_SIGNALS: &[&str] =
    &["TERM", "INT", "HUP", "QUIT", "KILL", "PWR", "USR1", "USR2", "WINCH", "RTMIN+3", "RTMIN+4"];

/// How to make one template.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The file's name without `.toml`.
    pub name: String,
    /// sha256 of the recipe's text, in hexadecimal.
    pub hash: String,
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
    /// Configuration keys of systems made from it. The manager knows what they mean.
    #[serde(default)]
    pub defaults: toml::Table,
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
#[serde(deny_unknown_fields)]
pub struct Tar {
    /// The archive; gzip, xz, zstd and bzip2 are known by their content.
    pub path: PathBuf,
    /// What the file's sha256 must be, in hexadecimal.
    pub sha256: Option<String>,
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
        let body: Body = toml::from_str(text)
            .map_err(|error| Error::invalid(format!("recipe {origin}: {}", error.to_string().trim_end())))?;
        let folder = Path::new(origin).parent().unwrap_or(Path::new("")).to_owned();
        Ok(Recipe { name: name.to_owned(), hash: hex(&Sha256::digest(text)), folder, body })
    }

    /// The recipe of a template that is one archive, image or image directory, as it is.
    ///
    /// # Errors
    /// What reading the first bytes of it answers.
    pub fn of_archive(name: &str, path: &Path, image: Option<&str>) -> Result<Recipe> {
        let is_image = image.is_some() || source::is_image(path)?;
        let path = path.to_owned();
        let hash = hex(&Sha256::digest(path.as_os_str().as_encoded_bytes()));
        let source = if is_image {
            Source::Oci(Oci { path, image: image.map(str::to_owned) })
        } else {
            Source::Tar(Tar { path, sha256: None })
        };
        let body = Body { description: String::new(), source, defaults: toml::Table::new() };
        Ok(Recipe { name: name.to_owned(), hash, folder: PathBuf::new(), body })
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
            assert_eq!(recipe.hash.len(), 64);
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
        assert_eq!(Recipe::names(&folder), ["busybox", "debian-12"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
