// SPDX-License-Identifier: Apache-2.0
//! Networks of systems. The manager of each test is in a network namespace of its own.

use integration_tests::{Network, Ran, Systems, dist, needs, run, wait_until};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

fn inside(systems: &Systems, name: &str, script: &str) -> Ran {
    systems.run(&["exec", name, "--", "sh", "-c", script])
}

fn reaches(systems: &Systems, from: &str, to: &str) -> bool {
    inside(systems, from, &format!("ping -c 1 -W 1 {to}")).code == 0
}

fn key(systems: &Systems, name: &str, key: &str) -> String {
    systems.run(&["info", "--json", name]).ok().json()[key].as_str().unwrap_or_default().to_owned()
}

/// Interfaces, tables and processes that are not there before the first system.
fn shared(systems: &Systems) -> String {
    let line = "ip -br link | grep -v '^lo' ; nft list tables; ls $CTCTL_RUN/network 2> /dev/null; true";
    let mut command = systems.command(&[]);
    let run = command.get_envs().find(|(name, _)| *name == "CTCTL_RUN").and_then(|(_, value)| value);
    let run = run.unwrap().to_string_lossy().into_owned();
    command.env_clear();
    systems.host().sh(&line.replace("$CTCTL_RUN", &run)).ok().stdout
}

// VZ-34, IN-09, DK-08
#[test]
fn a_system_reaches_the_host_and_another_one_by_name() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    assert_eq!(shared(&systems), "");
    let (one, two) = (systems.running("one"), systems.running("two"));
    let script = "ping -c 1 -W 5 $(ip route | sed -n 's/default via //p' | cut -d' ' -f1)";
    inside(&systems, &one, script).ok();
    assert!(wait_until(|| reaches(&systems, &one, &two)));
    assert!(wait_until(|| reaches(&systems, &two, &format!("-6 {one}"))));
    // The address and the hardware address are the system's own for its life.
    let before = inside(&systems, &one, "ip addr show eth0 | grep -E 'ether|inet '").ok().stdout;
    systems.run(&["restart", &one]).ok();
    assert_eq!(inside(&systems, &one, "ip addr show eth0 | grep -E 'ether|inet '").ok().stdout, before);
    systems.run(&["stop", &one]).ok();
    assert!(!reaches(&systems, &two, &one));
    systems.run(&["destroy", "--force", &two]).ok();
    assert_eq!(shared(&systems), "", "the last one leaves nothing");
}

// IN-09: neither another's hardware address nor another's address, on any of the ways to claim one.
#[test]
fn a_system_cannot_send_with_what_is_another_ones() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let (one, two) = (systems.running("one"), systems.running("two"));
    let of_two = key(&systems, &two, "address");
    let of_one = key(&systems, &one, "address");
    assert!(wait_until(|| reaches(&systems, &one, &of_two)));
    // Another address of the same network, which nobody has.
    let free = of_two.rsplit_once('.').map(|(head, _)| format!("{head}.99")).unwrap();
    inside(&systems, &one, &format!("ip addr add {free}/20 dev eth0")).ok();
    let from_free = inside(&systems, &one, &format!("ping -c 1 -W 1 -I {free} {of_two}"));
    assert_ne!(from_free.code, 0, "sent with an address that is not its own: {from_free:?}");
    let arp = inside(&systems, &one, &format!("arping -c 1 -w 1 -s {free} -I eth0 {of_two}"));
    assert_ne!(arp.code, 0, "said that it has an address that is not its own: {arp:?}");
    let own = inside(&systems, &one, &format!("arping -c 1 -w 5 -s {of_one} -I eth0 {of_two}"));
    assert_eq!(own.code, 0, "its own is heard: {own:?}");
    inside(
        &systems,
        &one,
        "ip -6 addr add fd00:bad::7/64 dev eth0 nodad || ip -6 addr add fd00:bad::7/64 dev eth0",
    )
    .ok();
    inside(&systems, &two, "ip -6 route add fd00:bad::/64 dev eth0").ok();
    let of_two6 = "ip -6 addr show eth0 | sed -n 's/.*inet6 \\(fd[^/]*\\).*/\\1/p' | head -1";
    let of_two6 = inside(&systems, &two, of_two6).ok().stdout.trim().to_owned();
    assert!(reaches(&systems, &one, &format!("-6 {of_two6}")));
    // A neighbour that asks for it hears no answer.
    assert!(!reaches(&systems, &two, "-6 fd00:bad::7"));
    // Another hardware address.
    inside(&systems, &one, &format!("ip addr del {free}/20 dev eth0")).ok();
    assert!(reaches(&systems, &one, &of_two));
    // It asks nobody where the other one is, so that its own frame is all that there is to stop.
    let of_two = of_two.as_str();
    let mac = inside(&systems, &two, "cat /sys/class/net/eth0/address").ok().stdout;
    let spoof = format!("ip link set eth0 address 02:00:00:00:00:99 && arp -s {of_two} {mac}");
    inside(&systems, &one, spoof.trim()).ok();
    assert!(!reaches(&systems, &one, of_two), "it sends with another hardware address");
    // The bridge learns from what it lets through.
    let known = systems.host().sh("bridge fdb show").ok().stdout;
    assert!(known.contains(mac.trim()) && !known.contains("02:00:00:00:00:99"), "{known}");
}

