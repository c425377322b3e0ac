//! The state that entries add up to: the charter, the cases, the cards, the licences, the used places, and the views the law looks through.
//! Not here: which entries may add to it (`law`).

mod card;
mod case;
mod charter;
mod content;
mod deadline;
mod effects;
mod licence;
mod memory;
mod overlay;
mod places;
pub mod tree;
mod view;

pub use card::{CardEvent, CardState, CardStep};
pub use case::{CaseEvent, CaseState, CaseStep, Stage};
pub use charter::{Authority, Charter, CharterChange, Held, Key, Moment, PublishedType};
pub use content::ContentState;
pub use deadline::{Clock, Due};
pub use effects::Effects;
pub use licence::{Carried, Event, Granted, LicenceState};
pub use memory::{Give, MemoryState, Take};
pub use overlay::Overlay;
pub use places::Places;
pub use view::{View, ViewFault};
