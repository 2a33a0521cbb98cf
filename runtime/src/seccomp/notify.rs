// SPDX-License-Identifier: Apache-2.0
//! The listener of a payload's filter on its way to the agent that answers for it.

use crate::error::{Context, Result};
use runtime_sys::{AsFd, OwnedFd, socket};
use serde::Serialize;
use std::os::unix::net::UnixStream;

/// runtime-spec's `ContainerProcessState`, but for `state`, which comes as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessState<'a> {
    oci_version: &'a str,
    fds: [&'a str; 1],
    pid: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a str>,
}

/// Sends the listener to the agent at `path`, with the `ContainerProcessState` of `pid`. `state_json` is the
/// container's state. The connection ends with it: one state each, as the spec demands.
///
/// # Errors
/// When nobody listens there, or hangs up.
pub fn send(listener: OwnedFd, path: &str, metadata: Option<&str>, pid: i32, state_json: &str) -> Result<()> {
    let message = process_state(metadata, pid, state_json);
    // The words that callers look for.
    let agent = UnixStream::connect(path).context(|| {
        format!("failed to connect with seccomp agent specified in the seccomp profile: {path}")
    })?;
    socket::send(agent.as_fd(), message.as_bytes(), Some(listener.as_fd()))
        .context(|| format!("send the seccomp listener to {path}"))?;
    // Ours closes here: the agent's is the only one, and the payload's calls fail when it goes.
    drop(listener);
    Ok(())
}

fn process_state(metadata: Option<&str>, pid: i32, state_json: &str) -> String {
    let process = ProcessState { oci_version: "1.3.0", fds: ["seccompFd"], pid, metadata };
    let mut json = serde_json::to_string(&process).expect("numbers and strings are JSON");
    json.truncate(json.len() - 1);
    json.push_str(r#","state":"#);
    json.push_str(state_json);
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Read;
    use std::os::unix::net::UnixListener;

    #[test]
    fn the_agent_gets_the_state_and_the_descriptor() {
        let folder = std::env::temp_dir().join(format!("ctrun-notify-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("agent");
        let agent = UnixListener::bind(&path).unwrap();
        let (mut reader, writer) = std::io::pipe().unwrap();

        send(writer.into(), path.to_str().unwrap(), Some("a \"b\""), 42, r#"{"id":"web"}"#).unwrap();

        let (connection, _) = agent.accept().unwrap();
        let mut buffer = [0; 4096];
        let (len, fd) = socket::receive(connection.as_fd(), &mut buffer).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        let state: serde_json::Value = serde_json::from_slice(&buffer[..len]).unwrap();
        assert_eq!(state["ociVersion"], "1.3.0");
        assert_eq!(state["fds"], serde_json::json!(["seccompFd"]));
        assert_eq!(state["pid"], 42);
        assert_eq!(state["metadata"], "a \"b\"");
        assert_eq!(state["state"]["id"], "web");
        // The last writer is the one that travelled: when it goes, the pipe ends.
        std::io::Write::write_all(&mut File::from(fd.unwrap()), b"x").unwrap();
        let mut read = String::new();
        reader.read_to_string(&mut read).unwrap();
        assert_eq!(read, "x");
    }

    #[test]
    fn an_agent_that_is_not_there_is_named() {
        let (_, writer) = std::io::pipe().unwrap();
        let error = send(writer.into(), "/nonexistent/agent", None, 42, "{}").unwrap_err().to_string();
        assert!(error.contains("failed to connect with seccomp agent"), "{error}");
        assert!(error.contains("/nonexistent/agent"), "{error}");
    }

    #[test]
    fn without_metadata_there_is_no_such_field() {
        let state: serde_json::Value = serde_json::from_str(&process_state(None, 1, "{}")).unwrap();
        assert!(state.get("metadata").is_none());
    }
}
