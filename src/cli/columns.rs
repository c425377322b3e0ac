//! Rows for people: columns as wide as what stands in them. Not here: tables that are read by programs (`--json`).

/// The rows below their heads, each column as wide as its widest cell, two spaces between.
pub(super) fn columns(heads: &[&str], rows: &[Vec<String>]) -> String {
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&heads).chain(rows).collect();
    let widest = |place: usize| {
        all.iter().filter_map(|row| row.get(place)).map(|cell| width(cell)).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(widest).collect();
    let line = |row: &&Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, wide)| {
            let room = wide.saturating_sub(width(cell));
            format!("{cell}{}", " ".repeat(room))
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Places on a terminal: a Chinese character or sign takes two.
fn width(cell: &str) -> usize {
    cell.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_each_other_begins_below_each_other() {
        let rows = [
            vec!["tax".to_owned(), "有效".to_owned(), "x".to_owned()],
            vec!["market".to_owned(), "-".to_owned(), "y".to_owned()],
        ];
        let told = columns(&["名称", "状态", "z"], &rows);
        assert_eq!(told, "名称    状态  z\ntax     有效  x\nmarket  -     y");
    }
}
