//! `dates.json`: days at an offset, their last millisecond, Feb 29, and what a licence was at an entry's own millisecond.

use serde_json::{Value, json};
use vidimus::ledger::state::View as _;
use vidimus::values::time::{Date, Time, UtcOffset};

use crate::ledger::Ledger;
use crate::story::{handle, told};

#[test]
fn days_and_moments() {
    let ledger = told();
    crate::hold("dates.json", &json!({"days": days(), "moments": moments(&ledger), "no_days": no_days()}));
}

/// First instant and end of a day, and the day of the instants around them.
fn days() -> Value {
    let mut days = Vec::new();
    for offset in ["+08:00", "+00:00", "-03:30", "+18:00"] {
        for date in ["2026-11-22", "2026-12-31", "2027-02-28", "2028-02-29", "2000-02-29", "1969-12-31"] {
            let (day, at): (Date, UtcOffset) = (date.parse().unwrap(), offset.parse().unwrap());
            let (first, end) = (day.first_instant(at), day.end(at));
            let of = |time: Time| json!({"date": time.date(at), "expired": time >= end, "time": time});
            let times = [first.plus(-1), first, end.plus(-1), end].map(of);
            days.push(json!({"date": date, "end": end, "first": first, "offset": offset, "times": times}));
        }
    }
    Value::Array(days)
}

fn no_days() -> Value {
    let texts =
        ["2027-02-29", "1900-02-29", "2100-02-29", "2026-04-31", "2026-13-01", "2026-00-01", "2026-01-00"];
    assert!(texts.iter().all(|text| text.parse::<Date>().is_err()));
    json!(texts)
}

/// Standings that the whole ledger showed around the entries about some of its licences.
fn moments(ledger: &Ledger) -> Value {
    let mut moments = Vec::new();
    for handle in [1, 2, 3, 5].map(handle) {
        let licence = ledger.state.licence(&handle).unwrap().unwrap();
        for event in &licence.events {
            for at in [event.time.plus(-1), event.time, event.time.plus(1)] {
                let mut moment = json!({"at": at, "handle": handle});
                if let Some(shown) = licence.standing_at(at) {
                    moment["index"] = json!(shown.index);
                    moment["standing"] = json!(shown.standing);
                }
                moments.push(moment);
            }
        }
    }
    Value::Array(moments)
}
