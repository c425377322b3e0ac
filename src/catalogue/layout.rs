//! Where things stand in a credential: the part of its claims that the licence type decides, and which of them the
//! holder can withhold.
//!
//! ```json
//! {"holders":[{"name":"…","code":"…","code_type":"001","role":"…"}],"claims":{…}}
//! ```
//!
//! A type's own claims stand under `claims`, so that none can ever collide with a registered one (`exp`, `status`,
//! `vct` …), and a report shows the same shape. Beside these two the engine puts `licence_number`, `identifier`,
//! `issuer` `{code, name}`, `valid_from` and, where there is one, `valid_until`, always plain; the metadata names
//! them too. What was granted before the ledger has `recorded` `{trust, issued_on}` as well. Not here: digests and disclosures (`sd_jwt`).

use serde_json::{Map, Value, json};

use super::check::Checked;
use super::claims_schema::ClaimsSchema;
use super::licence_type::LicenceType;
use super::metadata::{Disclosure, Metadata, MetadataError, written};
use super::refusal::below;
use super::rules::{HolderCategory, Rules};

/// The type's part of a credential.
#[derive(Clone, PartialEq)]
pub struct Layout {
    /// `holders` and `claims`, all in the clear.
    pub claims: Map<String, Value>,
    /// JSON pointers (RFC 6901) into them, of members to be made selectively disclosable.
    pub disclosable: Vec<String>,
}

impl std::fmt::Debug for Layout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Layout({:?})", self.disclosable)
    }
}

impl LicenceType {
    /// The type's part of the credential for a checked request of this type.
    pub fn layout(&self, checked: &Checked) -> Layout {
        let mut holders = Vec::new();
        let mut disclosable = Vec::new();
        for (index, holder) in checked.holders().iter().enumerate() {
            let code = holder.code();
            let mut members = Map::from_iter([
                ("name".to_owned(), json!(holder.name())),
                ("code".to_owned(), json!(code.as_str())),
                ("code_type".to_owned(), json!(code.code_type().as_str())),
            ]);
            if let Some(role) = holder.role() {
                members.insert("role".to_owned(), json!(role.as_str()));
            }
            let withheld =
                members.keys().filter(|name| self.metadata().withholds(&[Some("holders"), None, Some(name)]));
            disclosable.extend(withheld.map(|name| format!("/holders/{index}/{name}")));
            holders.push(Value::Object(members));
        }
        for (name, value) in checked.claims() {
            let path = [Some("claims"), Some(name.as_str())];
            self.withheld(&path, &below("/claims", name), value, &mut disclosable);
        }
        let claims = Map::from_iter([
            ("holders".to_owned(), Value::Array(holders)),
            ("claims".to_owned(), Value::Object(checked.claims().clone())),
        ]);
        Layout { claims, disclosable }
    }

    /// Adds the pointer of a value that can be withheld, and of everything in it that can be withheld by itself.
    fn withheld<'v>(
        &self,
        path: &[Option<&'v str>],
        pointer: &str,
        value: &'v Value,
        disclosable: &mut Vec<String>,
    ) {
        if self.metadata().withholds(path) {
            disclosable.push(pointer.to_owned());
        }
        match value {
            Value::Array(rows) => {
                let path = [path, &[None]].concat();
                for (place, row) in rows.iter().enumerate() {
                    self.withheld(&path, &format!("{pointer}/{place}"), row, disclosable);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let path = [path, &[Some(name.as_str())]].concat();
                    self.withheld(&path, &below(pointer, name), member, disclosable);
                }
            }
            _ => {}
        }
    }
}

/// Members that stand in every credential: path, whether every one has it.
const COMMON: &[(&[&str], bool)] = &[
    (&["licence_number"], true),
    (&["identifier"], true),
    (&["issuer", "name"], true),
    (&["issuer", "code"], true),
    (&["valid_from"], true),
];

/// Members of a credential whose licence was granted before the ledger; where the metadata names them, it says this.
const RECORDED: &[&[&str]] = &[&["recorded", "trust"], &["recorded", "issued_on"]];

/// Everything in which the metadata does not name exactly what a credential of the type holds, or does not hide what
/// is personal: of a type that persons hold every name, code and claim, and every row of a list by itself.
pub(super) fn disagreements(rules: &Rules, schema: &ClaimsSchema, metadata: &Metadata) -> Vec<MetadataError> {
    let personal = rules.catalogue.holder_category != HolderCategory::Organisation;
    let hidden = if personal { Some(Disclosure::Always) } else { None };
    let plain = Some(Disclosure::Never);
    let mut known = Vec::new();
    let mut errors = Vec::new();
    let mut demand = |path: &[Option<&str>], mandatory, sd: Option<Disclosure>| {
        let found = metadata.claim(path);
        let good = found.is_some_and(|c| c.mandatory == mandatory && sd.is_none_or(|sd| c.sd == sd));
        let path = written(path.iter().copied());
        known.push(path.clone());
        if !good {
            let sd = sd.map_or("as it is", Disclosure::as_str);
            errors.push(MetadataError::Claim { path, mandatory, sd });
        }
    };
    for (path, mandatory) in COMMON {
        demand(&path.iter().copied().map(Some).collect::<Vec<_>>(), *mandatory, plain);
    }
    for path in RECORDED {
        let path: Vec<_> = path.iter().copied().map(Some).collect();
        if metadata.claim(&path).is_some() {
            demand(&path, false, plain);
        }
    }
    demand(&[Some("valid_until")], !rules.validity.open_ended, plain);
    demand(&[Some("holders"), None, Some("name")], true, hidden);
    demand(&[Some("holders"), None, Some("code")], true, hidden);
    demand(&[Some("holders"), None, Some("code_type")], true, plain);
    if !rules.holders.roles.is_empty() {
        demand(&[Some("holders"), None, Some("role")], true, None);
    }
    for part in schema.parts() {
        let path: Vec<_> =
            [Some("claims")].into_iter().chain(part.path.iter().map(Option::as_deref)).collect();
        let by_itself = matches!(part.path.as_slice(), [_] | [_, None]);
        demand(&path, part.mandatory, hidden.filter(|_| by_itself));
    }
    let paths = metadata.claims().iter().map(|claim| written(claim.path.iter().map(Option::as_deref)));
    errors.extend(paths.filter(|path| !known.contains(path)).map(MetadataError::Stray));
    errors
}
