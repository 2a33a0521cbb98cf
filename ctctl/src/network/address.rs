// SPDX-License-Identifier: Apache-2.0
//! Addresses: blocks of them, hardware addresses, and what is made from what.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// An address with the length of its network's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The address.
    pub address: IpAddr,
    /// How many of its bits name the network.
    pub prefix: u8,
}

impl Block {
    /// An address with this prefix.
    #[must_use]
    pub fn new(address: impl Into<IpAddr>, prefix: u8) -> Block {
        Block { address: address.into(), prefix }
    }

    /// An address alone.
    #[must_use]
    pub fn single(address: IpAddr) -> Block {
        Block { address, prefix: width(address) }
    }

    /// The address as a number, and the number of its bits.
    fn bits(self) -> u128 {
        match self.address {
            IpAddr::V4(address) => u128::from(u32::from(address)),
            IpAddr::V6(address) => u128::from(address),
        }
    }

    /// Whether this address is in the block.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.overlaps(Block::single(address))
    }

    /// Whether an address is in both.
    #[must_use]
    pub fn overlaps(self, other: Block) -> bool {
        if self.address.is_ipv4() != other.address.is_ipv4() {
            return false;
        }
        let shift = u32::from(width(self.address) - self.prefix.min(other.prefix));
        let high = |block: Block| block.bits().checked_shr(shift).unwrap_or(0);
        high(self) == high(other)
    }

    /// The address that many after the first of the block.
    #[must_use]
    pub fn nth(self, number: u32) -> IpAddr {
        let shift = u32::from(width(self.address) - self.prefix);
        let first = self.bits().checked_shr(shift).and_then(|bits| bits.checked_shl(shift)).unwrap_or(0);
        match self.address {
            IpAddr::V4(_) => {
                let low = u32::try_from(first).unwrap_or(0).wrapping_add(number);
                IpAddr::V4(Ipv4Addr::from(low))
            }
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(first + u128::from(number))),
        }
    }

    /// How far an address is from the first of the block.
    #[must_use]
    pub fn place(self, address: IpAddr) -> Option<u32> {
        let distance = Block::single(address).bits().wrapping_sub(Block::single(self.nth(0)).bits());
        self.contains(address).then(|| u32::try_from(distance).ok()).flatten()
    }

    /// How many addresses it has, as far as they can be counted here.
    #[must_use]
    pub fn size(self) -> u32 {
        1_u32.checked_shl(u32::from(width(self.address) - self.prefix)).unwrap_or(u32::MAX)
    }
}

/// The bits of an address.
fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == width(self.address) {
            return write!(f, "{}", self.address);
        }
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Block {
    type Err = String;

    fn from_str(text: &str) -> Result<Block, String> {
        let wrong = || format!("{text:?} is not an address such as 10.1.2.3, 10.1.2.3/24 or fd00::2/64");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let prefix = prefix.map_or(Ok(width(address)), |p| p.parse::<u8>().map_err(|_| wrong()))?;
        if prefix > width(address) {
            return Err(wrong());
        }
        Ok(Block { address, prefix })
    }
}

/// A hardware address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The one that a system has for its life: from its own random identity, marked as given locally.
    #[must_use]
    pub fn from_uuid(uuid: &str) -> Mac {
        let digits: Vec<u8> = uuid
            .chars()
            .filter_map(|c| c.to_digit(16))
            .filter_map(|digit| u8::try_from(digit).ok())
            .collect();
        let mut bytes = [0; 6];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair[0] << 4 | pair[1];
        }
        bytes[0] = bytes[0] & 0xfc | 0x02;
        Mac(bytes)
    }

    /// The link-local address that the kernel makes of it (RFC 4291, appendix A).
    #[must_use]
    pub fn link_local(self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.0.map(u16::from);
        Ipv6Addr::new(0xfe80, 0, 0, 0, (a ^ 2) << 8 | b, c << 8 | 0xff, 0xfe00 | d, e << 8 | f)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = String;

    fn from_str(text: &str) -> Result<Mac, String> {
        let wrong = || format!("{text:?} is not a hardware address such as 02:12:34:56:78:9a");
        let byte = |part: &str| (part.len() == 2).then(|| u8::from_str_radix(part, 16).ok()).flatten();
        let bytes: Option<Vec<u8>> = text.split(':').map(byte).collect();
        let bytes: [u8; 6] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
        if bytes[0] & 1 == 1 {
            return Err(format!("{text:?} is a group's hardware address: its first number is odd"));
        }
        if bytes == [0; 6] {
            return Err(wrong());
        }
        Ok(Mac(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &str) -> Block {
        text.parse().unwrap()
    }

    #[test]
    fn blocks_are_read_counted_and_compared() {
        for text in ["10.1.2.3", "10.1.0.0/16", "fd00::/64", "0.0.0.0/0", "::/0"] {
            assert_eq!(block(text).to_string(), text);
        }
        for wrong in ["10.1.2", "10.1.2.3/33", "fd00::/129", "10.1.2.3/", "x", "", "10.1.2.3/-1"] {
            assert!(wrong.parse::<Block>().is_err(), "{wrong}");
        }
        let net = block("10.86.16.0/20");
        assert_eq!(net.size(), 4096);
        assert_eq!(net.nth(258).to_string(), "10.86.17.2");
        assert_eq!(block("10.86.16.9/20").nth(1).to_string(), "10.86.16.1");
        assert_eq!(block("fd12::/64").nth(258).to_string(), "fd12::102");
        assert_eq!(net.place("10.86.17.2".parse().unwrap()), Some(258));
        assert_eq!(net.place("10.86.32.0".parse().unwrap()), None);
        assert!(net.overlaps(block("10.0.0.0/8")) && block("0.0.0.0/0").overlaps(net));
        assert!(!net.overlaps(block("10.86.32.0/20")) && !net.overlaps(block("::/0")));
    }

    #[test]
    fn a_hardware_address_is_local_fixed_and_makes_a_link_local_one() {
        let mac = Mac::from_uuid("ff8fad5b-d9cb-469f-a165-70867728950e");
        assert_eq!(mac.to_string(), "fe:8f:ad:5b:d9:cb");
        assert_eq!("02:00:5e:10:00:01".parse::<Mac>().unwrap().link_local().to_string(), "fe80::5eff:fe10:1");
        for wrong in
            ["", "02:00", "01:00:5e:10:00:01", "00:00:00:00:00:00", "02:00:5e:10:00:0g", "2:0:5e:10:0:1"]
        {
            assert!(wrong.parse::<Mac>().is_err(), "{wrong}");
        }
    }
}
