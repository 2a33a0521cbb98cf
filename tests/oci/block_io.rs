// SPDX-License-Identifier: Apache-2.0
//! `linux.resources.blockIO`, read back from the cgroup (SP-28).

use std::fs;

use integration_tests::{Need, disk, is_met, limit, needs};
use serde_json::json;

use crate::limits::{created, here, with};

// SP-28
#[test]
fn block_io_throttles() {
    needs!(Root);
    let (major, minor) = disk();
    let rate = |rate: u64| json!([{ "major": major, "minor": minor, "rate": rate }]);
    let ct = created(&json!({ "blockIO": {
        "throttleReadBpsDevice": rate(1 << 20), "throttleWriteBpsDevice": rate(2 << 20),
        "throttleReadIOPSDevice": rate(100), "throttleWriteIOPSDevice": rate(200),
    } }));
    if is_met(Need::CgroupV2) {
        let expected = format!("{major}:{minor} rbps=1048576 wbps=2097152 riops=100 wiops=200");
        assert_eq!(limit(&ct.id, &["io.max"]), expected);
    } else {
        for (word, rate) in
            [("read_bps", 1 << 20), ("write_bps", 2 << 20), ("read_iops", 100), ("write_iops", 200)]
        {
            let file = format!("blkio.throttle.{word}_device");
            assert_eq!(limit(&ct.id, &[&file]), format!("{major}:{minor} {rate}"));
        }
    }
    // 0 is no limit. What is not named stays.
    let rules = json!({ "blockIO": { "throttleReadBpsDevice": rate(0) } });
    fs::write(ct.folder.join("resources.json"), rules.to_string()).unwrap();
    ct.ctrun(["update", "--resources", "resources.json", &ct.id]).ok();
    let expected = format!("{major}:{minor} rbps=max wbps=2097152 riops=100 wiops=200");
    let left = limit(&ct.id, &["io.max", "blkio.throttle.read_bps_device"]);
    assert_eq!(left, here(expected.as_str(), ""));
    ct.delete_force().ok();
    let ct =
        with(&json!({ "blockIO": { "throttleReadBpsDevice": [{ "major": 4095, "minor": 0, "rate": 1 }] } }));
    ct.create().fails_with("/linux/resources/blockIO/throttleReadBpsDevice");
}

// SP-28: the BFQ scheduler's file has v1's range, the general one of v2 its own; a host may have neither.
#[test]
fn block_io_weights() {
    needs!(Root);
    let ct = with(&json!({ "blockIO": { "weight": 500, "leafWeight": 0, "weightDevice": [] } }));
    let ran = ct.create();
    if ran.code != 0 {
        ran.fails_with("/linux/resources/blockIO/weight").fails_with("does not offer");
        return;
    }
    let weight = limit(&ct.id, &["io.bfq.weight", "io.weight", "blkio.bfq.weight", "blkio.weight"]);
    assert!(["500", "default 500", "default 4950"].contains(&weight.as_str()), "{weight}");
    ct.ctrun(["update", "--blkio-weight", "10", &ct.id]).ok();
    let weight = limit(&ct.id, &["io.bfq.weight", "io.weight", "blkio.bfq.weight", "blkio.weight"]);
    assert!(["10", "default 10", "default 1"].contains(&weight.as_str()), "{weight}");
    ct.delete_force().ok();
}

// SP-28: a disk's own weight needs a scheduler that knows weights.
#[test]
fn block_io_weight_of_a_device() {
    needs!(Root, CgroupV2);
    let (major, minor) = disk();
    let ct = with(&json!({ "blockIO": {
        "leafWeight": 300, "weightDevice": [{ "major": major, "minor": minor, "weight": 300, "leafWeight": 300 }],
    } }));
    let scheduler = fs::read_to_string("/sys/block/vda/queue/scheduler").unwrap_or_default();
    let ran = ct.create();
    assert!(ran.stderr.contains("leafWeight is ignored"), "{ran:?}");
    if !scheduler.contains("[bfq]") {
        ran.fails_with("/linux/resources/blockIO/weightDevice");
        return;
    }
    let weights = limit(&ct.id, &["io.bfq.weight"]);
    assert!(weights.lines().any(|line| line == format!("{major}:{minor} 300")), "{weights}");
    ct.delete_force().ok();
}
