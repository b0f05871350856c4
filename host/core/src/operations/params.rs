//! Parameters as JSON and as texts, turned into an operation's types.

use jiff::civil;
use jiff::tz::TimeZone;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

use super::{Operation, OperationTypes};
use crate::connections::Connection;
use crate::error::Error;
use crate::model::{FieldError, ValidationError};

/// The typed input of an operation, from JSON.
pub(super) fn typed<O: OperationTypes>(connection: &Connection, given: Map<String, Value>) -> Result<O::Input, Error> {
    let given = localize(&O::OPERATION, given, connection.time_zone());
    serde_path_to_error::deserialize(Value::Object(given)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        let message = error.into_inner().to_string();
        let error = ValidationError {
            message: "the input does not have the operation's form".to_owned(),
            fields: vec![FieldError { field, message }],
        };
        Error::Input { operation: O::OPERATION.name.to_owned(), error }
    })
}

/// What the schema says of each parameter.
fn properties(operation: &Operation) -> Map<String, Value> {
    // Inlined, so that a property's own schema tells its form.
    let mut generator = SchemaGenerator::new(schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
    }));
    let schema = operation.params_schema(&mut generator);
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Whether a property's schema names this type, by itself or as one of several (`["integer", "null"]`).
fn is(schema: &Value, wanted: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == wanted,
        Some(Value::Array(names)) => names.iter().any(|name| name == wanted),
        _ => schema
            .get("anyOf")
            .and_then(Value::as_array)
            .is_some_and(|several| several.iter().any(|schema| is(schema, wanted))),
    }
}

fn is_instant(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "date-time")
        || schema.get("anyOf").and_then(Value::as_array).is_some_and(|several| several.iter().any(is_instant))
}

pub(super) fn from_text(
    operation: &Operation,
    pairs: impl IntoIterator<Item = (String, String)>,
    zone: &TimeZone,
) -> Result<Map<String, Value>, ValidationError> {
    let properties = properties(operation);
    let mut params = Map::new();
    let mut fields = Vec::new();
    for (name, text) in pairs {
        let Some(schema) = properties.get(&name) else {
            let known: Vec<_> = properties.keys().map(String::as_str).collect();
            let message = format!("unknown parameter; {} takes {}", operation.name, known.join(", "));
            fields.push(FieldError { field: name, message });
            continue;
        };
        if is(schema, "array") {
            let list = params.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.extend(text.split(',').filter(|item| !item.is_empty()).map(Value::from));
            }
            continue;
        }
        if params.contains_key(&name) {
            fields.push(FieldError { field: name, message: "given more than once".to_owned() });
            continue;
        }
        match scalar(schema, &text) {
            Ok(value) => {
                params.insert(name, value);
            }
            Err(message) => fields.push(FieldError { field: name, message }),
        }
    }
    if fields.is_empty() {
        return Ok(localize(operation, params, zone));
    }
    Err(ValidationError { message: "the parameters do not have the operation's form".to_owned(), fields })
}

fn scalar(schema: &Value, text: &str) -> Result<Value, String> {
    if is(schema, "integer") {
        return text.parse::<i64>().map(Value::from).map_err(|_| format!("\"{text}\" is not a whole number"));
    }
    if is(schema, "boolean") {
        // A bare `?with_lines` or `--with-lines` means yes.
        return match text {
            "true" | "1" | "" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err(format!("\"{text}\" is neither true nor false")),
        };
    }
    if is(schema, "object") {
        return serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"));
    }
    Ok(Value::from(text))
}

/// A plain date where a moment is asked for is midnight in the zone.
fn localize(operation: &Operation, mut params: Map<String, Value>, zone: &TimeZone) -> Map<String, Value> {
    if !params.values().any(|value| value.as_str().is_some_and(|text| text.len() == "2025-04-01".len())) {
        return params;
    }
    let properties = properties(operation);
    for (name, value) in &mut params {
        if !properties.get(name).is_some_and(is_instant) {
            continue;
        }
        let midnight = value
            .as_str()
            .and_then(|text| text.parse::<civil::Date>().ok())
            .and_then(|date| date.to_zoned(zone.clone()).ok());
        if let Some(midnight) = midnight {
            *value = Value::from(midnight.timestamp().to_string());
        }
    }
    params
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::operations::find;

    fn read(operation: &str, pairs: &[(&str, &str)]) -> Result<Value, Vec<String>> {
        let pairs = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let zone = TimeZone::get("Europe/Paris").unwrap();
        match find(operation).unwrap().params_from_text(pairs, &zone) {
            Ok(params) => Ok(Value::Object(params)),
            Err(error) => Err(error.fields.into_iter().map(|field| field.field).collect()),
        }
    }

    #[test]
    fn texts_become_what_the_schema_says() {
        let params = read(
            "pos.list-transactions",
            &[("from", "2025-04-01"), ("to", "2025-04-02T00:00:00Z"), ("limit", "50"), ("with_lines", "")],
        );
        let expected = json!({
            "from": "2025-03-31T22:00:00Z", "to": "2025-04-02T00:00:00Z", "limit": 50, "with_lines": true
        });
        assert_eq!(params.unwrap(), expected);
        let params = read("pos.get-stock", &[("product_ids", "1,2"), ("product_ids", "3")]);
        assert_eq!(params.unwrap(), json!({"product_ids": ["1", "2", "3"]}));
    }

    #[test]
    fn a_date_stays_a_date_where_one_is_asked_for() {
        let params = read("booking.list-reservations", &[("from", "2025-04-01"), ("to", "2025-04-02")]);
        assert_eq!(params.unwrap(), json!({"from": "2025-04-01", "to": "2025-04-02"}));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let wrong = [("limit", "many"), ("since", "2025"), ("with_lines", "perhaps"), ("from", "a"), ("from", "b")];
        assert_eq!(read("pos.list-transactions", &wrong).unwrap_err(), ["limit", "since", "with_lines", "from"]);
    }
}
