//! Tables for people.

use std::io::IsTerminal;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Row, Table, TableStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

/// A line below the header and nothing else: rows stay easy to read, copy and search.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table with this header, as wide as the terminal at most.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_header(Row::from(header.to_vec()));
    // Text that goes into a file or another program is not broken into lines.
    let arrangement =
        if std::io::stdout().is_terminal() { ContentArrangement::Dynamic } else { ContentArrangement::Disabled };
    table.set_content_arrangement(arrangement);
    table
}

/// Records as a table of these fields; fields that no record has are left out.
pub(crate) fn records(records: &[Value], columns: &[&str], zone: &TimeZone) -> Table {
    let has = |column: &&&str| records.iter().any(|record| record.get(**column).is_some_and(|value| !value.is_null()));
    let shown: Vec<&str> = columns.iter().filter(has).copied().collect();
    let mut table = table(&shown);
    for record in records {
        table
            .add_row(shown.iter().map(|column| record.get(column).map_or_else(String::new, |value| text(value, zone))));
    }
    for (index, column) in shown.iter().enumerate() {
        let numeric = records.iter().filter_map(|record| record.get(column)).all(is_number);
        if let Some(column) = table.column_mut(index).filter(|_| numeric) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// One record, a field a line; what is nested comes below as tables of their own.
pub(crate) fn record(record: &Map<String, Value>, zone: &TimeZone) -> String {
    let rows = |value: &Value| -> Option<Vec<Value>> {
        let rows = value.as_array()?;
        rows.iter().all(Value::is_object).then(|| rows.clone()).filter(|rows| !rows.is_empty())
    };
    let mut table = table(&["field", "value"]);
    let mut below = String::new();
    for (name, value) in record {
        if let Some(rows) = rows(value) {
            let mut columns: Vec<&str> = Vec::new();
            for name in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
                if !columns.contains(&name.as_str()) {
                    columns.push(name);
                }
            }
            below.push_str(&format!("\n\n{name}\n{}", records(&rows, &columns, zone)));
        } else if value.as_array().is_none_or(|values| !values.is_empty()) {
            table.add_row([name.clone(), text(value, zone)]);
        }
    }
    format!("{table}{below}")
}

/// A value as a person writes it. Moments are on the restaurant's clock.
fn text(value: &Value, zone: &TimeZone) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => moment(text, zone).unwrap_or_else(|| text.clone()),
        Value::Array(values) if values.iter().any(|value| value.is_object() || value.is_array()) => {
            format!("({})", values.len())
        }
        Value::Array(values) => values.iter().map(|value| text(value, zone)).collect::<Vec<_>>().join(", "),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name}: {}", text(value, zone)));
            members.collect::<Vec<_>>().join(", ")
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text that is a moment in UTC, on the restaurant's clock.
fn moment(text: &str, zone: &TimeZone) -> Option<String> {
    // Cheap to see, and no name or code looks like it.
    if !(text.ends_with('Z') && text.len() >= "2025-04-01T12:30:00Z".len() && text.get(10..11) == Some("T")) {
        return None;
    }
    let moment: Timestamp = text.parse().ok()?;
    Some(moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Whether a value is a number, written as one or as the decimal text that amounts are.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => {
            let digits = text.strip_prefix('-').unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_stay_exact_and_stand_to_the_right() {
        let sales = [
            json!({"id": "a", "total": "45.50", "status": "completed"}),
            json!({"id": "b", "total": "-5.05", "status": "refunded"}),
        ];
        let text = records(&sales, &["id", "total", "status", "tip"], &TimeZone::UTC).to_string();
        assert!(text.contains("45.50") && text.contains("-5.05"), "{text}");
        assert!(!text.contains("tip"), "a column nobody fills is left out: {text}");
        let end = |needle: &str| text.lines().find_map(|line| line.find(needle)).unwrap() + needle.len();
        assert_eq!(end("45.50"), end("-5.05"));
    }

    #[test]
    fn moments_are_on_the_restaurants_clock_and_nothing_else_is_taken_for_one() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        assert_eq!(text(&json!("2025-07-01T22:30:00Z"), &paris), "2025-07-02 00:30:00");
        for other in ["2025-04-01", "MZ", "FR-778812", "ABCDEFGHIJTKLMNOPQRSZ", "é2025-04-01T12:30:00Z"] {
            assert_eq!(text(&json!(other), &paris), other);
        }
    }

    #[test]
    fn a_record_shows_its_lines_below() {
        let sale = json!({"id": "a", "lines": [{"name": "Magret", "total": "31"}, {"name": "Café", "tax": "0.2"}], "payments": []});
        let text = record(sale.as_object().unwrap(), &TimeZone::UTC);
        assert!(text.contains("\n\nlines\n"), "{text}");
        assert!(!text.contains("payments"), "an empty list is left out: {text}");
        assert!(["Magret", "Café", "tax", "0.2"].iter().all(|word| text.contains(word)), "{text}");
    }
}
