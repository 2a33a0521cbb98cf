// SPDX-License-Identifier: Apache-2.0
//! `ctctl port`.

use super::printed;
use super::set;
use crate::config::Config;
use crate::error::{Context, Error, Exit, Result};
use crate::host::Host;
use crate::network::port::Port;
use crate::select::Groups;
use crate::{output, store};
use clap::Subcommand;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

/// Publish ports of systems at the host's addresses
///
/// A connection to HOSTPORT of the host comes to PORT of the system, at once and after every start. It needs network=nat.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// The verbs of published ports.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Publish a port
    Add {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// Which: [HOSTIP:]HOSTPORT:PORT[/udp]
        port: Port,
    },
    /// List published ports, of all systems or of one
    #[command(visible_alias = "list")]
    Ls {
        /// The system: its name, its number, or the beginning of its name
        name: Option<String>,
        /// As JSON
        #[arg(short, long)]
        json: bool,
    },
    /// Publish a port no more
    Rm {
        /// The system: its name, its number, or the beginning of its name
        name: String,
        /// Which, as ls shows it
        port: Port,
    },
}

/// Carries it out.
///
/// # Errors
/// `NoSystem`; `Value` for a port that another system or program of the host has.
pub fn run(args: &Args, host: &Host) -> Result<u8> {
    match &args.action {
        Action::Add { name, port } => {
            free(*port).context(|| format!("publish {port}"))?;
            change(host, name, "port+", *port)
        }
        Action::Rm { name, port } => change(host, name, "port-", *port),
        Action::Ls { name, json } => list(host, name.as_deref(), *json),
    }
}

fn change(host: &Host, name: &str, key: &str, port: Port) -> Result<u8> {
    let words = vec![name.to_owned(), format!("{key}={port}")];
    let (groups, allow_unsafe) = (Groups::default(), false);
    set::run(&set::Args { words, groups, runtime: false, save: false, allow_unsafe }, host)
}

/// A program of the host that listens there would hear nothing any more.
fn free(port: Port) -> Result<()> {
    let everywhere = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
    let hosts = port.host.map_or(everywhere.to_vec(), |host| vec![host]);
    for host in hosts {
        let address = SocketAddr::new(host, port.from);
        let bound =
            if port.udp { UdpSocket::bind(address).map(drop) } else { TcpListener::bind(address).map(drop) };
        match bound.map_err(|error| error.kind()) {
            Err(std::io::ErrorKind::AddrInUse) => {
                return Err(Error::new(Exit::Value, format!("a program of this host listens at {address}"))
                    .hint("choose another port of the host"));
            }
            Err(std::io::ErrorKind::AddrNotAvailable) if port.host.is_some() => {
                return Err(Error::new(Exit::Value, format!("this host does not have the address {host}"))
                    .hint("without HOSTIP the port is published at all of its addresses"));
            }
            // A host without IPv6, or whatever else does not tell that it is taken.
            _ => {}
        }
    }
    Ok(())
}

fn list(host: &Host, name: Option<&str>, json: bool) -> Result<u8> {
    let names = match name {
        Some(name) => vec![store::resolve(host, name)?],
        None => store::names(host),
    };
    let configs = names.iter().map(|name| store::read(host, name)).collect::<Result<Vec<Config>>>()?;
    let ports = configs.iter().flat_map(|config| config.port.iter().map(move |port| (config, port)));
    if json {
        let entries: Vec<serde_json::Value> = ports
            .map(|(config, port)| {
                json!({
                    "name": config.name, "host_ip": port.host, "host_port": port.from, "port": port.to,
                    "protocol": port.protocol(),
                })
            })
            .collect();
        return printed(output::json(&json!(entries)));
    }
    let rows: Vec<Vec<String>> =
        ports.map(|(config, port)| vec![config.name.clone(), port.to_string()]).collect();
    printed(output::table(&["NAME", "PORT"], &rows))
}
