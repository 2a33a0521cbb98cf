// SPDX-License-Identifier: Apache-2.0
//! `ctctl create`.

use super::set::{Assignment, check_capabilities};
use super::{printed, template};
use crate::config::Config;
use crate::config::keys::{self, Change};
use crate::container;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::{network, output, resources, store};

/// Make a system from a template
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The new system's name
    pub name: String,
    /// The template to make it from; ctctl template list shows them
    #[arg(short, long, visible_alias = "ostemplate")]
    pub template: String,
    /// Its number, from 101 upwards; the next free one when absent
    #[arg(long)]
    pub ctid: Option<u64>,
    /// Host ids of its users: auto, BASE:SIZE, or host for no user namespace
    #[arg(long, default_value = "auto")]
    pub idmap: String,
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
    let mut config = from_template(host, &args.name, &args.template, &args.keys)?;
    for Assignment { key: name, value } in &args.keys {
        let key = keys::find(keys::plain(name))?;
        if key.change == Change::Never {
            return Err(Error::new(Exit::Value, format!("{} is not for you to set here", key.name))
                .hint("see --ctid, --idmap and --template"));
        }
        keys::assign(&mut config, name, value)?;
    }
    check_capabilities(&Config::new(""), &config, args.allow_unsafe)?;
    container::limits::check(host, &config, &resources::given(&config))?;
    let wishes = container::create::Wishes { ctid: args.ctid, idmap: args.idmap.clone() };
    container::create::create(host, config, &wishes)
}

/// What a template says of a system made from it, and the host where neither it nor the given keys name a network.
pub(super) fn from_template(host: &Host, name: &str, template: &str, keys: &[Assignment]) -> Result<Config> {
    store::check_name(name)?;
    let manifest = template::find(host, template)?;
    let mut config = Config::new(name);
    template::apply_defaults(&manifest.defaults, &mut config)?;
    if !manifest.defaults.contains_key("network") && !keys.iter().any(|given| given.key == "network") {
        config.network = network::default(host)?;
    }
    config.template = manifest.name;
    config.layers = manifest.layers;
    Ok(config)
}
