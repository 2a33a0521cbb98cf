// SPDX-License-Identifier: Apache-2.0
//! The log as callers read it: runc's text (`time=… level=… msg="…"`) and JSON (`{"level":…,"msg":…,"time":…}`).

use crate::error::{Context, Result};
use crate::state::now;
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// `time="…" level=error msg="…"`.
    #[default]
    Text,
    /// `{"level":"error","msg":"…","time":"…"}`.
    Json,
}

#[derive(Debug)]
struct Logger {
    file: Option<File>,
    format: Format,
}

/// Sets the log up for this process. Without a file it goes to standard error.
///
/// # Errors
/// When the file cannot be opened.
pub fn set_up(path: Option<&Path>, format: Format, debug: bool) -> Result<()> {
    let open = |path: &Path| {
        let file = OpenOptions::new().create(true).append(true).open(path);
        file.context(|| format!("open the log {}", path.display()))
    };
    let logger = Logger { file: path.map(open).transpose()?, format };
    log::set_max_level(if debug { LevelFilter::Debug } else { LevelFilter::Warn });
    // Only the first logger of a process counts; a second call is a test's.
    let _set_already = log::set_boxed_logger(Box::new(logger));
    Ok(())
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info => "info",
        Level::Debug | Level::Trace => "debug",
    }
}

/// One line of the log, with its end.
fn line(format: Format, level: Level, message: &str, time: &str) -> String {
    let quoted = serde_json::to_string(message).expect("a string is JSON");
    match format {
        Format::Text => format!("time=\"{time}\" level={} msg={quoted}\n", word(level)),
        Format::Json => format!("{{\"level\":\"{}\",\"msg\":{quoted},\"time\":\"{time}\"}}\n", word(level)),
    }
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level()
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = line(self.format, record.level(), &record.args().to_string(), &now());
        // One write, so that lines of several programs do not mix. A log that cannot be written has nowhere to say so.
        let _lost = match &self.file {
            Some(file) => { file }.write_all(line.as_bytes()),
            None => std::io::stderr().write_all(line.as_bytes()),
        };
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_runcs_and_messages_cannot_break_them() {
        let text = line(Format::Text, Level::Error, "a \"b\"\nlevel=info", "T");
        assert_eq!(text, "time=\"T\" level=error msg=\"a \\\"b\\\"\\nlevel=info\"\n");
        let json = line(Format::Json, Level::Warn, "a \"b\"\n", "T");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read, serde_json::json!({"level": "warning", "msg": "a \"b\"\n", "time": "T"}));
    }
}
