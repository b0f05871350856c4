//! Aligned text for the terminal.

/// On which side a column's text lies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// Rows as lines with aligned columns, indented; columns beyond `sides` lie left. No space ends a line.
pub(crate) fn lines(sides: &[Side], rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    rows.iter()
        .map(|row| {
            let mut line = String::from("  ");
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let space = " ".repeat(width - cell.chars().count());
                match sides.get(column).copied().unwrap_or(Side::Left) {
                    Side::Left => line.extend(["  ", cell, &space]),
                    Side::Right => line.extend(["  ", &space, cell]),
                }
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// Prints rows as [`lines`] puts them.
pub(crate) fn print(sides: &[Side], rows: &[Vec<String>]) {
    for line in lines(sides, rows) {
        println!("{line}");
    }
}

/// A row of a table.
pub(crate) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_under_each_other_also_beside_accents() {
        let rows = [row(["Crème brûlée", "12"]), row(["Thé", "7", "note"])];
        assert_eq!(lines(&[Side::Left, Side::Right], &rows), ["    Crème brûlée  12", "    Thé            7  note"]);
    }
}