#[test]
fn none_is_the_loopback_alone_and_host_is_the_hosts() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    for (name, network) in [("@none", "none"), ("@host", "host")] {
        systems.run(&["create", name, "-t", "busybox", &format!("network={network}")]).ok();
        systems.run(&["start", name]).ok();
    }
    let links = "ip -o link | wc -l";
    assert_eq!(inside(&systems, "@none", links).ok().stdout.trim(), "1");
    systems.host().sh("ip link add seen type bridge").ok();
    assert!(inside(&systems, "@host", "ip link").ok().stdout.contains("seen"));
    assert!(!systems.folder.join("run/network").exists());
}

// VZ-36: an administrator's bridge.
#[test]
fn a_bridge_of_the_administrator_is_used_and_left() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    systems.run(&["create", "@web", "-t", "busybox", "network=bridge:br0", "ip=192.0.2.7/24"]).ok();
    systems.run(&["start", "@web"]).exits(7).fails_with("no bridge br0");
    assert_eq!(systems.status("@web")["status"], "stopped");
    let lan = Network::new();
    systems.host().connect("up0", &lan, "eth0");
    systems.host().sh("ip link add br0 type bridge; ip link set br0 up; ip link set up0 master br0").ok();
    lan.sh("ip addr add 192.0.2.1/24 dev eth0; ip addr add 198.51.100.1/32 dev lo").ok();
    systems.run(&["set", "@web", "gateway=192.0.2.1", "mac=02:00:5e:10:00:01"]).ok();
    systems.run(&["start", "@web"]).ok();
    assert!(wait_until(|| lan.sh("ping -c 1 -W 1 192.0.2.7").code == 0));
    assert!(reaches(&systems, "@web", "198.51.100.1"), "through the gateway");
    assert!(lan.sh("ip neigh show 192.0.2.7").stdout.contains("02:00:5e:10:00:01"));
    // Live.
    systems.run(&["set", "@web", "ip+=192.0.2.8/24"]).ok();
    assert!(wait_until(|| lan.sh("ping -c 1 -W 1 192.0.2.8").code == 0));
    systems.run(&["set", "@web", "ip-=192.0.2.7/24"]).ok();
    assert_ne!(lan.sh("ping -c 1 -W 1 192.0.2.7").code, 0);
    systems.run(&["stop", "@web"]).ok();
    systems.host().sh("ip link show br0").ok();
    assert_eq!(systems.host().sh("nft list tables").ok().stdout, "");
}

