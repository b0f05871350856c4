//! Reading the JSON schemas that operations give of their parameters.

use moulin_host::operations::Operation;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// A parameter of an operation.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// Name in JSON, in snake case.
    pub(crate) name: String,
    /// What it means; empty if nobody wrote it down.
    pub(crate) description: String,
    /// Whether a call without it is refused.
    pub(crate) required: bool,
    /// Its schema, without `null`.
    pub(crate) schema: Value,
}

/// What a parameter can be written as on a command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text; the word says of what kind, such as `DATE`.
    Text(&'static str),
    /// `true` or `false`.
    Boolean,
    /// One of these, each with its meaning.
    Choice(Vec<(String, String)>),
    /// Several of a simpler form.
    List(Box<Self>),
    /// Anything else, as JSON.
    Json,
}

/// The parameters of an operation, their schemas free of references.
pub(crate) fn parameters(operation: &Operation) -> Vec<Parameter> {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let schema = operation.params_schema(&mut settings.into_generator());
    properties(schema.as_value())
}

/// The properties of an object's schema.
pub(crate) fn properties(schema: &Value) -> Vec<Parameter> {
    let required = |name: &str| {
        let names = schema.get("required").and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let parameter = |(name, schema): (&String, &Value)| {
        let schema = without_null(schema);
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        // "Location id." of `location_id` says nothing.
        let repeats = description.trim_end_matches('.').eq_ignore_ascii_case(&name.replace('_', " "));
        let description = if repeats { String::new() } else { description.to_owned() };
        Parameter { name: name.clone(), description, required: required(name), schema }
    };
    properties.iter().map(parameter).collect()
}

/// The schema of the value when there is one: `null` stands for absence, which a query string has another way to say.
pub(crate) fn without_null(schema: &Value) -> Value {
    let Some(members) = schema.as_object() else { return schema.clone() };
    let mut members = members.clone();
    // `null` as the default of an optional member says nothing either.
    if members.get("default").is_some_and(Value::is_null) {
        members.remove("default");
    }
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = members.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(choices)) = members.get_mut(keyword) else { continue };
        choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
        if let [only] = choices.as_slice() {
            let only = only.clone();
            members.remove(keyword);
            return merged(only, members);
        }
    }
    Value::Object(members)
}

/// A schema with the annotations of the place that uses it, which say more about the use than the type's own.
fn merged(schema: Value, annotations: Map<String, Value>) -> Value {
    let Value::Object(mut schema) = schema else { return schema };
    schema.extend(annotations);
    Value::Object(schema)
}

/// How a value of this schema (free of references and `null`) is written on a command line.
pub(crate) fn form(schema: &Value) -> Form {
    let text = |keyword: &str| schema.get(keyword).and_then(Value::as_str);
    if let Some(choices) = choices(schema) {
        return Form::Choice(choices);
    }
    match text("type") {
        Some("string") => Form::Text(match text("format") {
            Some("date-time") => "TIME",
            Some("date") => "DATE",
            Some("local-time") => "HH:MM",
            _ if schema.get("pattern").is_some() => "NUMBER",
            _ => "TEXT",
        }),
        Some("integer" | "number") => Form::Text("NUMBER"),
        Some("boolean") => Form::Boolean,
        Some("array") => match schema.get("items").map(|items| form(&without_null(items))) {
            Some(items @ (Form::Text(_) | Form::Choice(_))) => Form::List(Box::new(items)),
            _ => Form::Json,
        },
        _ => Form::Json,
    }
}

/// The texts an enumeration allows, with their meanings; none if the schema is no enumeration.
fn choices(schema: &Value) -> Option<Vec<(String, String)>> {
    let listed = |values: &Value| -> Option<Vec<(String, String)>> {
        values.as_array()?.iter().map(|value| Some((value.as_str()?.to_owned(), String::new()))).collect()
    };
    if let Some(values) = schema.get("enum") {
        return listed(values);
    }
    let mut found = Vec::new();
    for variant in schema.get("oneOf")?.as_array()? {
        if let Some(value) = variant.get("const") {
            let meaning = variant.get("description").and_then(Value::as_str).unwrap_or_default();
            found.push((value.as_str()?.to_owned(), meaning.to_owned()));
        } else {
            // Variants that nobody described stand together in one list.
            found.extend(listed(variant.get("enum")?)?);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absence_is_not_a_value() {
        assert_eq!(without_null(&json!({"type": ["string", "null"], "default": null})), json!({"type": "string"}));
        assert_eq!(
            without_null(&json!({"description": "here", "anyOf": [{"$ref": "#/x"}, {"type": "null"}]})),
            json!({"$ref": "#/x", "description": "here"})
        );
        assert_eq!(without_null(&json!({"enum": ["a", null]})), json!({"enum": ["a"]}));
        let choice = json!({"anyOf": [{"type": "string"}, {"type": "integer"}]});
        assert_eq!(without_null(&choice), choice);
    }

    #[test]
    fn schemas_have_forms() {
        for (schema, expected) in [
            (json!({"type": "string"}), Form::Text("TEXT")),
            (json!({"type": "string", "format": "date-time"}), Form::Text("TIME")),
            (json!({"type": "string", "pattern": "^-?[0-9]+$"}), Form::Text("NUMBER")),
            (json!({"type": "integer", "format": "uint32"}), Form::Text("NUMBER")),
            (json!({"type": "boolean"}), Form::Boolean),
            (json!({"type": "array", "items": {"type": "string"}}), Form::List(Box::new(Form::Text("TEXT")))),
            (json!({"type": "array", "items": {"type": "object"}}), Form::Json),
            (json!({"type": "object"}), Form::Json),
            (json!(true), Form::Json),
            (
                json!({"oneOf": [{"const": "a", "description": "A."}, {"type": "string", "enum": ["b"]}]}),
                Form::Choice(vec![("a".to_owned(), "A.".to_owned()), ("b".to_owned(), String::new())]),
            ),
        ] {
            assert_eq!(form(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn the_sales_of_a_period_need_the_period() {
        let operation = moulin_host::operations::find("pos.list-transactions").unwrap();
        let parameters = parameters(operation);
        let required: Vec<_> =
            parameters.iter().filter(|parameter| parameter.required).map(|p| p.name.as_str()).collect();
        assert_eq!(required, ["from", "to"]);
        let form_of = |name: &str| form(&parameters.iter().find(|parameter| parameter.name == name).unwrap().schema);
        assert_eq!(form_of("from"), Form::Text("TIME"));
        assert_eq!(form_of("with_lines"), Form::Boolean);
        assert_eq!(form_of("limit"), Form::Text("NUMBER"));
        assert!(
            matches!(form_of("status"), Form::Choice(choices) if choices.iter().any(|(name, _)| name == "refunded"))
        );
    }
}
