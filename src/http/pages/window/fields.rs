//! A field of a form as a JSON Schema tells of it, and what was filled in as the value that the schema means: texts, days,
//! numbers, words to choose from, several of them, texts one a line, groups, and rows of groups with an empty one to grow.
//! A field's name is the pointer to its value without the first slash, so that what is wrong finds it. Not here: whether a
//! value is good.

use std::cell::RefCell;
use std::collections::BTreeSet;

use askama::Template;
use serde_json::{Map, Value, json};

use crate::http::window::Pairs;
use crate::values::lang::Lang;

/// A field.
#[derive(Template)]
#[template(path = "window_field.html")]
pub struct Field {
    lang: Lang,
    name: String,
    label: String,
    hint: Option<String>,
    required: bool,
    wrong: Vec<String>,
    control: Control,
}

/// How it is filled in.
enum Control {
    Text { kind: &'static str, value: String },
    Lines { value: String },
    Choice { options: Vec<Choice> },
    Boxes { options: Vec<Choice> },
    Group { fields: Vec<Field> },
    Rows { rows: Vec<Vec<Field>> },
}

/// One of several words.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

/// What a form is drawn with: what is wrong, and how much of it stands at a field by now.
pub struct Drawing {
    lang: Lang,
    wrong: Vec<(String, String)>,
    told: RefCell<BTreeSet<usize>>,
}

impl Field {
    /// With how to fill it in.
    pub fn explained(self, hint: String) -> Self {
        Self { hint: Some(hint).filter(|hint| !hint.is_empty()).or(self.hint), ..self }
    }

    /// What describes the control, by the ids of what is there.
    fn described(&self) -> Option<String> {
        let hint = self.hint.as_ref().map(|_| format!("hint-{}", self.name));
        let wrong = (!self.wrong.is_empty()).then(|| format!("wrong-{}", self.name));
        let all: Vec<String> = hint.into_iter().chain(wrong).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }
}

impl Drawing {
    /// With pointers and what is wrong there.
    pub fn new(lang: Lang, wrong: Vec<(String, String)>) -> Self {
        Self { lang, wrong, told: RefCell::default() }
    }

    /// What is wrong at a pointer, which is told there then.
    pub fn wrong_at(&self, pointer: &str) -> Vec<String> {
        self.taken(|at| at == pointer)
    }

    /// What is wrong and stands at no field, with where it is.
    pub fn left(&self) -> Vec<(String, String)> {
        self.take(|_| true)
    }

    fn taken(&self, is_here: impl Fn(&str) -> bool) -> Vec<String> {
        self.take(is_here).into_iter().map(|(_, text)| text).collect()
    }

    fn take(&self, is_here: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let mut told = self.told.borrow_mut();
        let here = self.wrong.iter().enumerate().filter(|(_, (at, _))| is_here(at));
        here.filter(|(place, _)| told.insert(*place)).map(|(_, wrong)| wrong.clone()).collect()
    }

    /// A field of this schema, with what was said in it.
    pub fn field(
        &self,
        schema: &Value,
        name: &str,
        label: String,
        required: bool,
        said: Option<&Value>,
    ) -> Field {
        let control = self.control(schema, name, required, said);
        let pointer = format!("/{name}");
        let whole = matches!(control, Control::Group { .. } | Control::Rows { .. });
        // What lies below a field that has no fields of its own is wrong at it.
        let below = format!("{pointer}/");
        let wrong = self.taken(|at| at == pointer || (!whole && at.starts_with(&below)));
        let hint = text_of(schema, self.lang.choose("x-description-zh", "description"));
        Field { lang: self.lang, name: name.to_owned(), label, hint, required, wrong, control }
    }

    fn control(&self, schema: &Value, name: &str, required: bool, said: Option<&Value>) -> Control {
        let items = schema.get("items").unwrap_or(&Value::Null);
        let words = said.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if let Some(options) = self.options(schema) {
            let chosen = said.and_then(Value::as_str).unwrap_or_default();
            let choose = |(value, text): (String, String)| Choice { chosen: value == chosen, value, text };
            return Control::Choice { options: options.into_iter().map(choose).collect() };
        }
        if let Some(options) = self.options(items).filter(|_| kind(schema) == "array") {
            let choose = |(value, text): (String, String)| Choice {
                chosen: words.iter().any(|word| word.as_str() == Some(&value)),
                value,
                text,
            };
            return Control::Boxes { options: options.into_iter().map(choose).collect() };
        }
        match (kind(schema), kind(items)) {
            ("array", "object") => {
                // One more than there are, to grow; an empty one says nothing. What is too much stays to be seen.
                let grown = (words.len() + 1).min(most_of(schema)).max(words.len());
                let row = |place: usize| {
                    self.members(items, &format!("{name}/{place}"), place == 0 && required, words.get(place))
                };
                Control::Rows { rows: (0..grown).map(row).collect() }
            }
            ("array", _) => {
                let lines: Vec<String> = words.iter().map(plain).collect();
                Control::Lines { value: lines.join("\n") }
            }
            ("object", _) => Control::Group { fields: self.members(schema, name, required, said) },
            _ => {
                let value = said.map(plain).unwrap_or_default();
                // Most long texts are one line all the same: their pattern begins with no control character.
                let one_line = text_of(schema, "pattern").is_some_and(|one| one.starts_with(r"^[^\p{Cc}]"));
                let most = schema.get("maxLength").and_then(Value::as_u64);
                let long = !one_line && most.is_some_and(|most| most > 256);
                let kind = if schema.get("format") == Some(&json!("date")) { "date" } else { "text" };
                if long { Control::Lines { value } } else { Control::Text { kind, value } }
            }
        }
    }

