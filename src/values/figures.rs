//! Whole numbers and lengths of time as people read them. Not here: days and times, which a page writes on the authority's
//! clock (`http::pages`).

use super::lang::Lang;

/// A whole number, by groups of three.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// How long, in its greatest unit.
pub fn span(lang: Lang, millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    let (count, zh, en) = match seconds {
        0..60 => (seconds, "秒", "second"),
        60..3600 => (seconds / 60, "分钟", "minute"),
        3600..172_800 => (seconds / 3600, "小时", "hour"),
        _ => (seconds / 86_400, "天", "day"),
    };
    match lang {
        Lang::Zh => format!("{count} {zh}"),
        Lang::En => format!("{count} {en}{}", if count == 1 { "" } else { "s" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_has_its_forms() {
        let numbers: Vec<String> = [0, 999, 1000, 1_234_567].map(number).into();
        assert_eq!(numbers, ["0", "999", "1,000", "1,234,567"]);
        let spans: Vec<String> =
            [-5, 1000, 61_000, 7_200_000, 259_200_000].map(|ms| span(Lang::En, ms)).into();
        assert_eq!(spans, ["0 seconds", "1 second", "1 minute", "2 hours", "3 days"]);
        assert_eq!(span(Lang::Zh, 61_000), "1 分钟");
    }
}
