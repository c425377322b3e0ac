//! The engine without HTTP: founding, issuing, acts, opening; and the crash matrix (law 0, section 12): a kill after
//! every write of founding and of section 5, and swapped directories. Start or refuse, and never two roots at one size.
#![cfg(feature = "server")]

#[cfg(test)]
mod anchoring;
#[cfg(test)]
mod archive;
#[cfg(test)]
#[path = "../support/witnesses.rs"]
mod at_hand;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod cards;
#[cfg(test)]
mod ceremony;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod founding;
#[cfg(test)]
mod matters;
#[cfg(test)]
mod officers;
#[cfg(test)]
mod opening;
#[cfg(test)]
mod powers;
#[cfg(test)]
mod scrub;
#[cfg(test)]
mod standing;
#[cfg(test)]
mod walk;
#[cfg(test)]
mod witnesses;
#[cfg(test)]
mod years;
