//! What an address may use: guesses at codes, and computing time without a token. Token buckets, in memory only; they
//! slow down whoever guesses and never lock anybody out for long. Not here: the tries of a pickup, which are durable.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::kind::Kind;
use super::problem::Problem;
use crate::crypto::Digest;

/// Addresses remembered at most; beyond it the fullest buckets are forgotten.
const ADDRESSES: usize = 20_000;

/// By whom a bucket is had.
pub trait Bearer: Copy + Eq + Hash {
    /// Those who share a bucket.
    fn purse(self) -> Self;
}

impl Bearer for IpAddr {
    fn purse(self) -> Self {
        household(self)
    }
}

impl Bearer for Digest {
    fn purse(self) -> Self {
        self
    }
}

/// A bucket for each address, or each token by its digest.
pub struct Budget<B: Bearer = IpAddr> {
    capacity: f64,
    refill: f64,
    buckets: Mutex<HashMap<B, (f64, Instant)>>,
}

impl<B: Bearer> Budget<B> {
    /// So much at once, and so much more each second.
    pub fn new(capacity: f64, refill: f64) -> Self {
        Self { capacity, refill, buckets: Mutex::default() }
    }

    /// Takes so much; a problem if there is not as much left.
    pub fn take(&self, bearer: B, amount: f64) -> Result<(), Problem> {
        self.take_at(bearer, amount, Instant::now())
    }

    fn take_at(&self, bearer: B, amount: f64, now: Instant) -> Result<(), Problem> {
        let bearer = bearer.purse();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&bearer) {
            let full = |(left, since): &(f64, Instant)| self.level(*left, *since, now) >= self.capacity;
            buckets.retain(|_, bucket| !full(bucket));
            if buckets.len() >= ADDRESSES {
                buckets.clear();
            }
        }
        let (left, since) = buckets.entry(bearer).or_insert((self.capacity, now));
        let level = self.level(*left, *since, now);
        if level < amount {
            let seconds = format!("{:.0}", (amount.max(1.0) - level) / self.refill).parse().unwrap_or(60);
            return Err(too_many(seconds));
        }
        (*left, *since) = (level - amount, now);
        Ok(())
    }

    /// Takes what was used already. It may go below zero: who used much waits longer.
    pub fn spend(&self, bearer: B, amount: f64) {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((left, since)) = buckets.get_mut(&bearer.purse()) {
            (*left, *since) = (self.level(*left, *since, now) - amount, now);
        }
    }

    /// Gives back what was taken for something that turned out to be no guess.
    pub fn give_back(&self, bearer: B, amount: f64) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((left, _)) = buckets.get_mut(&bearer.purse()) {
            *left = (*left + amount).min(self.capacity);
        }
    }

    fn level(&self, left: f64, since: Instant, now: Instant) -> f64 {
        (left + now.saturating_duration_since(since).as_secs_f64() * self.refill).min(self.capacity)
    }
}

/// What one customer of a network is usually given: an IPv4 address, or a /64 of IPv6.
fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => IpAddr::V6((six.to_bits() >> 64 << 64).into()),
        four => four,
    }
}

fn too_many(seconds: u64) -> Problem {
    let seconds = seconds.clamp(1, 3600);
    Problem::new(
        Kind::TooMany,
        format!("请求过于频繁，请在 {seconds} 秒后再试。"),
        format!("Too many requests; try again in {seconds} seconds."),
    )
    .after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let budget = Budget::new(2.0, 0.5);
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let start = Instant::now();
        assert!(budget.take_at(one, 1.0, start).is_ok());
        assert!(budget.take_at(one, 1.0, start).is_ok());
        assert_eq!(budget.take_at(one, 1.0, start).unwrap_err().kind(), Kind::TooMany);
        assert!(budget.take_at(other, 1.0, start).is_ok());
        assert!(budget.take_at(one, 1.0, start + Duration::from_secs(2)).is_ok());
        budget.give_back(other, 1.0);
        assert!(budget.take_at(other, 2.0, start).is_ok());
    }

    #[test]
    fn addresses_of_one_household_share() {
        let parse = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(household(parse("2001:db8::1")), household(parse("2001:db8::ffff")));
        assert_ne!(household(parse("2001:db8:0:1::1")), household(parse("2001:db8::1")));
        assert_eq!(household(parse("::ffff:192.0.2.1")), parse("192.0.2.1"));
    }
}
