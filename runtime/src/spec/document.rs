// SPDX-License-Identifier: Apache-2.0
//! Reading a document that is one object, and saying where an error in it is, as a JSON pointer (RFC 6901): serde_json
//! tells line and column, which nobody can use of a configuration that an engine wrote on one line.

use super::items::object_or_default;
use crate::error::{Error, Result};
use serde::Deserialize;

/// Reads one object; `name` is the document's, for the error.
///
/// # Errors
/// [`crate::ErrorKind::Invalid`] with a JSON pointer, line and column.
pub fn read<'b, T: Deserialize<'b> + Default>(name: &str, bytes: &'b [u8]) -> Result<T> {
    let mut document = serde_json::Deserializer::from_slice(bytes);
    let value = object_or_default(&mut document).and_then(|value| document.end().map(|()| value));
    value.map_err(|error| wrong(name, bytes, &error))
}

/// File, pointer, what is wrong, line and column.
fn wrong(name: &str, bytes: &[u8], error: &serde_json::Error) -> Error {
    let pointer = at(bytes, offset(bytes, error.line(), error.column()));
    let separator = if pointer.is_empty() { "" } else { ": " };
    Error::invalid(format!("{name}: {pointer}{separator}{error}"))
}

/// The byte of a line and column, both of which count from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let before: usize =
        bytes.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    before + column
}

/// What the walk is inside of.
enum Inside {
    /// With the name of the member, once it was read.
    Object(Option<String>),
    /// With the number of the item.
    Array(usize),
}

/// The pointer to the value at the offset, or that ended there. The document may be broken from there on.
fn at(bytes: &[u8], offset: usize) -> String {
    let bytes = &bytes[..offset.min(bytes.len())];
    let mut path: Vec<Inside> = Vec::new();
    let mut position = 0;
    while let Some(byte) = bytes.get(position) {
        position += 1;
        match byte {
            b'{' => path.push(Inside::Object(None)),
            b'[' => path.push(Inside::Array(0)),
            b'}' | b']' => drop(path.pop()),
            b',' => match path.last_mut() {
                Some(Inside::Object(name)) => *name = None,
                Some(Inside::Array(number)) => *number += 1,
                None => {}
            },
            b'"' => {
                let text = string(&bytes[position..]);
                position += text.len() + 1;
                if let Some(Inside::Object(name @ None)) = path.last_mut() {
                    *name = Some(String::from_utf8_lossy(text).replace('~', "~0").replace('/', "~1"));
                }
            }
            _ => {}
        }
    }
    let part = |inside: &Inside| match inside {
        Inside::Object(name) => name.as_ref().map(|name| format!("/{name}")),
        Inside::Array(number) => Some(format!("/{number}")),
    };
    path.iter().filter_map(part).collect()
}

/// The text of a string up to its closing quote, escapes and all.
fn string(bytes: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = bytes.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    &bytes[..end.unwrap_or(bytes.len())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    #[test]
    fn an_error_of_type_names_its_place() {
        for (json, pointer) in [
            (r#"{"process":{"user":{"uid":"0"}}}"#, "/process/user/uid"),
            ("{\"process\":{\n \"args\":[\"a\",\n  7]}}", "/process/args/1"),
            (r#"{"hostname":"a","mounts":[{},{"destination":{"a":1}}]}"#, "/mounts/1/destination"),
            (r#"{"annotations":{"a/b~\"c":[1]}}"#, r#"/annotations/a~1b~0\"c"#),
            (r#"{"linux":7}"#, "/linux"),
            (r#"{"process":{"user":{"uid":-1}},"hostname":"x"}"#, "/process/user/uid"),
            (r#"{"process":{"user":{"uid":4294967296}}}"#, "/process/user/uid"),
            (r#"{"linux":{"resources":{"memory":{"limit":1.5}}}}"#, "/linux/resources/memory/limit"),
        ] {
            let error = serde_json::from_str::<Spec<'_>>(json).unwrap_err();
            let text = wrong("config.json", json.as_bytes(), &error).to_string();
            assert!(text.starts_with(&format!("config.json: {pointer}: invalid ")), "{json}: {text}");
        }
    }

    #[test]
    fn a_list_is_no_object() {
        for (json, pointer) in [
            ("[]", ""),
            (r#"{"process":[]}"#, "/process"),
            (r#"{"process":{"user":[1,2]}}"#, "/process/user"),
            (r#"{"process":{"capabilities":[]}}"#, "/process/capabilities"),
            (r#"{"root":["rootfs",true]}"#, "/root"),
            (r#"{"hooks":[]}"#, "/hooks"),
            (r#"{"mounts":[{},["/a"]]}"#, "/mounts/1"),
            (r#"{"linux":[]}"#, "/linux"),
            (r#"{"linux":{"resources":[]}}"#, "/linux/resources"),
            (r#"{"linux":{"resources":{"memory":[5]}}}"#, "/linux/resources/memory"),
            (r#"{"linux":{"seccomp":[]}}"#, "/linux/seccomp"),
            (r#"{"linux":{"namespaces":[["pid"]]}}"#, "/linux/namespaces/0"),
        ] {
            let text = read::<Spec<'_>>("f", json.as_bytes()).unwrap_err().to_string();
            let start = if pointer.is_empty() { "f: ".to_owned() } else { format!("f: {pointer}") };
            assert!(text.starts_with(&start) && text.contains("expected an object"), "{json}: {text}");
        }
        let nulls =
            r#"{"process":null,"hooks":null,"linux":{"resources":null,"seccomp":null},"mounts":null}"#;
        read::<Spec<'_>>("f", nulls.as_bytes()).unwrap();
        read::<Spec<'_>>("f", b"{} {}").unwrap_err();
    }

    #[test]
    fn broken_documents_have_a_place_too() {
        for (json, start) in [
            ("", "f: EOF"),
            ("[", "f: /0: "),
            (r#"{"process":{"cwd":"#, "f: /process/cwd: EOF"),
            (r#"{"process":{"cwd":"/"} x"#, "f: /process: "),
            (r#"{"a\"#, "f: "),
        ] {
            let error = serde_json::from_str::<Spec<'_>>(json).unwrap_err();
            let text = wrong("f", json.as_bytes(), &error).to_string();
            assert!(text.starts_with(start), "{json}: {text}");
        }
    }
}
