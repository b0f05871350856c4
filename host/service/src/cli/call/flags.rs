//! The flags of an operation, made from the schema of its parameters.

use clap::builder::{BoolishValueParser, PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::tz::TimeZone;
use moulin_host::operations::{Kind, Operation};
use serde_json::{Map, Value};

use crate::problem::Problem;
use crate::schema::{Form, Parameter, form, parameters};

/// Option with the whole input as JSON.
pub(super) const BODY: &str = "body";

/// A flag and the parameter it sets. The identifier in clap has a prefix, so that no parameter takes the name of one of
/// the command's own options.
fn id(parameter: &Parameter) -> String {
    format!("parameter.{}", parameter.name)
}

/// The command of an operation with a flag for each of its parameters.
pub(super) fn add(mut command: Command, operation: &'static Operation) -> Command {
    let write = operation.kind == Kind::Write;
    if write {
        command = command.arg(
            Arg::new(BODY)
                .long(BODY)
                .value_name("JSON|@FILE|-")
                .help(
                    "The input as a JSON object: the text itself, @ and a file, or - for standard input; flags \
                     override its members",
                )
                .help_heading("Parameters"),
        );
    }
    command.args(parameters(operation).iter().map(|parameter| flag(parameter, write)))
}

fn flag(parameter: &Parameter, write: bool) -> Arg {
    let name = parameter.name.replace('_', "-");
    let mut help = parameter.description.clone();
    let kind = form(&parameter.schema);
    let hint = match &kind {
        Form::Text("TIME") => "RFC 3339, or a date: midnight on the restaurant's clock",
        Form::Text("DATE") => "YYYY-MM-DD, on the restaurant's calendar",
        Form::List(_) => "separated by commas, or the flag several times",
        Form::Json => "as JSON",
        _ => "",
    };
    if !hint.is_empty() {
        help = if help.is_empty() { hint.to_owned() } else { format!("{} ({hint})", help.trim_end_matches('.')) };
    }
    let mut arg = Arg::new(id(parameter)).long(name).help(help).help_heading("Parameters").allow_negative_numbers(true);
    if parameter.required {
        // A body may say it instead.
        arg = if write { arg.required_unless_present(BODY) } else { arg.required(true) };
    }
    match kind {
        Form::Text(kind) => arg.value_name(kind),
        Form::Json => arg.value_name("JSON"),
        Form::Boolean => arg
            .value_name("true|false")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .hide_possible_values(true)
            .value_parser(BoolishValueParser::new()),
        Form::Choice(choices) => arg.value_name(value_name(parameter)).value_parser(values(&choices)),
        Form::List(items) => {
            let arg = arg.action(ArgAction::Append).value_delimiter(',');
            match *items {
                Form::Choice(choices) => arg.value_name(value_name(parameter)).value_parser(values(&choices)),
                Form::Text(kind) => arg.value_name(kind),
                Form::Boolean | Form::List(_) | Form::Json => arg,
            }
        }
    }
}

fn value_name(parameter: &Parameter) -> String {
    parameter.name.to_uppercase()
}

fn values(choices: &[(String, String)]) -> PossibleValuesParser {
    PossibleValuesParser::new(choices.iter().map(|(name, _)| PossibleValue::new(name.clone())))
}

/// The operation's input: `body` with the flags laid over it.
///
/// # Errors
/// A flag has a value that its parameter cannot have.
pub(super) fn input(
    operation: &'static Operation,
    matches: &ArgMatches,
    body: Map<String, Value>,
    zone: &TimeZone,
) -> Result<Map<String, Value>, Problem> {
    let mut input = body;
    let mut texts = Vec::new();
    for parameter in parameters(operation) {
        let id = id(&parameter);
        match form(&parameter.schema) {
            Form::Boolean => {
                if let Some(value) = matches.get_one::<bool>(&id) {
                    input.insert(parameter.name, Value::Bool(*value));
                }
            }
            Form::Json => {
                if let Some(text) = matches.get_one::<String>(&id) {
                    let value = serde_json::from_str(text)
                        .map_err(|error| Problem::field(&parameter.name, &format!("not JSON: {error}")))?;
                    input.insert(parameter.name, value);
                }
            }
            Form::Text(_) | Form::Choice(_) | Form::List(_) => {
                let given = matches.get_many::<String>(&id).into_iter().flatten();
                texts.extend(given.map(|text| (parameter.name.clone(), text.clone())));
            }
        }
    }
    // Flags that are texts mean the same as in a query string.
    input.extend(operation.params_from_text(texts, zone)?);
    Ok(input)
}

#[cfg(test)]
mod tests {
    use moulin_host::operations;
    use serde_json::json;

    use super::*;

    fn command(operation: &'static Operation) -> Command {
        add(Command::new(operation.name), operation)
    }

    fn parse(operation: &str, line: &str) -> Result<Map<String, Value>, String> {
        let operation = operations::find(operation).unwrap();
        let words = std::iter::once("call").chain(line.split_whitespace());
        let matches = command(operation).try_get_matches_from(words).map_err(|error| error.to_string())?;
        let zone = TimeZone::get("Europe/Paris").unwrap();
        input(operation, &matches, Map::new(), &zone).map_err(|problem| problem.to_string())
    }

    #[test]
    fn flags_become_typed_parameters() {
        let input =
            parse("pos.list-transactions", "--from 2025-04-01 --to 2025-04-02T12:00:00Z --with-lines --limit 50");
        let input = input.unwrap();
        assert_eq!(input.get("with_lines"), Some(&json!(true)));
        assert_eq!(input.get("limit"), Some(&json!(50)));
        assert_eq!(input.get("to"), Some(&json!("2025-04-02T12:00:00Z")));
        let from = input.get("from").and_then(Value::as_str).unwrap();
        let from: jiff::Timestamp = from.parse().unwrap();
        assert_eq!(from, "2025-03-31T22:00:00Z".parse().unwrap(), "a date is midnight in Paris");
    }

    #[test]
    fn lists_come_with_commas_or_repeated() {
        for line in ["--product-ids a,b", "--product-ids a --product-ids b"] {
            let input = parse("suppliers.check-availability", line).unwrap();
            assert_eq!(input.get("product_ids"), Some(&json!(["a", "b"])), "{line}");
        }
    }

    #[test]
    fn booleans_can_be_false_and_structures_are_json() {
        let input = parse("pos.update-product", "--id 7 --taxable=false").unwrap();
        assert_eq!(input.get("taxable"), Some(&json!(false)));
        let input = parse("suppliers.create-order", r#"--items [{"product_id":"1","quantity":"2"}]"#).unwrap();
        assert_eq!(input.get("items"), Some(&json!([{"product_id": "1", "quantity": "2"}])));
        let error = parse("suppliers.create-order", "--items [").unwrap_err();
        assert!(error.contains("items") && error.contains("JSON"), "{error}");
    }

    #[test]
    fn what_is_missing_or_unknown_is_refused() {
        assert!(parse("pos.list-transactions", "--from 2025-04-01").unwrap_err().contains("--to"));
        assert!(parse("pos.list-transactions", "--from a --to b --status paid").unwrap_err().contains("completed"));
        assert!(parse("suppliers.create-order", "").unwrap_err().contains("--items"));
    }

    #[test]
    fn a_body_stands_in_for_required_flags_and_flags_override_it() {
        let operation = operations::find("suppliers.create-order").unwrap();
        let matches =
            command(operation).try_get_matches_from(["call", "--body", "{}", "--notes", "back door"]).unwrap();
        let body = json!({"items": [], "notes": "front door"});
        let input = input(operation, &matches, body.as_object().unwrap().clone(), &TimeZone::UTC).unwrap();
        assert_eq!(Value::Object(input), json!({"items": [], "notes": "back door"}));
    }

    #[test]
    fn every_operation_makes_a_command() {
        for operation in operations::all() {
            command(operation).debug_assert();
        }
    }
}
