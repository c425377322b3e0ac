//! How the state of a case lies in the store: one row, written in the commit of each of its entries, and by which the
//! departments that have to do with it find it, by where it stands. A rebuilt store has the same. Not here: what was
//! applied for, which lies in the vault (`kept`).

use crate::authority::store::{Row, Store, StoreError, Write};
use crate::ledger::body::CaseId;
use crate::ledger::state::{CaseState, Charter, Stage};
use crate::values::identifiers::CreditCode;

/// The rows that a step makes and removes.
pub fn rows(charter: &Charter, case: &CaseState) -> Result<Vec<Write>, StoreError> {
    let mut writes = vec![row(case)?];
    let now = case.stage();
    let before =
        case.events.len().checked_sub(1).filter(|steps| *steps > 0).map(|steps| case.stage_after(steps));
    if before == Some(now) {
        return Ok(writes);
    }
    for department in concerned(charter, case) {
        let place = |stage: Stage| Row::OwnCase(department.clone(), stage, case.case);
        writes.extend(before.map(|before| Write::remove(place(before))));
        writes.push(Write::set(place(now), Vec::new()));
    }
    Ok(writes)
}

/// The lead, and who else approves; of a correction, whoever issued the licence.
fn concerned(charter: &Charter, case: &CaseState) -> Vec<CreditCode> {
    let process = charter.process(&case.licence_type, case.version).filter(|_| case.corrects().is_none());
    let others = process.into_iter().flat_map(|held| &held.value.approvers);
    let mut departments = vec![case.department.clone()];
    departments
        .extend(others.filter_map(|one| one.department.clone()).filter(|code| *code != case.department));
    departments
}

/// The row of a case's state.
pub fn row(case: &CaseState) -> Result<Write, StoreError> {
    let state = postcard::to_stdvec(case).map_err(|_| damaged(&case.case))?;
    Ok(Write::set(Row::Case(case.case), state))
}

/// The state of a case.
pub fn case(store: &dyn Store, case: &CaseId) -> Result<Option<CaseState>, StoreError> {
    let Some(row) = store.get(&Row::Case(*case))? else { return Ok(None) };
    postcard::from_bytes(&row).map(Some).map_err(|_| damaged(case))
}

fn damaged(case: &CaseId) -> StoreError {
    StoreError::Unreadable(format!("the state of case {case}"))
}
