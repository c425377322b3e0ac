//! Floor 7: what the operating system gives the process (clock, entropy, configuration, where logs go), made here once
//! and handed down. Not here: commands (`cli`).

#[cfg(feature = "server")]
pub mod assembly;
#[cfg(feature = "server")]
pub mod backup;
#[cfg(feature = "server")]
pub mod callers;
pub mod calling;
#[cfg(feature = "server")]
pub mod clock;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod data_source;
#[cfg(feature = "server")]
pub mod doctor;
pub mod entropy;
#[cfg(feature = "server")]
pub mod eyes;
#[cfg(feature = "server")]
pub mod office;
#[cfg(feature = "server")]
pub mod rebuilding;
#[cfg(feature = "server")]
pub mod restore;
#[cfg(feature = "server")]
pub mod scrubbing;
#[cfg(feature = "server")]
pub mod span;
pub mod telemetry;
pub mod told;
#[cfg(feature = "server")]
pub mod vault;
#[cfg(feature = "server")]
pub mod witnesses;