// VZ-34: as venet has it.
#[test]
fn routed_addresses_are_reached_at_once_and_taken_away_live() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let lan = Network::new();
    systems.host().connect("up0", &lan, "eth0");
    systems.host().sh("ip addr add 192.0.2.1/24 dev up0; ip -6 addr add 2001:db8::1/64 dev up0 nodad").ok();
    lan.sh("ip addr add 192.0.2.2/24 dev eth0; ip -6 addr add 2001:db8::2/64 dev eth0 nodad").ok();
    systems.run(&["create", "@web", "-t", "busybox", "network=routed", "ip=192.0.2.7/24"]).ok();
    systems.run(&["start", "@web"]).ok();
    systems.host().sh("ping -c 1 -W 5 192.0.2.7").ok();
    // A neighbour of the host asks for it, and the host answers.
    lan.sh("ping -c 1 -W 5 192.0.2.7").ok();
    assert!(reaches(&systems, "@web", "192.0.2.2"));
    systems.run(&["set", "@web", "ip+=2001:db8::7", "ip+=198.51.100.7"]).ok();
    systems.host().sh("ping -c 1 -W 5 198.51.100.7 && ping -c 1 -W 5 2001:db8::7").ok();
    lan.sh("ping -c 1 -W 5 2001:db8::7").ok();
    systems.run(&["set", "@web", "ip-=192.0.2.7/24"]).ok();
    assert_ne!(systems.host().sh("ping -c 1 -W 1 192.0.2.7").code, 0);
    assert!(!systems.host().sh("ip neigh show proxy").ok().stdout.contains("192.0.2.7"));
    // It sends with its own alone.
    inside(&systems, "@web", "ip addr add 198.51.100.9/32 dev eth0").ok();
    assert_ne!(inside(&systems, "@web", "ping -c 1 -W 1 -I 198.51.100.9 192.0.2.1").code, 0);
    assert_eq!(inside(&systems, "@web", "ping -c 1 -W 5 -I 198.51.100.7 192.0.2.1").code, 0);
    systems.run(&["set", "@web", "ip+=192.0.2.1"]).exits(7).fails_with("192.0.2.1 is this host's own");
    systems.host().sh("ping -c 1 -W 5 198.51.100.7").ok();
    systems.run(&["set", "@web", "ip-=all"]).ok();
    systems.run(&["stop", "@web"]).ok();
    assert_eq!(
        systems.host().sh("ip route show 198.51.100.7; ip neigh show proxy; nft list tables").ok().stdout,
        ""
    );
}

#[test]
fn keys_that_do_not_go_together_are_refused() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let create = |keys: &[&str]| systems.run(&[&["create", "@x", "-t", "busybox"], keys].concat());
    create(&["ip=10.0.0.1"]).exits(7).fails_with("ip: network=nat has no addresses to choose");
    create(&["network=none", "gateway=10.0.0.1"]).exits(7).fails_with("gateway");
    create(&["network=bridge:br0", "gateway=10.0.0.1"]).exits(7).fails_with("in no network of ip");
    create(&["address=10.99.0.2"]).exits(7).fails_with("is no address for a system in 10.86.0.0/20");
    create(&["network=brigde:br0"]).exits(7).fails_with("none of nat, none, host, routed, bridge:NAME");
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    create(&[]).ok();
    assert_eq!(key(&systems, "@x", "address"), "10.86.0.2");
    let other = systems.run(&["create", "@y", "-t", "busybox", "address=10.86.0.2"]);
    other.exits(7).fails_with("address: 10.86.0.2 is");
}

#[test]
fn the_private_network_is_none_that_the_host_knows() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    systems
        .host()
        .sh("ip link add lan0 type bridge; ip link set lan0 up; ip addr add 10.86.3.1/24 dev lan0")
        .ok();
    systems.host().sh("ip route add 10.86.16.0/22 dev lan0; ip link add ctctl0 type bridge").ok();
    systems.run(&["create", "@x", "-t", "busybox"]).ok();
    assert_eq!(key(&systems, "@x", "address"), "10.86.32.2");
    let chosen = fs::read_to_string(systems.folder.join("etc/network.toml")).unwrap();
    assert!(chosen.contains("bridge = \"ctctl1\"") && chosen.contains("10.86.32.0/20"), "{chosen}");
}

// SEC-03, VZ-41: what somebody inside made of /etc leads nowhere.
#[test]
fn a_resolv_conf_that_leads_out_is_replaced_and_followed_by_nobody() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let victim = systems.folder.join("victim");
    fs::write(&victim, "untouched").unwrap();
    let name = systems.running("web");
    let link = format!("rm -f /etc/resolv.conf; ln -s {} /etc/resolv.conf", victim.display());
    inside(&systems, &name, &link).ok();
    systems.run(&["set", &name, "nameserver=192.0.2.53", "searchdomain=example.com"]).ok();
    systems.run(&["restart", &name]).ok();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
    let text = inside(&systems, &name, "cat /etc/resolv.conf").ok().stdout;
    assert!(text.contains("nameserver 192.0.2.53\nsearch example.com ctctl\n"), "{text}");
    inside(&systems, &name, "rm -rf /etc; ln -s /tmp /etc").ok();
    systems.run(&["restart", &name]).ok();
}

