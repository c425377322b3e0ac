//! Work ahead: what other cores make of items is taken in the items' order, with a bounded number of them on the way.
//!
//! The one who takes is not one of rayon's threads, as a rule, and only waits here; where he is, waiting is working.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, Receiver, TryRecvError};

/// Items on the way: enough that no core waits for the one who takes, few enough to hold in memory.
const AHEAD: usize = 16;

/// Makes something of each item on rayon's threads and gives it to `take` in order, until that breaks off.
pub(super) fn in_order<I: Send, T: Send, E>(
    mut items: impl Iterator<Item = I>,
    make: impl Fn(I) -> T + Sync,
    mut take: impl FnMut(T) -> Result<ControlFlow<()>, E>,
) -> Result<(), E> {
    rayon::in_place_scope(|scope| {
        let mut coming = VecDeque::new();
        loop {
            while coming.len() < AHEAD
                && let Some(item) = items.next()
            {
                let (give, given) = mpsc::sync_channel(1);
                let make = &make;
                // Nobody waits any more where taking broke off.
                scope.spawn(move |_| drop(give.send(make(item))));
                coming.push_back(given);
            }
            // Nothing is given where making panicked: the scope passes that on.
            let Some(made) = coming.pop_front().and_then(|given| wait(&given)) else { return Ok(()) };
            if take(made)?.is_break() {
                return Ok(());
            }
        }
    })
}

/// What is given; nothing, if it never will be.
pub(super) fn wait<T>(given: &Receiver<T>) -> Option<T> {
    while rayon::current_thread_index().is_some() {
        match given.try_recv() {
            Ok(made) => return Some(made),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => drop(rayon::yield_now()),
        }
    }
    given.recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::Duration;

    fn taken_until(end: usize) -> (Vec<usize>, usize) {
        let begun = AtomicUsize::new(0);
        let make = |item: usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            // Those in front are slow.
            thread::sleep(Duration::from_millis(if item.is_multiple_of(8) { 5 } else { 0 }));
            item
        };
        let mut taken = Vec::new();
        let done: Result<(), Infallible> = in_order(0..200, make, |item| {
            taken.push(item);
            Ok(if item == end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        });
        assert_eq!(done, Ok(()));
        (taken, begun.into_inner())
    }

    #[test]
    fn in_the_items_order_and_not_far_ahead() {
        assert_eq!(taken_until(200).0, (0..200).collect::<Vec<_>>());
        let (taken, begun) = taken_until(20);
        assert_eq!(taken, (0..=20).collect::<Vec<_>>());
        assert!((21..=21 + AHEAD).contains(&begun), "{begun}");
    }

    #[test]
    fn one_of_rayons_threads_may_take() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(|| taken_until(200).0.len()), 200);
    }
}
