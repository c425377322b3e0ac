//! Before anything of an application is entered, all of it is foreseen: everything that is wrong with its answers and with
//! what they come to, each told at the place where it was said, and then whether each part could go its way. Not here: the
//! rules of a type (`catalogue`), and those of a case or an issue, which are asked as by a dry run.

use serde_json::Value;

use super::drawing::{Drawn, DrawnPart};
use super::{MatterRefusal, MatterWish};
use crate::authority::Authority;
use crate::authority::cases::{CaseWish, all_right};
use crate::authority::refusal::{Failure, Fault, Refusal};
use crate::catalogue::{Application, IssueRequest, RequestError, RequestErrorKind, Spot};
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::{Date, Time};

impl Authority {
    /// Whether an application that is drawn up can be taken; a dry run asks for no answers.
    pub(super) async fn foresee_parts(
        &self,
        drawn: &Drawn,
        wish: &MatterWish<'_>,
        now: Time,
    ) -> Result<(), Failure> {
        let mut wrong = drawn.wrong.clone();
        let published = self.window.published();
        let offset = published.charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        for part in drawn.wanted() {
            for error in self.wrong_with(part, now.date(offset), now)? {
                let error = drawn.error_where_it_was_said(&part.rules.licence_type, wish.body, error);
                if wrong.iter().all(|known| known.pointer != error.pointer) {
                    wrong.push(error);
                }
            }
        }
        let open = if wish.dry_run { Vec::new() } else { drawn.unanswered() };
        if wrong.is_empty() && !open.is_empty() {
            return Err(MatterRefusal::Unanswered(open).into());
        }
        for (slug, _) in open {
            let pointer = format!("/answers/{slug}");
            if wrong.iter().all(|known| known.pointer != pointer) {
                wrong.push(RequestError::at(pointer, RequestErrorKind::Missing));
            }
        }
        all_right(wrong)?;
        for part in drawn.wanted() {
            let foreseen = self.foresee_part(drawn, part, wish.department, now).await;
            foreseen
                .map_err(|failure| drawn.where_it_was_said(&part.rules.licence_type, wish.body, failure))?;
        }
        Ok(())
    }

    /// What of a part its type does not allow, as far as it is said by now.
    fn wrong_with(&self, part: &DrawnPart, today: Date, now: Time) -> Result<Vec<RequestError>, Failure> {
        let mut said = part.said.clone();
        if part.is_whole() {
            self.fill_application(&part.licence_type, &mut said, now)?;
        }
        let request = match request_of(part, &Value::Object(said), today) {
            Ok(request) => request,
            Err(error) => return Ok(vec![error]),
        };
        if part.is_whole() {
            return Ok(part.licence_type.everything_wrong(&request, today));
        }
        Ok(part.licence_type.check_in_part(&request, today).err().into_iter().collect())
    }

    /// Whether a part could go its way: now, where it would; else as far as can be said now.
    async fn foresee_part(
        &self,
        drawn: &Drawn,
        part: &DrawnPart,
        caller: &CreditCode,
        now: Time,
    ) -> Result<(), Failure> {
        if !part.is_whole() {
            return Ok(());
        }
        let published = self.window.published();
        let charter = &published.charter;
        let offset = charter.offset().ok_or_else(|| Fault::Law("there is no offset".into()))?;
        let said = Value::Object(part.said.clone());
        let department = part.department.as_ref().unwrap_or(caller);
        let first = |slug: &Slug| {
            drawn.parts.iter().any(|other| other.rules.licence_type == *slug && other.held.is_some())
        };
        let ready = part.rules.after.iter().all(first);
        let process = charter.process(part.licence_type.slug(), part.licence_type.version().into()).is_some();
        match (process, ready) {
            (true, true) => {
                let wish = CaseWish { department, case: None, body: &said, key: None, dry_run: true };
                self.file_case(wish).await.map(drop)
            }
            // What comes after another part may be proved by it: only its own rules can be asked now.
            (true, false) => Ok(()),
            (false, _) => {
                let approved =
                    self.approve(department, request_of(part, &said, now.date(offset))?, None, now)?;
                if ready && department == caller {
                    self.lint_certificate(&approved, department, now)?;
                }
                Ok(())
            }
        }
    }
}

/// What a part would be issued by.
fn request_of(part: &DrawnPart, said: &Value, today: Date) -> Result<IssueRequest, RequestError> {
    Application::parse(said)?.request(&part.licence_type, today)
}

impl DrawnPart {
    /// Whether everything that it needs is said: nothing is open, and its department adds nothing.
    fn is_whole(&self) -> bool {
        self.complete && self.rules.supplied.is_empty()
    }
}

impl Drawn {
    /// A refusal of what was drawn up for a type, at the place of the application that it comes from.
    fn where_it_was_said(&self, licence_type: &Slug, asked: &Value, failure: Failure) -> Failure {
        let placed = |pointer: &str| self.placed(licence_type, asked, pointer);
        match failure {
            Failure::Refused(Refusal::Request(error)) => {
                self.error_where_it_was_said(licence_type, asked, error).into()
            }
            Failure::Refused(Refusal::Fact(mut refused)) => {
                let about = refused.about_mut();
                about.pointer = placed(&about.pointer);
                refused.into()
            }
            Failure::Refused(Refusal::AlreadyHeld { pointer }) => {
                Refusal::AlreadyHeld { pointer: placed(&pointer) }.into()
            }
            Failure::Refused(Refusal::OutlivesCertificate { pointer }) => {
                Refusal::OutlivesCertificate { pointer: placed(&pointer) }.into()
            }
            other => other,
        }
    }

    fn error_where_it_was_said(
        &self,
        licence_type: &Slug,
        asked: &Value,
        error: RequestError,
    ) -> RequestError {
        RequestError { pointer: self.placed(licence_type, asked, &error.pointer), ..error }
    }

    fn placed(&self, licence_type: &Slug, asked: &Value, pointer: &str) -> String {
        if let Some(rest) = pointer.strip_prefix("/holders/0").filter(|_| asked.get("holder").is_some()) {
            return format!("/holder{rest}");
        }
        let Some(spot) = Spot::at(pointer) else {
            return if pointer.starts_with("/holders") { pointer.to_owned() } else { "/matter".to_owned() };
        };
        let within = pointer.strip_prefix(&spot.pointer()).unwrap_or_default();
        match self.matter.filling(licence_type, &spot) {
            Some(question) => format!("/answers/{}{within}", question.slug),
            None => "/matter".to_owned(),
        }
    }
}
