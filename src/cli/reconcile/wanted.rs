//! Which licences of the ledger a table is held against: of its type, and with `--legacy` what was recorded, or replaced
//! something recorded here. What was erased has nothing left to compare.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::values::identifiers::Slug;

/// What is wanted of the licences, which come oldest first: a licence before the one that replaced it.
pub(super) struct Wanted<'t> {
    slug: &'t Slug,
    legacy: bool,
    /// Handles of what replaced a recorded licence, or replaced what did.
    successors: BTreeSet<String>,
}

impl<'t> Wanted<'t> {
    pub(super) fn new(slug: &'t Slug, legacy: bool) -> Self {
        Self { slug, legacy, successors: BTreeSet::new() }
    }

    /// Whether this one is compared.
    pub(super) fn takes(&mut self, item: &Value) -> bool {
        let of_type = item.get("type").and_then(Value::as_str) == Some(self.slug.as_str());
        let erased = item.get("erased") == Some(&Value::Bool(true));
        (!self.legacy || self.descends(item)) && of_type && !erased
    }

    /// Whether the chain of what it replaced begins at a recorded licence.
    fn descends(&mut self, item: &Value) -> bool {
        let succeeds =
            item.get("handle").and_then(Value::as_str).is_some_and(|handle| self.successors.remove(handle));
        let descends = succeeds || item.get("recorded").is_some();
        if descends {
            let successor = item.get("replaced_by").and_then(Value::as_str);
            self.successors.extend(successor.map(str::to_owned));
        }
        descends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn with_legacy_what_replaced_a_recorded_licence_is_taken_too() {
        let (shop, recorded) = ("shop".parse().unwrap(), json!({"trust": "B"}));
        let items = [
            json!({"type": "shop", "handle": "a", "replaced_by": "c", "recorded": recorded}),
            json!({"type": "shop", "handle": "b", "replaced_by": "f"}),
            json!({"type": "shop", "handle": "c", "replaced_by": "d", "erased": true}),
            json!({"type": "shop", "handle": "d", "replaced_by": null, "replaces": "c"}),
            json!({"type": "other", "handle": "e", "recorded": recorded}),
            json!({"type": "shop", "handle": "f", "replaced_by": null, "replaces": "b"}),
        ];
        let taken = |legacy| {
            let mut wanted = Wanted::new(&shop, legacy);
            let taken = items.iter().filter(|item| wanted.takes(item));
            taken.map(|item| item["handle"].as_str().unwrap()).collect::<String>()
        };
        assert_eq!((taken(true).as_str(), taken(false).as_str()), ("ad", "abdf"));
    }
}
