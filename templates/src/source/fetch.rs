// SPDX-License-Identifier: Apache-2.0
//! An archive from an address: into a file of the layer in the making, and used only when its sha256 is the one that
//! the recipe names. A download that breaks off leaves nothing.

use super::Watched;
use crate::archive::Hashed;
use crate::source::Progress;
use crate::{Context, Error, ErrorKind, Result};
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// Bytes of an archive, at most.
const LIMIT: u64 = 64 << 30;
const REDIRECTS: u32 = 5;
/// How long the other end may be silent.
const PATIENCE: Duration = Duration::from_secs(60);
/// The certificates of the host's administrator; those that came with the program where it has none.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Downloads to `path`.
///
/// # Errors
/// `Invalid` for another content than expected, or too much of it; what the other end answers.
pub(crate) fn fetch(url: &str, sha256: &str, path: &Path, progress: Progress<'_>) -> Result<()> {
    let failed = |error: ureq::Error| {
        let text = match error {
            ureq::Error::StatusCode(code) => format!("{url}: the server answers {code}"),
            other => format!("{url}: {other}"),
        };
        Error::new(ErrorKind::System, text)
    };
    let mut answer = agent().get(url).call().map_err(failed)?;
    let total = answer.body().content_length();
    let too_large = || Error::invalid(format!("{url}: more than {LIMIT} bytes"));
    if total.is_some_and(|total| total > LIMIT) {
        return Err(too_large());
    }
    let body = answer.body_mut().with_config().limit(u64::MAX).reader();
    let mut stream = Hashed::new(Watched::new(body.take(LIMIT + 1), total, progress));
    let mut file = File::create_new(path).context(|| path.display().to_string())?;
    let mut buffer = vec![0; 128 * 1024];
    let mut length = 0;
    loop {
        // One error for what comes and another for what is written: a full disk is no fault of the network's.
        let count = stream.read(&mut buffer).context(|| format!("download {url}"))?;
        if count == 0 {
            break;
        }
        length += count as u64;
        file.write_all(&buffer[..count]).context(|| format!("write {}", path.display()))?;
    }
    if length > LIMIT {
        return Err(too_large());
    }
    let found = stream.digest();
    if !found.eq_ignore_ascii_case(sha256) {
        return Err(Error::invalid(format!("{url}: its sha256 is {found}, and the recipe expects {sha256}")));
    }
    Ok(())
}

fn agent() -> Agent {
    let tls = TlsConfig::builder().root_certs(certificates()).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .max_redirects(REDIRECTS)
        .timeout_per_read(Some(PATIENCE))
        .timeout_per_write(Some(PATIENCE))
        .user_agent(concat!("ctctl/", env!("CARGO_PKG_VERSION")))
        .build();
    config.new_agent()
}

fn certificates() -> RootCerts {
    let text = std::fs::read(CERTIFICATES).unwrap_or_default();
    let all: Vec<Certificate<'static>> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    if all.is_empty() { RootCerts::WebPki } else { RootCerts::Specific(Arc::new(all)) }
}
