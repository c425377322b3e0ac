//! What one operation is: a row of the tables in `operations`, written as it reads. Not here: how a row looks in
//! OpenAPI (`document`).

use serde_json::{Value, json};

use crate::http::kind::Kind;

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody; a token is not looked at.
    All,
    /// Everybody; a token gives more.
    Anyone,
    /// Whoever has a token, of a role that the operation names in its words.
    Known,
    /// Departments.
    Department,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// A header.
    Header,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// As written.
    pub name: &'static str,
    /// Where it stands.
    pub place: Place,
    /// What it means.
    pub says: &'static str,
    /// Its schema.
    pub schema: Value,
    /// Whether it must be given; always so in a path.
    pub required: bool,
}

/// A body, asked or answered, in one media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// JSON of a named schema.
    Json(&'static str),
    /// JSON of one of two named schemas.
    Either(&'static str, &'static str),
    /// One JSON value a line, each of a named schema.
    Lines(&'static str),
    /// Text of a media type.
    Text(&'static str),
    /// Bytes of a media type.
    Bytes(&'static str),
}

/// An answer that is no problem.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// When it is given.
    pub when: &'static str,
    /// What it holds, by what is asked for.
    pub content: Vec<Content>,
    /// Where it leads.
    pub links: Vec<Link>,
}

/// From an answer to an operation that it makes possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The operation.
    pub to: &'static str,
    /// Its parameter.
    pub parameter: &'static str,
    /// JSON pointer to its value in the answer.
    pub value: &'static str,
}

/// One method of one path.
#[derive(Debug, Clone)]
pub struct Operation {
    /// In lower case.
    pub method: &'static str,
    /// As the router has it.
    pub path: &'static str,
    /// The name that generated clients give it.
    pub id: &'static str,
    /// What it does, Chinese and English.
    pub says: (&'static str, &'static str),
    /// More about it.
    pub note: &'static str,
    /// Who may call.
    pub who: Who,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its body, by media type; empty where it takes none.
    pub takes: Vec<Content>,
    /// Whether it must have a body.
    pub needs_body: bool,
    /// What it answers.
    pub answers: Vec<Answer>,
    /// Problems of its own, beside those that follow from the rest of the row.
    pub refuses: Vec<Kind>,
}

/// Begins a row: a read.
pub fn get(path: &'static str, id: &'static str) -> Operation {
    Operation::begin("get", path, id)
}

/// Begins a row: a change, or a question with a body.
pub fn post(path: &'static str, id: &'static str) -> Operation {
    Operation::begin("post", path, id)
}

/// Begins a row: a removal.
pub fn delete(path: &'static str, id: &'static str) -> Operation {
    Operation::begin("delete", path, id)
}

impl Operation {
    fn begin(method: &'static str, path: &'static str, id: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            says: ("", ""),
            note: "",
            who: Who::All,
            parameters: Vec::new(),
            takes: Vec::new(),
            needs_body: false,
            answers: Vec::new(),
            refuses: Vec::new(),
        }
    }

    /// What it does.
    pub fn says(mut self, zh: &'static str, en: &'static str) -> Self {
        self.says = (zh, en);
        self
    }

    /// More about it.
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// Who may call.
    pub fn by(mut self, who: Who) -> Self {
        self.who = who;
        self
    }

    /// A part of the path.
    pub fn part(self, name: &'static str, says: &'static str, schema: Value) -> Self {
        self.with(Parameter { name, place: Place::Path, says, schema, required: true })
    }

    /// A query parameter that may be given.
    pub fn query(self, name: &'static str, says: &'static str, schema: Value) -> Self {
        self.with(Parameter { name, place: Place::Query, says, schema, required: false })
    }

    /// Any parameter.
    pub fn with(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// A body it must have, in one of these forms.
    pub fn takes(mut self, contents: &[Content]) -> Self {
        self.takes = contents.to_vec();
        self.needs_body = true;
        self
    }

    /// Lines, of which there may be none.
    pub fn takes_lines(mut self, name: &'static str) -> Self {
        self.takes = vec![Content::Lines(name)];
        self
    }

    /// An answer.
    pub fn answers(mut self, status: u16, when: &'static str, contents: &[Content]) -> Self {
        self.answers.push(Answer { status, when, content: contents.to_vec(), links: Vec::new() });
        self
    }

    /// Where the answer just named leads: operations of which one parameter stands in it.
    pub fn leads(mut self, to: &[&'static str], parameter: &'static str, value: &'static str) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.links.extend(to.iter().map(|to| Link { to, parameter, value }));
        }
        self
    }

    /// Problems of its own.
    pub fn refuses(mut self, kinds: &[Kind]) -> Self {
        self.refuses.extend_from_slice(kinds);
        self
    }

    /// Every kind of problem it can answer with: its own, and those that follow from who may call, what it takes and
    /// how it is asked.
    pub fn problems(&self) -> Vec<Kind> {
        let mut kinds = self.refuses.clone();
        match self.who {
            Who::All => {}
            Who::Anyone => kinds.push(Kind::Unauthorised),
            Who::Known => kinds.push(Kind::Unauthorised),
            Who::Department => kinds.extend([Kind::Unauthorised, Kind::NotYours]),
        }
        if !self.takes.is_empty() {
            kinds.extend([Kind::Malformed, Kind::TooLarge, Kind::MediaType]);
        }
        if self.parameters.iter().any(|parameter| parameter.place == Place::Query) {
            kinds.extend([Kind::Malformed, Kind::UnknownField, Kind::InvalidClaim]);
        }
        // Whatever refuses a query parameter reads the query, which may hold one twice.
        if kinds.contains(&Kind::UnknownField) {
            kinds.push(Kind::Malformed);
        }
        // However good, it can come too often (`access`), and we can fail.
        kinds.extend([Kind::TooMany, Kind::Internal]);
        Kind::ALL.iter().copied().filter(|kind| kinds.contains(kind)).collect()
    }
}

/// The schema of a component.
pub fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Any text.
pub fn text() -> Value {
    json!({"type": "string"})
}

/// `true`, `false`, or the bare name for true.
pub fn flag(name: &'static str, says: &'static str) -> Parameter {
    let schema = json!({"type": "boolean", "default": false});
    Parameter { name, place: Place::Query, says, schema, required: false }
}

/// `?dry_run=`.
pub fn dry_run() -> Parameter {
    flag("dry_run", "All checks and refusals, and nothing else: nothing is signed, entered or used.")
}

/// `Idempotency-Key`.
pub fn idempotency_key() -> Parameter {
    Parameter {
        name: "Idempotency-Key",
        place: Place::Header,
        says: "Under the same key the same answer, once it was committed; kept for 30 days at least. With another \
               body: 409 idempotency-conflict.",
        schema: json!({"type": "string", "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"}),
        required: false,
    }
}