// VZ-41: live and across a restart, through what somebody inside made of it.
#[test]
fn names_change_in_a_running_system() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let victim = systems.folder.join("victim");
    fs::write(&victim, "untouched").unwrap();
    let name = systems.running("web");
    let shown = "hostname; cat /etc/hostname; grep -v '^#' /etc/resolv.conf; stat -c %u /etc/resolv.conf";
    assert!(inside(&systems, &name, shown).ok().stdout.ends_with("nameserver 10.86.0.1\nsearch ctctl\n0\n"));
    let link = format!("ln -sf {0} /etc/resolv.conf; ln -sf {0} /etc/hostname", victim.display());
    inside(&systems, &name, &link).ok();
    let set = ["set", &name, "hostname=shop", "nameserver=192.0.2.53", "searchdomain=example.com"];
    assert_eq!(systems.run(&set).ok().stderr, "");
    let wanted = "shop\nshop\nnameserver 192.0.2.53\nsearch example.com ctctl\n0\n";
    assert_eq!(inside(&systems, &name, shown).ok().stdout, wanted);
    systems.run(&["restart", &name]).ok();
    assert_eq!(inside(&systems, &name, shown).ok().stdout, wanted);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "untouched");
}

// A start or a stop that is killed in the middle of its network work leaves what the next one puts right.
#[test]
fn a_networked_start_may_be_killed_at_any_moment() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let name = systems.name("web");
    systems.run(&["create", &name, "--template", "busybox"]).ok();
    for step in 0..12_u64 {
        let mut start = systems.command(&["start", &name]);
        let mut start = start.stderr(Stdio::null()).spawn().unwrap();
        assert!(wait_until(|| !systems.monitors(&name).is_empty()));
        std::thread::sleep(Duration::from_millis(step * 3));
        for monitor in systems.monitors(&name) {
            let _gone =
                Command::new("kill").args(["-9", &monitor.to_string()]).stderr(Stdio::null()).status();
        }
        start.wait().unwrap();
        let again = systems.run(&["start", &name]);
        assert!(again.code == 0 || again.stderr.contains("it runs already"), "{step}: {again:#?}");
        inside(&systems, &name, "ping -c 1 -W 5 10.86.0.1").ok();
        systems.run(&["stop", "--kill", &name]).ok();
        assert_eq!(shared(&systems), "", "{step}");
    }
}

// What kill -9 leaves is put right by the next start, and a veth that is not ours is nobody's to remove.
#[test]
fn what_a_killed_monitor_leaves_is_removed() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let name = systems.running("web");
    let kill_all = || {
        let pid = systems.status(&name)["pid"].to_string();
        for process in systems.monitors(&name).iter().map(ToString::to_string).chain([pid]) {
            systems.host().sh(&format!("kill -9 {process}")).ok();
        }
        systems.wait_for(&name, "stopped");
    };
    kill_all();
    assert!(
        systems.host().sh("nft list tables").ok().stdout.contains("ctctl0"),
        "it was killed before it could"
    );
    systems.run(&["start", &name]).ok();
    inside(&systems, &name, "ping -c 1 -W 5 $(ip route | sed -n 's/default via //p' | cut -d' ' -f1)").ok();
    systems.run(&["stop", &name]).ok();
    assert_eq!(shared(&systems), "");
    systems.host().sh("ip link add ve101 type bridge").ok();
    systems.run(&["start", &name]).fails_with("the interface ve101 is not");
    assert_eq!(systems.status(&name)["status"], "stopped");
    // It is no reason for the system to stay either.
    systems.run(&["destroy", &name]).ok();
    systems.run(&["create", &name, "-t", "busybox"]).ok();
    assert!(systems.host().sh("ip link show ve101").code == 0);
    systems.host().sh("ip link del ve101").ok();
    systems.run(&["start", &name]).ok();
    kill_all();
    systems.run(&["destroy", &name]).ok();
    assert_eq!(shared(&systems), "", "a destroy removes what a killed one left");
}

// The systemd of a system finds its network there, and has nothing to wait for.
#[test]
fn a_debian_finds_its_network_configured() {
    needs!(Root, Nat, Mmdebstrap);
    let systems = Systems::networked();
    systems.run_within(Duration::from_secs(600), &["template", "build", "debian-12"]).ok();
    let other = systems.running("other");
    systems.run(&["create", "@deb", "-t", "debian-12"]).ok();
    systems.run(&["start", "@deb"]).ok();
    let up = || systems.run(&["exec", "@deb", "--", "systemctl", "is-system-running"]).stdout == "running\n";
    assert!(wait_until(up), "{:?}", systems.run(&["exec", "@deb", "--", "systemctl", "--failed"]));
    inside(&systems, "@deb", &format!("ping -c 1 -W 5 {other}")).ok();
    inside(&systems, "@deb", "systemctl start systemd-networkd").ok();
    let online = "timeout 20 /lib/systemd/systemd-networkd-wait-online";
    inside(&systems, "@deb", online).ok();
    let links = inside(&systems, "@deb", "networkctl --no-pager").ok().stdout;
    assert!(links.contains("routable    configured"), "{links}");
    // VZ-71: its names change while it runs.
    systems.run(&["set", "@deb", "hostname=shop", "searchdomain=example.com"]).ok();
    let names = inside(&systems, "@deb", "hostname; cat /etc/hostname; grep ^search /etc/resolv.conf").ok();
    assert_eq!(names.stdout, "shop\nshop\nsearch example.com ctctl\n");
    inside(&systems, "@deb", &format!("ping -c 1 -W 5 {other}")).ok();
}

