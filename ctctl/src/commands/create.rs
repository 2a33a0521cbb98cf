// SPDX-License-Identifier: Apache-2.0
//! `ctctl create`.

use super::set::{Assignment, check_capabilities, look_up};
use super::{printed, template};
use crate::config::Config;
use crate::config::keys::Change;
use crate::container;
use crate::error::{Context, Error, Exit, Result};
use crate::host::{Host, need_root};
use crate::{output, store};

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
    store::check_name(&args.name)?;
    let manifest = template::find(host, &args.template)?;
    let mut config = Config::new(&args.name);
    template::apply_defaults(&manifest.defaults, &mut config)?;
    config.template = manifest.name;
    config.layers = manifest.layers;
    for given in &args.keys {
        let (key, value) = look_up(&config, given)?;
        if key.change == Change::Never {
            return Err(Error::new(Exit::Value, format!("{} is not for you to set here", key.name))
                .hint("see --ctid, --idmap and --template"));
        }
        (key.put)(&mut config, value)
            .map_err(|text| Error::new(Exit::Value, format!("{}: {text}", key.name)))?;
    }
    check_capabilities(&Config::new(""), &config, args.allow_unsafe)?;
    let wishes = container::create::Wishes { ctid: args.ctid, idmap: args.idmap.clone() };
    container::create::create(host, config, &wishes)
}
