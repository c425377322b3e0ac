//! `standing.json`: the whole table of section 9, standing × act × expired. What cannot follow has no `to`.

use serde_json::{Value, json};
use vidimus::values::standing::transition_table;

#[test]
fn the_whole_table() {
    let mut rows = Vec::new();
    for (from, act, expired, to) in transition_table() {
        let mut row = json!({"act": act.as_str(), "expired": expired, "from": from});
        if let Ok(to) = to {
            row["status"] = json!(to.status_value());
            row["to"] = json!(to);
        }
        rows.push(row);
    }
    crate::hold("standing.json", &Value::Array(rows));
}
