// SPDX-License-Identifier: Apache-2.0
//! `ctctl template`.

use super::printed;
use crate::build::{self as steps, OnError};
use crate::config::Config;
use crate::config::keys;
use crate::error::{Context, Error, Exit, Result, nearest};
use crate::host::{Host, need_root};
use crate::meter::Meter;
use crate::{output, storage, store};
use clap::Subcommand;
use runtime_sys::AsFd;
use serde_json::json;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use templates::recipe::Source;
use templates::{Base, ErrorKind, Manifest, Recipe, export};
use toml_edit::Item;

/// Build, list, show and remove templates
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The verbs of templates.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Build a template from a recipe: a shipped one, one of /etc/ctctl/templates, or a .toml file
    Build {
        /// The recipe's name, or a path that ends with .toml
        recipe: String,
        /// What becomes of the system in which a step failed
        #[arg(long, value_enum, default_value = "clean", value_name = "WHAT")]
        on_error: OnError,
    },
    /// Check a recipe without building it
    Validate {
        /// The recipe's name, or a path that ends with .toml
        recipe: String,
    },
    /// Make a template of a root file system in a tar archive, or of an OCI image (layout directory, oci-archive,
    /// docker-archive)
    Import {
        /// The archive, or the layout directory
        path: PathBuf,
        /// The template's name; the file's, without its endings, when absent
        #[arg(short, long)]
        name: Option<String>,
        /// Which image, where there are several
        #[arg(long)]
        image: Option<String>,
    },
    /// Write a template for other programs: a root file system in an archive, or an OCI image
    Export {
        /// The template's name
        name: String,
        /// The file, or the layout directory; nothing may have this name yet
        path: PathBuf,
        /// What is written; by the file's name when absent: rootfs for .tar, .tar.gz and .tar.zst, oci-archive for .oci,
        /// else oci, which is a layout directory
        #[arg(long, value_enum)]
        format: Option<Format>,
    },
    /// Check the files of a template's layers against what was put into the store
    Verify {
        /// The template's name
        name: String,
        /// As JSON
        #[arg(short, long)]
        json: bool,
    },
    /// Show all templates
    #[command(visible_alias = "ls")]
    List {
        /// As JSON
        #[arg(short, long)]
        json: bool,
    },
    /// Show one template
    #[command(visible_alias = "inspect")]
    Info {
        /// The template's name
        name: String,
        /// As JSON
        #[arg(short, long)]
        json: bool,
    },
    /// Remove a template, and its layers that no system uses
    #[command(visible_alias = "rm")]
    Remove {
        /// The template's name
        name: String,
    },
    /// Remove layers that neither a template nor a system uses
    Prune,
}

/// What `export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The whole root file system in a tar archive
    Rootfs,
    /// An OCI layout directory
    Oci,
    /// An OCI layout in an archive
    OciArchive,
}

/// Carries it out.
///
/// # Errors
/// What the action says.
pub fn run(args: Args, host: &Host) -> Result<u8> {
    match args.action {
        Action::Build { recipe, on_error } => build(&recipe, on_error, host),
        Action::Validate { recipe } => validate(&recipe, host),
        Action::Import { path, name, image } => import(&path, name, image.as_deref(), host),
        Action::Export { name, path, format } => export(&name, &path, format, host),
        Action::Verify { name, json } => verify(&name, json, host),
        Action::Prune => prune(host),
        Action::List { json } => list(json, host),
        Action::Info { name, json } => info(&name, json, host),
        Action::Remove { name } => remove(&name, host),
    }
}

fn build(name: &str, on_error: OnError, host: &Host) -> Result<u8> {
    let doing = || format!("template build {name}");
    need_root().context(doing)?;
    let recipe = checked(name, host)?;
    if on_error == OnError::Shell && !std::io::stdin().is_terminal() {
        return Err(Error::new(Exit::Usage, "--on-error shell needs a terminal").hint("use --on-error keep"));
    }
    output::progress(&format!("building {} …", recipe.name));
    carry_out(&recipe, on_error, host).map_err(with_packages).context(doing)
}

