//! Letters (咨询、投诉): what an applicant asks or complains about while he follows his case, and what the department that
//! has the case answers. They lie in the vault under keys of their own, and in backups. Not here: entries, of which a
//! letter is none, for it moves no case; and who the applicant is, which number and code say (`reading`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::stepping::named;
use super::{CaseRefusal, CaseWish};
use crate::authority::Authority;
use crate::authority::once::Once;
use crate::authority::refusal::{Failure, Fault};
use crate::authority::store::Row;
use crate::catalogue::Members;
use crate::ledger::body::CaseId;
use crate::ledger::state::{CaseState, Charter, Clock, Due};
use crate::values::time::Time;

/// Letters about one case that wait for an answer at once.
const MOST_WAITING: usize = 3;
/// Letters about one case in all: whoever has more to say is better heard elsewhere.
const MOST: usize = 32;

/// What a letter is called by.
const NUMBER: (&str, &str) = ("来信的序号", "the number of a letter");

/// What kind of letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LetterKind {
    /// 咨询.
    Question,
    /// 投诉.
    Complaint,
}

impl LetterKind {
    /// Each kind.
    pub const ALL: [Self; 2] = [Self::Question, Self::Complaint];

    /// As routes write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Complaint => "complaint",
        }
    }

    /// What it is, 中文 and English.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Question => ("咨询", "question"),
            Self::Complaint => ("投诉", "complaint"),
        }
    }
}

/// A letter as it lies in the vault. Personal: there is no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Letter {
    /// What kind.
    pub kind: LetterKind,
    /// What the applicant wrote.
    pub text: String,
    /// When.
    pub written: Time,
    /// What was answered.
    pub answer: Option<LetterAnswer>,
}

/// An answer to a letter.
#[derive(Clone, Serialize, Deserialize)]
pub struct LetterAnswer {
    /// What the department wrote.
    pub text: String,
    /// When; `None` where it only would.
    pub written: Option<Time>,
}

/// A letter as it is shown.
#[derive(Clone)]
pub struct ShownLetter {
    /// Its number among those of the case, from 1.
    pub number: u32,
    /// What was written.
    pub letter: Letter,
    /// Until when an answer is promised, while it waits for one.
    pub due: Option<Due>,
}

impl Authority {
    /// Takes a letter of the applicant's, who showed number and code (`tracked_case`): `kind` and `text`. What is written twice
    /// before it is answered is one letter; so is what was written since he saw those up to `after`, for whoever sends it
    /// again has not seen that it came.
    pub async fn write_letter(&self, id: &CaseId, letter: &Value) -> Result<(), Failure> {
        let members = Members::open(letter, "/letter".to_owned(), &["kind", "text", "after"])?;
        let kind = members
            .required("kind", |members, name| members.word(name, &LetterKind::ALL, LetterKind::as_str))?;
        let text = members.required("text", Members::prose)?.trim().to_owned();
        let seen = members.number("after", NUMBER)?.unwrap_or(u32::MAX);
        let _held = self.hold_case(id).await;
        let known = self.letters_of(id)?;
        let is_this = |number: u32, letter: &Letter| {
            letter.kind == kind && letter.text == text && (letter.answer.is_none() || number > seen)
        };
        if known.iter().any(|(number, letter)| is_this(*number, letter)) {
            return Ok(());
        }
        let waiting = known.iter().filter(|(_, letter)| letter.answer.is_none()).count();
        if waiting >= MOST_WAITING || known.len() >= MOST {
            return Err(CaseRefusal::TooManyLetters { waiting, all: known.len() }.into());
        }
        let number = known.last().map_or(1, |(number, _)| number.saturating_add(1));
        let letter = Letter { kind, text, written: self.now()?, answer: None };
        self.store.put(vec![self.vault.keep_letter(id, number, &letter)?])?;
        Ok(self.store.sync()?)
    }

    /// Answers a letter, once: `letter` is its number, `text` the answer. By the department that has the case.
    pub async fn answer_letter(&self, wish: CaseWish<'_>) -> Result<ShownLetter, Failure> {
        let id = named(&wish)?;
        let members = Members::open(wish.body, String::new(), &["letter", "text"])?;
        let number = members.required("letter", |members, name| members.number(name, NUMBER))?;
        let text = members.required("text", Members::prose)?;
        let ask = self.asked(&wish, &format!("{id}/answers"));
        let _slot = self.answering(ask.as_ref(), wish.dry_run)?;
        let _held = self.hold_case(id).await;
        let case = self.own_case(&wish)?;
        // A key that was used for something else is refused as such, whatever is asked under it now.
        let before = ask.as_ref().filter(|_| !wish.dry_run);
        let before = before.map(|ask| Once::answered(self.store.as_ref(), ask)).transpose()?.flatten();
        let found = self.letters_of(id)?.into_iter().find(|(known, _)| *known == number);
        let (_, mut letter) = found.ok_or(CaseRefusal::NoLetter(number))?;
        if before.is_some() {
            return Ok(ShownLetter { number, letter, due: None });
        }
        if letter.answer.is_some() {
            return Err(CaseRefusal::LetterAnswered(number).into());
        }
        let now = self.now()?;
        letter.answer = Some(LetterAnswer { text, written: (!wish.dry_run).then_some(now) });
        if !wish.dry_run {
            let mut rows = vec![self.vault.keep_letter(id, number, &letter)?];
            if let Some(ask) = &ask {
                rows.push(Once::remember(ask, case.case, None)?);
            }
            self.store.put(rows)?;
            self.store.sync()?;
        }
        Ok(ShownLetter { number, letter, due: None })
    }

    /// The letters about a case as they are shown, in the order in which they were written.
    pub(super) fn shown_letters(
        &self,
        charter: &Charter,
        case: &CaseState,
        now: Time,
    ) -> Result<Vec<ShownLetter>, Failure> {
        let clock = Clock::new(charter, case, now);
        let shown = self.letters_of(&case.case)?.into_iter().map(|(number, letter)| {
            let due =
                clock.filter(|_| letter.answer.is_none()).and_then(|clock| clock.answer(letter.written));
            ShownLetter { number, letter, due }
        });
        Ok(shown.collect())
    }

    fn letters_of(&self, id: &CaseId) -> Result<Vec<(u32, Letter)>, Failure> {
        let prefix = [b"L".as_slice(), id.as_bytes()].concat();
        let rows = self.store.scan(&prefix, None, MOST)?;
        let read = rows.iter().map(|(key, row)| {
            let Some(Row::Letter(_, number)) = Row::of_key(key) else {
                return Err(Fault::Damaged("the row of a letter".into()).into());
            };
            Ok((number, self.vault.letter(id, number, row)?))
        });
        read.collect()
    }
}
