// SPDX-License-Identifier: Apache-2.0
//! Published ports, asked from a host outside.

use integration_tests::{Network, Systems, needs, wait_until};
use std::process::{Child, Command};

/// A host outside, at 192.0.2.2 and 2001:db8::2, of a manager at .1 and ::1.
fn outside(systems: &Systems) -> Network {
    let outside = Network::new();
    systems.host().connect("up0", &outside, "eth0");
    for (network, line) in [
        (systems.host(), "ip addr add 192.0.2.1/24 dev up0; ip -6 addr add 2001:db8::1/64 dev up0 nodad"),
        (&outside, "ip addr add 192.0.2.2/24 dev eth0; ip -6 addr add 2001:db8::2/64 dev eth0 nodad"),
    ] {
        network.sh(line).ok();
    }
    outside
}

/// Asks for a page that ends with its text.
fn ask(address: &str) -> String {
    format!("printf 'GET /name HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 5 {address}")
}

/// Whether a page of this text is got there.
fn gets(network: &Network, address: &str, text: &str) -> bool {
    network.sh(&ask(address)).stdout.ends_with(text)
}

/// A server in a network, there for as long as this value.
struct Server(Child);

impl Server {
    fn new(network: &Network, port: u16) -> Self {
        let mut command = Command::new("busybox");
        command.args(["httpd", "-f", "-p", &port.to_string(), "-h", "/usr/share/common-licenses"]);
        let server = Self(network.inside(&command).spawn().expect("busybox can be run"));
        let listens = || !network.sh(&format!("ss -Hltn sport = :{port}")).stdout.is_empty();
        assert!(wait_until(listens));
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn serving(systems: &Systems, name: &str) -> String {
    let name = systems.running(name);
    let script = "mkdir -p /www && hostname > /www/name && httpd -p 80 -h /www";
    systems.run(&["exec", &name, "--", "sh", "-c", script]).ok();
    name
}

// IN-03 proxy, IN-09 forward
#[test]
fn a_published_port_is_answered_from_outside_at_once_and_after_a_start() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let outside = outside(&systems);
    let name = serving(&systems, "web");
    let url = "192.0.2.1 8080";
    let text = format!("{name}\n");
    assert!(!gets(&outside, url, &text));
    systems.run(&["port", "add", &name, "8080:80"]).ok();
    assert!(wait_until(|| gets(&outside, url, &text)));
    assert!(wait_until(|| gets(&outside, "2001:db8::1 8080", &text)), "over IPv6");
    assert!(wait_until(|| gets(systems.host(), url, &text)), "from the host itself");
    let other = systems.running("other");
    let from_beside = systems.run(&["exec", &other, "--", "sh", "-c", &ask(url)]).ok();
    assert!(from_beside.stdout.ends_with(&text), "{from_beside:?}");
    systems.run(&["restart", &name]).ok();
    systems.run(&["exec", &name, "--", "httpd", "-p", "80", "-h", "/www"]).ok();
    assert!(wait_until(|| gets(&outside, url, &text)), "after a start");
    let listed = systems.run(&["port", "ls", "--json"]).ok().json();
    assert_eq!(listed[0]["host_port"], 8080);
    systems.run(&["port", "rm", &name, "8080:80"]).ok();
    assert!(!gets(&outside, url, &text));
    assert_eq!(systems.run(&["port", "ls"]).ok().stdout.lines().count(), 1);
}

// IN-09: what is not published is not reached from outside, even by who knows the way.
#[test]
fn the_private_network_is_closed_to_the_outside() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let outside = outside(&systems);
    let name = serving(&systems, "web");
    let address = systems.run(&["info", "--json", &name]).ok().json()["address"].as_str().unwrap().to_owned();
    outside.sh(&format!("ip route add {address} via 192.0.2.1")).ok();
    let url = format!("{address} 80");
    assert!(wait_until(|| gets(systems.host(), &url, &format!("{name}\n"))), "the host reaches it");
    assert!(!gets(&outside, &url, &format!("{name}\n")));
    // The other way is open, from the host's address.
    let _server = Server::new(&outside, 8000);
    let got = systems.run(&["exec", &name, "--", "sh", "-c", &ask("192.0.2.2 8000")]).ok();
    assert!(got.stdout.contains("404 Not Found"), "{got:?}");
}

#[test]
fn a_port_that_somebody_has_is_refused() {
    needs!(Root, Nat);
    let systems = Systems::networked();
    let (one, two) = (systems.running("one"), systems.running("two"));
    systems.run(&["port", "add", &one, "8080:80"]).ok();
    systems.run(&["port", "add", &one, "8080:80"]).exits(7).fails_with("there twice");
    let refused = systems.run(&["port", "add", &two, "8080:8080"]).exits(7);
    refused.fails_with(&format!("collides with 8080:80 of {one}"));
    systems.run(&["port", "add", &two, "8080:80/udp"]).ok();
    systems.run(&["port", "add", &two, "192.0.2.9:81:80"]).exits(7).fails_with("does not have the address");
    systems.run(&["port", "rm", &two, "9:9"]).exits(7).fails_with("is not there");
    let _server = Server::new(systems.host(), 82);
    systems.run(&["port", "add", &two, "82:80"]).exits(7).fails_with("a program of this host listens");
    systems
        .run(&["create", "@none", "-t", "busybox", "network=none", "port=1:1"])
        .exits(7)
        .fails_with("publishes none");
}