/// Finds a recipe and checks it, as far as that goes without its source.
fn checked(name: &str, host: &Host) -> Result<Recipe> {
    let recipe = Recipe::find(name, &host.recipes()).map_err(|error| no_recipe(error, name, host))?;
    store::check_name(&recipe.name)?;
    check_defaults(&recipe)?;
    check_steps(&recipe)?;
    Ok(recipe)
}

fn validate(name: &str, host: &Host) -> Result<u8> {
    let recipe = checked(name, host)?;
    printed(output::line(&format!("{}: a valid recipe", recipe.name)))
}

fn carry_out(recipe: &Recipe, on_error: OnError, host: &Host) -> Result<u8> {
    let store = host.templates();
    let mut base = base(recipe, host)?;
    steps::carry_out(host, recipe, &mut base, on_error)?;
    let built = base.save(recipe, &store)?;
    for warning in &built.warnings {
        output::progress(&format!("warning: {warning}"));
    }
    let manifest = built.manifest;
    let (size, layers) = (mebibytes(manifest.size), manifest.layers.len());
    // A reader that is gone has no use for an error.
    drop(output::line(&format!("{}: {size} in {layers} layer(s)", manifest.name)));
    Ok(0)
}

/// What the recipe's source gives, with the recipe's own defaults over it.
fn base(recipe: &Recipe, host: &Host) -> Result<Base> {
    if let Source::Container(container) = &recipe.body.source {
        let mut base = steps::snapshot::base(host, &container.name).context(|| "source.container")?;
        base.defaults.extend(recipe.body.defaults.clone());
        return Ok(base);
    }
    let mut meter = Meter::default();
    let base = Base::fill(recipe, &host.templates(), &mut |done, total| meter.at(done, total));
    drop(meter);
    Ok(base?)
}

fn export(name: &str, path: &Path, format: Option<Format>, host: &Host) -> Result<u8> {
    let doing = || format!("template export {name}");
    need_root().context(doing)?;
    let manifest = find(host, name)?;
    let format = match format {
        None => export::Format::of_name(path),
        Some(Format::Rootfs) => export::Format::RootFs,
        Some(Format::Oci) => export::Format::Oci,
        Some(Format::OciArchive) => export::Format::OciArchive,
    };
    let store = host.templates();
    let write = || -> Result<()> {
        if format == export::Format::RootFs {
            // Nobody removes a layer meanwhile.
            let _use = store.in_use()?;
            let root = storage::merged(host, &manifest.layers)?;
            return Ok(export::root_fs(root.as_fd(), path)?);
        }
        Ok(export::image(&store, &manifest, path, format)?)
    };
    write().context(doing)?;
    Ok(0)
}

fn verify(name: &str, json: bool, host: &Host) -> Result<u8> {
    need_root().context(|| format!("template verify {name}"))?;
    let (manifest, store) = (find(host, name)?, host.templates());
    let mut all = Vec::new();
    for layer in &manifest.layers {
        let differences = store.verify(layer).map_err(Error::from);
        all.push((layer, differences.context(|| format!("template verify {name}"))?));
    }
    let count: usize = all.iter().map(|(_, differences)| differences.len()).sum();
    if json {
        let layers: Vec<_> =
            all.iter().map(|(layer, found)| json!({ "layer": layer, "differences": found })).collect();
        printed(output::json(&json!({ "name": name, "layers": layers })))?;
    } else {
        let lines =
            all.iter().flat_map(|(layer, found)| found.iter().map(move |line| format!("{layer}/{line}")));
        printed(lines.into_iter().try_for_each(|line| output::line(&line)))?;
    }
    if count == 0 {
        return Ok(0);
    }
    Err(Error::new(Exit::Failure, format!("{name}: {count} differences from what was stored"))
        .hint(format!("build it anew; systems that use it read what is there: ctctl template rm {name}")))
}

