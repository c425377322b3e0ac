//! From where, and how often: the address a request comes from, also behind a proxy, and how many requests an address
//! or a token may send. Not here: what computing costs (`budget`) and who a token stands for (`request`).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

use super::HttpState;
use super::budget::{Bearer, Budget};
use super::problem::Problem;
use super::request::bearer;
use crate::crypto::Digest;

/// How many seconds' worth of requests may come at once.
const AT_ONCE: f64 = 10.0;
/// The header that a proxy in front adds to.
const FORWARDED: &str = "x-forwarded-for";

/// Under which conditions requests are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// Proxies whose word on where a request comes from is taken.
    pub proxies: Vec<IpNet>,
    /// Requests a second from one address without a token; `None` is no limit.
    pub address_rate: Option<u32>,
    /// Requests a second with one token; `None` is no limit.
    pub token_rate: Option<u32>,
    /// Whether clients speak TLS with us, and shall go on doing so.
    pub tls: bool,
}

/// The conditions with their counters.
pub(super) struct Gate {
    pub(super) access: Access,
    addresses: Option<Budget>,
    tokens: Option<Budget<Digest>>,
}

impl Gate {
    pub(super) fn new(access: Access) -> Self {
        Self { addresses: access.address_rate.map(bucket), tokens: access.token_rate.map(bucket), access }
    }
}

fn bucket<B: Bearer>(rate: u32) -> Budget<B> {
    Budget::new(f64::from(rate) * AT_ONCE, f64::from(rate))
}

/// From where.
#[derive(Debug, Clone, Copy)]
pub struct Whence(pub IpAddr);

impl FromRequestParts<Arc<HttpState>> for Whence {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<HttpState>) -> Result<Self, Self::Rejection> {
        Ok(Self(whence(&parts.extensions, &parts.headers, &state.gate.access.proxies)))
    }
}

/// The peer; where that is a proxy of ours, the last address before it that is none.
fn whence(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip().to_canonical());
    let ours = |address: &IpAddr| proxies.iter().any(|network| network.contains(address));
    if !ours(&peer) {
        return peer;
    }
    let named = headers.get_all(FORWARDED).iter().rev().filter_map(|value| value.to_str().ok());
    let mut last = peer;
    for text in named.flat_map(|value| value.rsplit(',')) {
        // What cannot be read was not written by a proxy of ours: the one before it is all that is known.
        let Ok(address) = text.trim().parse::<IpAddr>() else { return last };
        last = address.to_canonical();
        if !ours(&last) {
            break;
        }
    }
    last
}

/// Turns away what comes too often, before anything is done for it. Only a token that is good here is its holder's own;
/// any other counts for the address it comes from.
pub fn limit(state: &HttpState, request: &Request) -> Result<(), Problem> {
    let gate = &state.gate;
    let good = |token: &&str| state.tokens.caller(token, state.clock.now()).is_ok();
    let token = bearer(request.headers()).filter(good);
    match (token, &gate.tokens, &gate.addresses) {
        (Some(token), Some(tokens), _) => tokens.take(Digest::of(token.as_bytes()), 1.0),
        (None, _, Some(addresses)) => {
            let from = whence(request.extensions(), request.headers(), &gate.access.proxies);
            addresses.take(from, 1.0)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, forwarded: &[&str], proxies: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED, value.parse().unwrap());
        }
        let proxies: Vec<IpNet> = proxies.iter().map(|network| network.parse().unwrap()).collect();
        whence(&extensions, &headers, &proxies).to_string()
    }

    #[test]
    fn only_our_proxies_are_believed() {
        let ours = ["10.0.0.0/8", "::1/128"];
        assert_eq!(from("192.0.2.1", &["198.51.100.7"], &ours), "192.0.2.1", "a stranger's word");
        assert_eq!(from("192.0.2.1", &["198.51.100.7"], &[]), "192.0.2.1");
        assert_eq!(from("10.1.2.3", &["198.51.100.7"], &ours), "198.51.100.7");
        assert_eq!(
            from("10.1.2.3", &["6.6.6.6, 198.51.100.7"], &ours),
            "198.51.100.7",
            "the client's own lie"
        );
        assert_eq!(from("10.1.2.3", &["6.6.6.6", "198.51.100.7, 10.9.9.9"], &ours), "198.51.100.7");
        assert_eq!(from("::1", &["2001:db8::5"], &ours), "2001:db8::5");
        assert_eq!(from("10.1.2.3", &[], &ours), "10.1.2.3");
        assert_eq!(from("10.1.2.3", &["unknown"], &ours), "10.1.2.3");
        assert_eq!(from("10.1.2.3", &["10.0.0.9"], &ours), "10.0.0.9", "nothing but proxies");
        assert_eq!(from("::ffff:10.1.2.3", &["198.51.100.7"], &ours), "198.51.100.7");
    }
}
