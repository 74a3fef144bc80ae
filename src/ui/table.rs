//! Tables, for lists that were asked for.

use super::escape;
use super::measure::{pad, width};

/// A table: a line of titles and a line for each row, columns two spaces apart. Columns whose title begins with `>` stand to the right.
/// Empty where there are no rows; else it ends with a line feed.
#[must_use]
pub fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let right: Vec<bool> = titles.iter().map(|title| title.starts_with('>')).collect();
    let titles = titles.iter().map(|title| title.trim_start_matches('>').to_owned()).collect();
    let rows = rows.iter().map(|row| row.iter().map(|cell| escape::word(cell)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(titles).chain(rows).collect();
    let columns = (0..right.len())
        .map(|column| lines.iter().filter_map(|line| line.get(column)).map(|cell| width(cell)).max().unwrap_or(0));
    let columns: Vec<usize> = columns.collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&columns).zip(&right).map(|((cell, columns), right)| match right {
            true => format!("{}{cell}", " ".repeat(columns.saturating_sub(width(cell)))),
            false => pad(cell, *columns),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["a", "1 B", "x"], ["日本", "12 MiB", ""]].map(|row| row.map(str::to_owned).to_vec());
        let expected = "NAME    SIZE  USE\na        1 B  x\n日本  12 MiB\n";
        assert_eq!(table(&["NAME", ">SIZE", "USE"], &rows), expected);
        assert_eq!(table(&["NAME"], &[]), "");
    }

    #[test]
    fn a_cell_is_one_line_without_escapes() {
        let text = table(&["NAME"], &[vec!["a\n\x1b[31mb".to_owned()]]);
        assert_eq!(text.lines().count(), 2, "{text:?}");
        assert!(!text.contains('\x1b'), "{text:?}");
    }
}