fn import(path: &Path, name: Option<String>, image: Option<&str>, host: &Host) -> Result<u8> {
    let doing = || format!("template import {}", path.display());
    need_root().context(doing)?;
    let name = name.unwrap_or_else(|| name_of(path));
    store::check_name(&name).context(doing).map_err(|error| error.hint("give it a name with --name"))?;
    let recipe = Recipe::of_archive(&name, path, image).map_err(Error::from).context(doing)?;
    carry_out(&recipe, OnError::Clean, host).context(doing)
}

/// A file's name without the endings that archives have.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut name = name.as_ref();
    let endings = [".gz", ".xz", ".zst", ".bz2", ".tgz", ".txz", ".tar", ".oci", ".docker"];
    while let Some(shorter) = endings.iter().find_map(|ending| name.strip_suffix(ending)) {
        name = shorter;
    }
    name.to_owned()
}

fn no_recipe(error: templates::Error, name: &str, host: &Host) -> Error {
    if error.kind() != ErrorKind::NotFound {
        return Error::from(error).with_exit(Exit::Value);
    }
    let known = Recipe::names(&host.recipes());
    let error = Error::new(Exit::NoTemplate, error.to_string());
    match nearest(name, known.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean {near}?")),
        None => error.hint(format!("recipes: {}", known.join(", "))),
    }
}

/// Says which package brings the program that a recipe's source needs.
fn with_packages(error: Error) -> Error {
    let text = error.to_string();
    if text.contains("no busybox") || text.contains("not a static program") {
        return error.hint("apt-get install busybox-static");
    }
    if text.contains("no mmdebstrap") {
        return error.hint("apt-get install mmdebstrap");
    }
    error
}

/// A recipe's defaults are keys of the configuration: a wrong one is better found here than at each create.
fn check_defaults(recipe: &Recipe) -> Result<()> {
    for (name, value) in &recipe.body.defaults {
        let one = toml::Table::from_iter([(name.clone(), value.clone())]);
        apply_defaults(&one, &mut Config::new(&recipe.name)).context(|| {
            let line = line_of(&recipe.text, name).map(|line| format!("line {line}: ")).unwrap_or_default();
            format!("recipe {}: {line}", recipe.origin).trim_end_matches([':', ' ']).to_owned()
        })?;
    }
    Ok(())
}

/// A file that a step needs is better missed now than behind an hour of other steps.
fn check_steps(recipe: &Recipe) -> Result<()> {
    for (number, step) in recipe.body.steps.iter().enumerate() {
        step.check(&recipe.folder).map_err(|error| Error::from(error).with_exit(Exit::Value)).context(
            || {
                let document = toml_edit::Document::parse(recipe.text.as_str()).ok();
                let span = document
                    .as_ref()
                    .and_then(|document| document.get("steps")?.as_array_of_tables()?.get(number)?.span());
                let line = span.and_then(|span| line_at(&recipe.text, span.start));
                let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
                format!("recipe {}: {line}step {}", recipe.origin, number + 1)
            },
        )?;
    }
    Ok(())
}

/// The line of a recipe that has this default.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let document = toml_edit::Document::parse(text).ok()?;
    let span = document.get("defaults")?.as_table_like()?.key(name)?.span()?;
    line_at(text, span.start)
}

/// The number of the line that has this byte.
fn line_at(text: &str, start: usize) -> Option<usize> {
    Some(text.get(..start)?.matches('\n').count() + 1)
}

/// Puts a template's defaults into a configuration.
///
/// # Errors
/// `Value`, with the key.
pub fn apply_defaults(defaults: &toml::Table, config: &mut Config) -> Result<()> {
    for (name, value) in defaults {
        let mut put = || {
            let key = keys::find(name)?;
            let text = toml::Value::to_string(value);
            let item = text.parse::<toml_edit::Value>().map(Item::Value);
            let item = item.map_err(|error| Error::new(Exit::Value, error.to_string()))?;
            let value = key.kind.from_toml(&item).map_err(|text| Error::new(Exit::Value, text))?;
            (key.put)(config, value).map_err(|text| Error::new(Exit::Value, text))
        };
        put().context(|| format!("defaults: {name}"))?;
    }
    Ok(())
}

