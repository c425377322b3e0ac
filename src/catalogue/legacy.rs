//! The columns that a table of existing licences (存量) has beside those of its type: names that hold for every type, in
//! English and Chinese, so that no mapping has to be written. A column that the type's own mapping names stays its.
//! Not here: reading rows (`columns`), and what a recorded licence must say (`recorded`).

use super::columns::ColumnMapping;
use super::target::Target;

/// The member that a column fills, and the column's names.
const COLUMNS: &[(&str, &[&str])] = &[
    ("/licence_number", &["licence_number", "证照编号", "证书编号", "许可证编号"]),
    ("/reference", &["reference", "业务编号"]),
    ("/valid_from", &["valid_from", "有效期起", "有效期自", "有效期起始日期"]),
    ("/valid_until", &["valid_until", "有效期止", "有效期至", "有效期截止日期"]),
    ("/recorded/issued_on", &["issued_on", "发证日期", "颁证日期", "签发日期"]),
    ("/recorded/source", &["source", "来源", "数据来源"]),
    ("/recorded/trust", &["trust", "信任等级", "可信等级"]),
    ("/recorded/standing", &["standing", "状态", "证照状态"]),
    ("/recorded/standing_since", &["standing_since", "状态日期", "状态起始日期"]),
    ("/recorded/standing_reason", &["standing_reason", "状态原因"]),
];

/// What every recorded licence must say.
const REQUIRED: &[&str] = &["/licence_number", "/recorded/source", "/recorded/trust", "/recorded/standing"];

impl ColumnMapping {
    /// This mapping with the columns of existing licences, and for members that no cell fills these values.
    #[must_use]
    pub fn with_legacy(mut self, defaults: &[(&str, &str)]) -> Self {
        for (pointer, names) in COLUMNS {
            let target = Target::known(pointer);
            let free = names.iter().filter(|name| !self.names(name));
            let named: Vec<_> = free.map(|name| ((*name).to_owned(), target.clone())).collect();
            self.legacy.extend(named);
        }
        let known = |(pointer, text): &(&str, &str)| (Target::known(pointer), (*text).to_owned());
        self.defaults = defaults.iter().map(known).collect();
        self
    }

    /// The first column of a header that only a table of existing licences has, or any at all where the mapping itself
    /// fills what is recorded.
    pub fn needs_legacy<'h>(&self, header: &'h [String]) -> Option<&'h str> {
        let legacy = |name: &str| COLUMNS.iter().any(|(_, names)| names.contains(&name)) && !self.names(name);
        let records = |name: &str| {
            let targets = self.columns.get(name);
            targets.is_some_and(|targets| targets.iter().any(Target::is_recorded))
        };
        header.iter().map(String::as_str).find(|name| legacy(name) || records(name))
    }

    /// What every recorded licence must say and no column, constant or default does: the names a column could have.
    pub fn lacks(&self, header: &[String]) -> Vec<&'static [&'static str]> {
        let filled: Vec<String> = self.pointers(header);
        let lacking = COLUMNS.iter().filter(|(pointer, _)| {
            REQUIRED.contains(pointer) && !filled.iter().any(|filled| filled == pointer)
        });
        lacking.map(|(_, names)| *names).collect()
    }

    /// Every member that a table with this header can fill, as JSON pointers: by columns, constants and defaults.
    pub fn pointers(&self, header: &[String]) -> Vec<String> {
        let mapped = header.iter().filter_map(|name| self.columns.get(name)).flatten();
        let legacy = header.iter().filter_map(|name| self.legacy.get(name));
        let constants = self.constants.iter().map(|(target, _)| target);
        let fixed = constants.chain(self.defaults.iter().map(|(target, _)| target));
        let mut pointers: Vec<String> = mapped.chain(legacy).chain(fixed).map(ToString::to_string).collect();
        pointers.sort_unstable();
        pointers.dedup();
        pointers
    }

    fn names(&self, column: &str) -> bool {
        self.columns.contains_key(column) || self.ignore.contains(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{ClaimsSchema, ColumnError};
    use serde_json::{Value, json};

    const MAPPING: &str = r#"
        ignore = ["状态日期"]
        [columns]
        name = ["/holders/0/name"]
        established = ["/claims/established", "/valid_from"]
        licence_number = ["/licence_number"]
        [constants]
        "/holders/0/code_type" = "001"
    "#;

    fn schema() -> ClaimsSchema {
        let properties = json!({"established": {"type": "string"}});
        let schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
        ClaimsSchema::compile(&schema).unwrap()
    }

    fn mapping() -> ColumnMapping {
        ColumnMapping::read(MAPPING, &schema())
            .unwrap()
            .with_legacy(&[("/recorded/source", "档案"), ("/recorded/trust", "C")])
    }

    fn row(cells: &[(&str, &str)]) -> Result<Value, ColumnError> {
        let (header, row): (Vec<String>, Vec<String>) =
            cells.iter().map(|(name, cell)| ((*name).to_owned(), (*cell).to_owned())).unzip();
        mapping().request(&"some-type".parse().unwrap(), &header, &row)
    }

    #[test]
    fn columns_of_either_language_need_no_mapping() {
        let request = row(&[
            ("name", "甲"),
            ("证照编号", "旧-1"),
            ("established", "2001-01-01"),
            ("有效期起", "2015-03-01"),
            ("有效期至", "长期"),
            ("状态", "暂扣"),
            ("可信等级", "B"),
            ("来源", ""),
            ("状态日期", "昨天"),
        ]);
        let expected = json!({
            "type": "some-type", "valid_from": "2015-03-01", "valid_until": null, "licence_number": "旧-1",
            "claims": {"established": "2001-01-01"}, "holders": [{"name": "甲", "code_type": "001"}],
            "recorded": {"trust": "B", "standing": "suspended", "source": "档案"},
        });
        assert_eq!(request.unwrap(), expected);
        // A word that is none stays as it is, to be refused where it stands; a default fills what is empty.
        let odd = row(&[("standing", "过期"), ("trust", "")]).unwrap();
        assert_eq!(odd["recorded"], json!({"standing": "过期", "trust": "C", "source": "档案"}));
    }

    #[test]
    fn one_member_is_not_filled_twice() {
        let twice = |pointer: &str| Err(ColumnError::Twice(pointer.to_owned()));
        assert_eq!(row(&[("状态", "有效"), ("standing", "valid")]), twice("/recorded/standing"));
        assert_eq!(row(&[("licence_number", "1"), ("证照编号", "2")]), twice("/licence_number"));
        assert!(row(&[("状态", "有效"), ("standing", "")]).is_ok());
    }

    #[test]
    fn what_a_table_lacks_and_what_it_has_too_much_is_known_from_its_header() {
        let header = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let plain = ColumnMapping::read(MAPPING, &schema()).unwrap();
        assert_eq!(plain.needs_legacy(&header(&["name", "licence_number", "状态日期"])), None);
        assert_eq!(plain.needs_legacy(&header(&["name", "状态"])), Some("状态"));
        let own = ColumnMapping::read("[columns]\nx = [\"/recorded/trust\"]", &schema()).unwrap();
        assert_eq!(own.needs_legacy(&header(&["x"])), Some("x"));
        let lacking = mapping().lacks(&header(&["name"]));
        assert_eq!(lacking.iter().map(|names| names[0]).collect::<Vec<_>>(), ["licence_number", "standing"]);
        assert!(mapping().lacks(&header(&["证照编号", "证照状态"])).is_empty());
    }
}
