// SPDX-License-Identifier: Apache-2.0
//! Podman's profile, from the format of engines to the one of config.json, as an engine would for these capabilities.

use serde_json::{Map, Value, json};

const CAPABILITIES: &[&str] = &["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
const ARCHITECTURES: &[&str] = &["amd64", "x86_64"];

pub(crate) fn from_engine_profile(profile: &Value) -> Value {
    let rules = profile["syscalls"].as_array().map_or(&[][..], Vec::as_slice);
    let kept: Vec<Value> = rules.iter().filter(|r| applies(r)).map(rule).collect();
    let mut out = json!({
        "defaultAction": profile["defaultAction"],
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": kept,
    });
    if let Some(number) = profile.get("defaultErrnoRet").filter(|n| !n.is_null()) {
        out["defaultErrnoRet"] = number.clone();
    }
    out
}

fn words<'a>(rule: &'a Value, list: &str, key: &str) -> Vec<&'a str> {
    rule[list][key].as_array().map_or_else(Vec::new, |l| l.iter().filter_map(Value::as_str).collect())
}

fn applies(rule: &Value) -> bool {
    let includes_arch = words(rule, "includes", "arches");
    let excludes_arch = words(rule, "excludes", "arches");
    let is_ours = |list: &[&str]| list.iter().any(|a| ARCHITECTURES.contains(a));
    (includes_arch.is_empty() || is_ours(&includes_arch))
        && !is_ours(&excludes_arch)
        && words(rule, "includes", "caps").iter().all(|c| CAPABILITIES.contains(c))
        && !words(rule, "excludes", "caps").iter().any(|c| CAPABILITIES.contains(c))
}

fn rule(rule: &Value) -> Value {
    let mut out = Map::new();
    for key in ["names", "action", "errnoRet"] {
        if let Some(value) = rule.get(key).filter(|v| !v.is_null()) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    let args = rule["args"].as_array().map_or(&[][..], Vec::as_slice);
    if !args.is_empty() {
        let kept = |a: &Value| json!({ "index": a["index"], "value": a["value"], "valueTwo": a["valueTwo"], "op": a["op"] });
        out.insert("args".to_owned(), args.iter().map(kept).collect());
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_for_other_machines_and_capabilities_are_left_out() {
        let profile = json!({ "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [
            { "names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [], "includes": {}, "excludes": {} },
            { "names": ["sync_file_range2"], "action": "SCMP_ACT_ALLOW", "includes": { "arches": ["arm"] } },
            { "names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": { "caps": ["CAP_SYS_ADMIN"] } },
            { "names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": { "caps": ["CAP_SYS_ADMIN"] },
              "args": [{ "index": 0, "value": 1, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ", "comment": "x" }] },
        ]});
        let out = from_engine_profile(&profile);
        let names: Vec<&str> =
            out["syscalls"].as_array().unwrap().iter().filter_map(|r| r["names"][0].as_str()).collect();
        assert_eq!(names, ["read", "clone"]);
        assert_eq!(out["defaultErrnoRet"], 38);
        assert!(out["syscalls"][1]["args"][0].get("comment").is_none());
    }
}