/// A size for people, in the largest unit that keeps it above one.
fn mebibytes(bytes: u64) -> String {
    format!("{}.{} MiB", bytes >> 20, ((bytes >> 10) & 1023) * 10 / 1024)
}

fn to_json(manifest: &Manifest) -> serde_json::Value {
    let defaults: serde_json::Map<_, _> =
        manifest.defaults.iter().map(|(key, value)| (key.clone(), defaults_json(value))).collect();
    json!({
        "name": manifest.name,
        "description": manifest.description,
        "layers": manifest.layers,
        "recipe": manifest.recipe,
        "size": manifest.size,
        "created": manifest.created,
        "defaults": defaults,
    })
}

fn defaults_json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::Integer(number) => json!(number),
        toml::Value::Array(words) => json!(words.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>()),
        other => json!(other.as_str().unwrap_or_default()),
    }
}

fn list(json: bool, host: &Host) -> Result<u8> {
    let store = host.templates();
    let manifests =
        store.names().iter().map(|name| store.manifest(name)).collect::<templates::Result<Vec<_>>>()?;
    if json {
        return printed(output::json(&manifests.iter().map(to_json).collect()));
    }
    let row = |m: &Manifest| vec![m.name.clone(), mebibytes(m.size), m.description.clone()];
    printed(output::table(&["NAME", "SIZE", "DESCRIPTION"], &manifests.iter().map(row).collect::<Vec<_>>()))
}

/// One template's manifest, with a hint at what to do when there is none.
///
/// # Errors
/// `NoTemplate`.
pub fn find(host: &Host, name: &str) -> Result<Manifest> {
    let store = host.templates();
    store.manifest(name).map_err(|error| {
        if error.kind() != ErrorKind::NotFound {
            return Error::from(error);
        }
        let error = Error::new(Exit::NoTemplate, error.to_string());
        if Recipe::names(&host.recipes()).iter().any(|known| known == name) {
            return error.hint(format!("make it with: ctctl template build {name}"));
        }
        let names = store.names();
        match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None if names.is_empty() => error.hint("make one with: ctctl template build busybox"),
            None => error.hint(format!("templates: {}", names.join(", "))),
        }
    })
}

fn info(name: &str, json: bool, host: &Host) -> Result<u8> {
    let manifest = find(host, name)?;
    if json {
        return printed(output::json(&to_json(&manifest)));
    }
    let text = toml::to_string(&manifest).unwrap_or_default();
    printed(output::raw(text.as_bytes()))
}

fn remove(name: &str, host: &Host) -> Result<u8> {
    need_root()?;
    find(host, name)?;
    host.templates().remove(name)?;
    let uses = |system: &String| store::read(host, system).is_ok_and(|config| config.template == name);
    let users: Vec<String> = store::names(host).into_iter().filter(uses).collect();
    if !users.is_empty() {
        output::progress(&format!("systems made from it keep its layers: {}", users.join(", ")));
    }
    remove_unused(host)?;
    Ok(0)
}

fn prune(host: &Host) -> Result<u8> {
    need_root()?;
    steps::sweep(host)?;
    let removed = remove_unused(host)?;
    printed(removed.iter().try_for_each(|layer| output::line(layer)))
}

/// Systems that come into being meanwhile wait for their numbers, and find that a layer is gone.
fn remove_unused(host: &Host) -> Result<Vec<String>> {
    let _numbers = store::lock_numbers(host)?;
    let mut used = Vec::new();
    for system in store::names(host) {
        used.extend(store::read(host, &system)?.layers);
    }
    Ok(host.templates().prune(&used)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_s_name_is_the_file_s_without_endings() {
        for (path, name) in
            [("/x/web.tar.zst", "web"), ("a.tgz", "a"), ("layout", "layout"), ("v1.2.tar", "v1.2")]
        {
            assert_eq!(name_of(Path::new(path)), name);
        }
    }
}