#[test]
fn the_commands_of_the_guide_work() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/network.md");
    let text = fs::read_to_string(page).unwrap();
    let blocks = text.split("```sh run network\n").skip(1).filter_map(|rest| rest.split("```").next());
    let path = format!("{}:{}", dist().join("bin").display(), std::env::var("PATH").unwrap());
    let mut count = 0;
    for block in blocks {
        let mut shell = Command::new("sh");
        shell.args(["-ec", block]).current_dir(&systems.folder).env("PATH", &path);
        for (variable, value) in systems.command(&[]).get_envs() {
            shell.env(variable, value.unwrap());
        }
        let ran = run(&mut systems.host().inside(&shell), &systems.folder);
        assert_eq!(ran.code, 0, "{block}: {ran:#?}");
        count += 1;
    }
    assert!(count >= 5, "only {count} blocks were found");
}

// IN-09: who says over IPv6 that it is a router, or has another's address, is not heard.
#[test]
fn a_system_cannot_speak_for_its_neighbours() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let (one, two) = (systems.running("one"), systems.running("two"));
    let address = |name: &str, scope: &str| {
        let line = format!("ip -6 addr show eth0 scope {scope} | sed -n 's/.*inet6 \\([^/]*\\).*/\\1/p'");
        inside(&systems, name, &line).ok().stdout.trim().to_owned()
    };
    // The address of its link is usable a moment after the start.
    let usable = || !inside(&systems, &one, "ip -6 addr show eth0").ok().stdout.contains("tentative");
    assert!(wait_until(usable));
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("ctctl/neighbours.py");
    let command = |name: &str, words: &[&str]| {
        let mut command = Command::new("nsenter");
        let net = format!("--net=/proc/{}/ns/net", systems.status(name)["pid"]);
        command.args([&net, "python3"]).arg(&program).args(words);
        command
    };
    let heard = systems.folder.join("heard");
    let mut listener = command(&two, &["hear", &address(&one, "link")]);
    let mut listener = listener.stdout(fs::File::create(&heard).unwrap()).spawn().unwrap();
    let said = || fs::read_to_string(&heard).unwrap();
    assert!(wait_until(|| said() == "listening\n"));
    let own = address(&one, "global");
    let foreign = address(&two, "global");
    run(&mut command(&one, &["say", &own, &foreign]), &systems.folder).ok();
    listener.wait().unwrap();
    assert_eq!(said(), format!("listening\n136 {own}\n"));
}

#[test]
fn a_host_that_cannot_translate_says_what_is_missing() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let create = systems.command(&["create", "@web", "-t", "busybox"]);
    let mut without = Command::new("unshare");
    let hide = "mount --bind /dev/null $(command -v nft) && exec \"$@\"";
    without.args(["--mount", "sh", "-c", hide, "sh"]).arg(create.get_program()).args(create.get_args());
    without.envs(create.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = run(&mut without, &systems.folder).exits(9);
    assert!(ran.stderr.contains("no program nft (package nftables)"), "{ran:?}");
    assert!(ran.stderr.contains("network=none"), "{ran:?}");
    assert_eq!(systems.left_behind(), Vec::<String>::new());
    assert!(!systems.folder.join("etc/network.toml").exists());
    // Another default is one line.
    fs::write(systems.folder.join("etc/network.toml"), "default = \"none\"\n").unwrap();
    systems.run(&["create", "@web", "-t", "busybox"]).ok();
    assert_eq!(key(&systems, "@web", "network"), "none");
    fs::write(systems.folder.join("etc/network.toml"), "defalt = \"none\"\n").unwrap();
    systems.run(&["create", "@two", "-t", "busybox"]).exits(7).fails_with("no key \"defalt\"");
}