    fn members(&self, schema: &Value, name: &str, required: bool, said: Option<&Value>) -> Vec<Field> {
        let needed = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let members = schema.get("properties").and_then(Value::as_object);
        // What must be said comes first, in the order in which it is asked for.
        let first = needed.iter().filter_map(|name| members?.get_key_value(name.as_str()?));
        let rest = members.into_iter().flatten().filter(|(member, _)| !needed.contains(&json!(member)));
        let field = |(member, schema): (&String, &Value)| {
            let label = text_of(schema, self.lang.choose("x-title-zh", "title"));
            let required = required && needed.contains(&json!(member));
            let said = said.and_then(|said| said.get(member));
            self.field(
                schema,
                &format!("{name}/{member}"),
                label.unwrap_or_else(|| member.clone()),
                required,
                said,
            )
        };
        first.chain(rest).map(field).collect()
    }

    /// The words that may be chosen, each with how it reads.
    fn options(&self, schema: &Value) -> Option<Vec<(String, String)>> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        if let Some(options) = schema.get("x-options").and_then(Value::as_array) {
            let read = |option: &Value| {
                let named = option.get(self.lang.choose(1, 2)).map(text);
                (option.get(0).map(text).unwrap_or_default(), named.unwrap_or_default())
            };
            return Some(options.iter().map(read).collect());
        }
        let words = schema.get("enum").and_then(Value::as_array)?;
        Some(words.iter().map(|word| (text(word), text(word))).collect())
    }
}

/// What was filled in for a schema; nothing where nothing was.
pub fn value_of(schema: &Value, name: &str, pairs: &Pairs) -> Option<Value> {
    let items = schema.get("items").unwrap_or(&Value::Null);
    match (kind(schema), kind(items)) {
        ("array", "object") => {
            // One more than may be, so that it is said that there are too many.
            let most = most_of(schema).saturating_add(1);
            let places = pairs.rows(name).into_iter();
            let rows = places.filter_map(|place| value_of(items, &format!("{name}/{place}"), pairs));
            Some(rows.take(most).collect::<Vec<Value>>()).filter(|rows| !rows.is_empty()).map(Value::Array)
        }
        ("array", _) => {
            let given = pairs.all(name).iter().flat_map(|text| text.lines());
            let words: Vec<Value> =
                given.map(str::trim).filter(|word| !word.is_empty()).map(|word| json!(word)).collect();
            Some(words).filter(|words| !words.is_empty()).map(Value::Array)
        }
        ("object", _) => {
            let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let members: Map<String, Value> = members
                .filter_map(|(member, schema)| {
                    Some((member.clone(), value_of(schema, &format!("{name}/{member}"), pairs)?))
                })
                .collect();
            Some(members).filter(|members| !members.is_empty()).map(Value::Object)
        }
        ("integer", _) => {
            let text = pairs.text(name)?;
            Some(text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)))
        }
        // A browser ends the lines of a form with two characters.
        _ => pairs.text(name).map(|text| json!(text.replace("\r\n", "\n"))),
    }
}

/// A value as people read it.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) if all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("、")
        }
        other => other.to_string(),
    }
}

fn kind(schema: &Value) -> &str {
    schema.get("type").and_then(Value::as_str).unwrap_or_default()
}

/// How many rows there may be.
fn most_of(schema: &Value) -> usize {
    let most = schema.get("maxItems").and_then(Value::as_u64);
    most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

fn text_of(schema: &Value, name: &str) -> Option<String> {
    schema.get(name).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Value {
        json!({"type": "object", "properties": {
            "day": {"type": "string", "format": "date"}, "count": {"type": "integer"},
            "words": {"type": "array", "items": {"type": "string", "enum": ["甲", "乙"]}},
            "lines": {"type": "array", "items": {"type": "string"}},
            "rows": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        }})
    }

    #[test]
    fn what_is_filled_in_is_the_value_that_the_schema_means() {
        let pairs = [
            ("x/day", " 2026-11-22 "),
            ("x/count", "3"),
            ("x/words", "甲"),
            ("x/words", "乙"),
            ("x/lines", "一\r\n\r\n二"),
            ("x/rows/0/a", ""),
            ("x/rows/4/a", "b"),
            ("y", "no"),
        ];
        let pairs = Pairs::of(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        let expected = json!({
            "day": "2026-11-22", "count": 3, "words": ["甲", "乙"], "lines": ["一", "二"], "rows": [{"a": "b"}],
        });
        assert_eq!(value_of(&schema(), "x", &pairs), Some(expected));
        assert_eq!(value_of(&schema(), "z", &pairs), None);
        let many = Pairs::of((0..9).map(|row| (format!("x/rows/{row}/a"), "b".to_owned())).collect());
        let read = value_of(&schema(), "x", &many).unwrap();
        assert_eq!(read["rows"].as_array().unwrap().len(), 3, "one more than there may be");
    }

    #[test]
    fn what_is_wrong_stands_at_its_field_and_the_rest_is_left() {
        let wrong = [("/x/rows/0/a", "甲错"), ("/x/words/1", "乙错"), ("/matter", "别的")];
        let wrong = wrong.map(|(at, text)| (at.to_owned(), text.to_owned())).into();
        let drawing = Drawing::new(Lang::Zh, wrong);
        let said = json!({"words": ["乙"], "rows": [{"a": "<b>"}]});
        let drawn = drawing.field(&schema(), "x", "全部".into(), true, Some(&said)).render().unwrap();
        for part in ["甲错", "乙错", "&#60;b&#62;", r#"name="x/rows/1/a""#, r#"value="乙" checked"#] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert_eq!(drawing.left(), [("/matter".to_owned(), "别的".to_owned())]);
    }
}
