//! How the state of a card lies in the store: one row, written in the commit of each of its entries. A rebuilt store has the same.

use crate::authority::store::{Row, Store, StoreError, Write};
use crate::ledger::body::CardNumber;
use crate::ledger::state::CardState;

/// The row of a card's state.
pub fn row(card: &CardState) -> Result<Write, StoreError> {
    let state = postcard::to_stdvec(card).map_err(|_| damaged(card.card))?;
    Ok(Write::set(Row::Card(card.card), state))
}

/// The state of a card.
pub fn card(store: &dyn Store, card: CardNumber) -> Result<Option<CardState>, StoreError> {
    let Some(row) = store.get(&Row::Card(card))? else { return Ok(None) };
    postcard::from_bytes(&row).map(Some).map_err(|_| damaged(card))
}

/// The state that a row holds.
pub fn read(row: &[u8]) -> Result<CardState, StoreError> {
    postcard::from_bytes(row).map_err(|_| StoreError::Unreadable("the state of a card".into()))
}

fn damaged(card: CardNumber) -> StoreError {
    StoreError::Unreadable(format!("the state of card {card}"))
}
