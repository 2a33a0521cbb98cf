// SPDX-License-Identifier: Apache-2.0

use integration_tests::{Systems, needs, run, wait_until};
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn logs_are_followed_to_the_end_over_a_reboot() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    // The first time it reboots, the second it ends.
    let script = "echo one two; echo three; [ -e /again ] && exit 0; touch /again; sleep 1; reboot -f";
    let web = systems.scripted("web", script);
    systems.run(&["start", &web]).ok();
    let ran = systems.run_within(Duration::from_secs(60), &["logs", "--follow", &web]).ok();
    assert_eq!(ran.stdout.matches("three").count(), 2, "{}", ran.stdout);
    let tail = systems.run(&["logs", "-n", "1", &web]).ok().stdout;
    assert_eq!(tail.trim_end(), "three");
    // Nothing runs: there is nothing to follow.
    assert_eq!(systems.run(&["logs", "-f", "-n", "1", &web]).ok().stdout, tail);
}

// LX-35
#[test]
fn a_log_is_read_over_its_files_and_bounded() {
    needs!(Root, Overlay);
    let systems = Systems::empty();
    let web = systems.scripted("web", "read word; seq 1 8000; read word; echo later; read word");
    systems.run(&["set", &web, "log_max=8K", "log_files=3"]).ok();
    systems.run(&["start", &web]).ok();
    // Follows from before the first byte, while files are begun and removed.
    let mut follow = systems.command(&["logs", "--follow", &web]);
    let file = systems.folder.join("followed");
    follow.stdout(std::fs::File::create(&file).expect("the folder is ours"));
    let mut follow = follow.spawn().expect("ctctl can be run");
    let console = |text: &str| {
        let mut command = systems.command(&["console", "--escape", "none", &web]);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn().expect("ctctl can be run");
        child.stdin.as_mut().expect("it is piped").write_all(text.as_bytes()).expect("it reads");
        child
    };
    let mut first = console("\n");
    let tail = || systems.run(&["logs", "-n", "1", &web]).ok().stdout.replace('\r', "");
    assert!(wait_until(|| tail() == "8000\n"), "{}", tail());
    let folder = systems.folder.join("log");
    let sizes = || {
        let files = std::fs::read_dir(&folder).unwrap().flatten();
        let logs = files.filter(|file| !file.file_name().to_string_lossy().ends_with("times"));
        logs.map(|file| file.metadata().unwrap().len()).collect::<Vec<_>>()
    };
    assert!(sizes().len() == 4 && sizes().iter().all(|size| *size <= 12 << 10), "{:?}", sizes());
    // Over the borders of files no line is missing.
    let text = systems.run(&["logs", "-n", "3000", &web]).ok().stdout.replace('\r', "");
    let expected: String = (5001..=8000).map(|n| format!("{n}\n")).collect();
    assert_eq!(text, expected);
    // The clock's seconds part what was printed before from what is printed later.
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let before = now();
    assert!(wait_until(|| now() > before));
    let mut second = console("\n");
    assert!(wait_until(|| tail() == "later\n"));
    let mut since = systems.command(&["logs", &web, "--since"]);
    let since = run(since.arg(format!("@{}", before + 1)), &systems.folder).ok().stdout.replace('\r', "");
    assert_eq!(since.trim_start(), "later\n");
    systems.run(&["logs", "--since", "yesterday", &web]).exits(2);
    systems.run(&["stop", "--kill", &web]).ok();
    for child in [&mut first, &mut second, &mut follow] {
        assert!(child.wait().expect("our own child can be waited for").success());
    }
    let followed = std::fs::read_to_string(&file).unwrap().replace('\r', "");
    assert!(followed.trim_end().ends_with("8000\n\nlater"), "{}", &followed[followed.len() - 50..]);
    systems.run(&["destroy", &web]).ok();
    assert_eq!(systems.left_behind(), Vec::<String>::new());
}
