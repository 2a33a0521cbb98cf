// SPDX-License-Identifier: Apache-2.0
//! `ctctl create`.

use super::set::{Assignment, check_capabilities};
use super::{printed, template};
use crate::config::Config;
use crate::config::file::ConfigFile;
use crate::config::keys::{self, Change};
use crate::config::{assign, dump};
use crate::container;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::{network, output, resources, store};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Make a system from a template
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The new system's name
    pub name: String,
    /// The template to make it from; ctctl template list shows them
    #[arg(short, long, visible_alias = "ostemplate", required_unless_present = "file")]
    pub template: Option<String>,
    /// A file with keys, such as ctctl config dump writes; - is standard input
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Its number, from 101 upwards; the next free one when absent
    #[arg(long)]
    pub ctid: Option<u64>,
    /// Host ids of its users: auto (the default), BASE:SIZE, or host for no user namespace
    #[arg(long, value_name = "IDMAP")]
    pub idmap: Option<String>,
    /// Also give capabilities that reach the host
    #[arg(long)]
    pub allow_unsafe: bool,
    /// Keys of its configuration, as for ctctl set
    #[arg(value_name = "KEY=VALUE")]
    pub keys: Vec<Assignment>,
}

/// Carries it out.
///
/// # Errors
/// `Exists`, `NoTemplate`, `Value`; nothing is left behind then.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    let made = create(args, host).context(|| format!("create {}", args.name))?;
    printed(output::line(&format!("{} ({}) from {}", made.name, made.ctid, made.template)))
}

fn create(args: &Args, host: &Host) -> Result<Config> {
    need_root()?;
    let file = args.file.as_deref().map(read_file).transpose()?;
    let from_file = file.as_ref().map(|file| file.described(&args.name)).transpose()?;
    let template = args.template.clone().or_else(|| from_file.map(|config| config.template));
    let template = template.filter(|name| !name.is_empty()).ok_or_else(|| {
        Error::new(Exit::Usage, "the file names no template")
            .hint("say --template NAME, or template = in the file")
    })?;
    let network = keys::find("network")?;
    let has_network = args.keys.iter().any(|given| given.key == network.name)
        || file.as_ref().is_some_and(|file| file.has(network));
    let mut config = from_template(host, &args.name, &template, has_network)?;
    let mut idmap = None;
    if let Some(file) = &file {
        dump::check(file)?;
        let (template, layers) = (config.template.clone(), config.layers.clone());
        file.apply(&mut config)?;
        // What the file says of them was true where it was written.
        (config.template, config.layers) = (template, layers);
        idmap = file.has(keys::find("idmap")?).then(|| config.idmap.to_string());
    }
    for Assignment { key: name, value } in &args.keys {
        let key = keys::find(assign::plain(name))?;
        if key.change == Change::Never {
            return Err(Error::new(Exit::Value, format!("{} is not for you to set here", key.name))
                .hint("see --ctid, --idmap and --template"));
        }
        assign::assign(&mut config, name, value)?;
    }
    check_capabilities(&Config::new(""), &config, args.allow_unsafe)?;
    container::limits::check(host, &config, &resources::given(&config))?;
    let idmap = args.idmap.clone().or(idmap).unwrap_or_else(|| "auto".to_owned());
    let wishes = container::create::Wishes { ctid: args.ctid, idmap };
    container::create::create(host, config, &wishes)
}

fn read_file(path: &Path) -> Result<ConfigFile> {
    if path != Path::new("-") {
        return ConfigFile::read(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context(|| "read standard input")?;
    ConfigFile::parse(Path::new("standard input"), &text)
}

/// What a template says of a system made from it, and the host where nothing else names a network.
pub(super) fn from_template(host: &Host, name: &str, template: &str, has_network: bool) -> Result<Config> {
    store::check_name(name)?;
    let manifest = template::find(host, template)?;
    let mut config = Config::new(name);
    template::apply_defaults(&manifest.defaults, &mut config)?;
    if !manifest.defaults.contains_key("network") && !has_network {
        config.network = network::default(host)?;
    }
    config.template = manifest.name;
    config.layers = manifest.layers;
    Ok(config)
}
