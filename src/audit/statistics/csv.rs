//! Tables as text that spreadsheets open (RFC 4180): lines end in CR LF, what holds a comma, a quote or a line break is quoted. What a
//! spreadsheet would take for something else than text (a formula, or a number of more digits than it keeps) has an
//! apostrophe before it, which spreadsheets do not show.

/// Digits that a spreadsheet keeps of a number.
const DIGITS_KEPT: usize = 15;

/// A table: a head, and rows as long as it.
pub(super) fn csv<'r>(head: &[&str], rows: impl Iterator<Item = Vec<Cell<'r>>>) -> String {
    let mut text = String::new();
    line(&mut text, head.iter().map(|name| Cell::Text(name)));
    for row in rows {
        line(&mut text, row.into_iter());
    }
    text
}

/// What stands in a cell.
pub(super) enum Cell<'r> {
    /// A text.
    Text(&'r str),
    /// A number.
    Number(u64),
    /// Nothing.
    Empty,
}

fn line<'r>(text: &mut String, cells: impl Iterator<Item = Cell<'r>>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            text.push(',');
        }
        match cell {
            Cell::Text(own) => text.push_str(&quoted(&guarded(own))),
            Cell::Number(number) => text.push_str(&number.to_string()),
            Cell::Empty => {}
        }
    }
    text.push_str("\r\n");
}

fn guarded(text: &str) -> String {
    // A single E among digits makes a number with an exponent, as it may in a credit code.
    let number = |text: &str| {
        let (digits, exponent) = text.split_once(['E', 'e']).unwrap_or((text, "0"));
        [digits, exponent]
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let long = number(text) && (text.len() > DIGITS_KEPT || text.contains(['E', 'e']));
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    if long || formula { format!("'{text}") } else { text.to_owned() }
}

fn quoted(text: &str) -> String {
    if !text.contains([',', '"', '\r', '\n']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula_and_everything_is_read_back() {
        let texts =
            ["a", "=1+1", "+1", "-1", "@x", "\t=1", "a,b", "say \"x\"", "two\nlines", "=\"a\",b", "＝1"];
        let rows = texts.iter().map(|text| vec![Cell::Text(text), Cell::Number(7), Cell::Empty]);
        let written = csv(&["text", "count", "nothing"], rows);
        let expected = concat!(
            "text,count,nothing\r\n",
            "a,7,\r\n",
            "'=1+1,7,\r\n",
            "'+1,7,\r\n",
            "'-1,7,\r\n",
            "'@x,7,\r\n",
            "'\t=1,7,\r\n",
            "\"a,b\",7,\r\n",
            "\"say \"\"x\"\"\",7,\r\n",
            "\"two\nlines\",7,\r\n",
            "\"'=\"\"a\"\",b\",7,\r\n",
            "'＝1,7,\r\n",
        );
        assert_eq!(written, expected);
    }

    #[test]
    fn a_code_of_digits_alone_keeps_them_all() {
        let code = csv(&["code"], [vec![Cell::Text("113301060024894357")]].into_iter());
        assert_eq!(code, "code\r\n'113301060024894357\r\n");
        let exponent = csv(&["code"], [vec![Cell::Text("11330106002489E060")]].into_iter());
        assert_eq!(exponent, "code\r\n'11330106002489E060\r\n");
        let letter = csv(&["code"], [vec![Cell::Text("11330106002489434D")]].into_iter());
        assert_eq!(letter, "code\r\n11330106002489434D\r\n");
        assert_eq!(csv(&["region"], [vec![Cell::Text("330106")]].into_iter()), "region\r\n330106\r\n");
    }
}
