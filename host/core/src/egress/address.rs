//! Which addresses a name may stand for.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What the grants say about addresses that names resolve to.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressPolicy {
    /// Private and loopback addresses are fine.
    pub(super) private: bool,
    /// Granted names that mean this machine and nothing else.
    pub(super) loopback_names: BTreeSet<String>,
}

impl AddressPolicy {
    /// Why this address must not be dialled for this name, if so.
    pub(super) fn refusal(&self, name: &str, address: IpAddr) -> Option<&'static str> {
        if self.loopback_names.contains(name) {
            return (!address.is_loopback()).then_some("not this machine");
        }
        let (kind, private) = special(address)?;
        (!(private && self.private)).then_some(kind)
    }
}

/// What is special about an address, and whether it is a private one, which an operator may allow; `None` for an
/// ordinary public address. From the IANA special-purpose registries (RFC 6890) and cloud metadata services.
fn special(address: IpAddr) -> Option<(&'static str, bool)> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<(&'static str, bool)> {
    let [a, b, c, d] = address.octets();
    Some(match (a, b, c, d) {
        (0, ..) => ("unspecified", false),
        (127, ..) => ("loopback", true),
        (10, ..) | (172, 16..=31, ..) | (192, 168, ..) => ("private", true),
        // RFC 6598, carrier-grade NAT; a metadata service lives at 100.100.100.200.
        (100, 64..=127, ..) => ("shared address space", true),
        (169, 254, 169, 254) => ("a cloud metadata service", false),
        (169, 254, ..) => ("link-local", false),
        (168, 63, 129, 16) => ("a cloud metadata service", false),
        (192, 0, 0, _) => ("reserved for protocols", false),
        (192, 0, 2, _) | (198, 51, 100, _) | (203, 0, 113, _) => ("for documentation", false),
        (192, 88, 99, _) => ("a 6to4 relay", false),
        (198, 18..=19, ..) => ("for benchmarks", false),
        (224..=239, ..) => ("multicast", false),
        (240..=255, ..) => ("reserved", false),
        _ => return None,
    })
}

fn special_v6(address: Ipv6Addr) -> Option<(&'static str, bool)> {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = address.segments();
    let embedded = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        special_v4(Ipv4Addr::new(a, b, c, d))
    };
    if address.is_unspecified() {
        return Some(("unspecified", false));
    }
    if address.is_loopback() {
        return Some(("loopback", true));
    }
    Some(match (s0, s1) {
        // IPv4-mapped ::ffff:a.b.c.d, IPv4-compatible ::a.b.c.d and NAT64 64:ff9b::a.b.c.d (RFC 6052).
        (0, 0) if [s2, s3, s4] == [0; 3] && matches!(s5, 0 | 0xffff) => return embedded(s6, s7),
        (0x64, 0xff9b) if [s2, s3, s4, s5] == [0; 4] => return embedded(s6, s7),
        (0x64, 0xff9b) => ("local-use NAT64", false),
        // 6to4 2002:aabb:ccdd:: (RFC 3056).
        (0x2002, _) => return embedded(s1, s2),
        (0x2001, 0) => ("Teredo", false),
        (0x2001, 0xdb8) | (0x3fff, 0..=0xfff) => ("for documentation", false),
        (0x100, 0) if [s2, s3] == [0; 2] => ("discard-only", false),
        (0xfc00..=0xfdff, _) if address == METADATA_V6 => ("a cloud metadata service", false),
        (0xfc00..=0xfdff, _) => ("private", true),
        (0xfe80..=0xfebf, _) => ("link-local", false),
        (0xfec0..=0xfeff, _) => ("site-local", false),
        (0xff00..=0xffff, _) => ("multicast", false),
        // Everything that is routed on the Internet lies in 2000::/3.
        (0x2000..=0x3fff, _) => return None,
        _ => ("reserved", false),
    })
}

/// Metadata service of AWS over IPv6.
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn refused(policy: &AddressPolicy, address: &str) -> bool {
        policy.refusal("vendor.example", address.parse().unwrap()).is_some()
    }

    #[test]
    fn only_public_addresses_are_dialled() {
        let policy = AddressPolicy::default();
        for address in [
            "0.0.0.0",
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "169.254.1.1",
            "168.63.129.16",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "198.19.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "2001:0:1::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "4000::1",
        ] {
            assert!(refused(&policy, address), "{address}");
        }
        for address in [
            "8.8.8.8",
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.1.0.1",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(!refused(&policy, address), "{address}");
        }
    }

    #[test]
    fn an_operator_can_allow_private_addresses_but_no_metadata_service() {
        let policy = AddressPolicy { private: true, ..AddressPolicy::default() };
        for address in ["127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fd12::1", "::ffff:10.0.0.1"] {
            assert!(!refused(&policy, address), "{address}");
        }
        for address in ["169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0", "224.0.0.1"] {
            assert!(refused(&policy, address), "{address}");
        }
    }

    #[test]
    fn localhost_means_this_machine_and_nothing_else() {
        let policy =
            AddressPolicy { loopback_names: BTreeSet::from(["localhost".to_owned()]), ..AddressPolicy::default() };
        assert_eq!(policy.refusal("localhost", "127.0.0.1".parse().unwrap()), None);
        assert_eq!(policy.refusal("localhost", "::1".parse().unwrap()), None);
        assert!(policy.refusal("localhost", "8.8.8.8".parse().unwrap()).is_some());
        assert!(policy.refusal("other", "127.0.0.1".parse().unwrap()).is_some());
    }
}
