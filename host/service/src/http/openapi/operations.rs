//! The operations of a domain.

use moulin_host::operations::{self, Domain, Kind, Operation};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::components::{Fragment, SCHEMAS, merge, reference};
use super::{BODY_STATUSES, CALL_STATUSES, problems, success};
use crate::http::views::{method, path};
use crate::schema::{Parameter, properties};

/// Schema of what the host adds to each record.
const FROM_VENDOR: &str = "FromVendor";

/// A generator whose definitions go where OpenAPI has them.
pub(super) fn generator(settings: SchemaSettings) -> SchemaGenerator {
    let settings = settings.with(|settings| {
        settings.definitions_path = SCHEMAS.into();
        settings.meta_schema = None;
    });
    settings.into_generator()
}

/// Every operation of a domain.
pub(super) fn fragment(domain: Domain) -> Fragment {
    // What is taken and what is given follow different rules: a member with a default may be left out of an input, and
    // is always there in an answer.
    let mut inputs = generator(SchemaSettings::draft2020_12().for_deserialize());
    let mut outputs = generator(SchemaSettings::draft2020_12().for_serialize());
    let mut paths_in = Map::new();
    let mut paths_out = Map::new();
    for operation in operations::all().iter().filter(|operation| operation.domain == domain) {
        let path = path(operation.domain, operation.function);
        paths_in.insert(path.clone(), input(operation, &mut inputs));
        paths_out.insert(path, output(operation, &mut outputs));
    }
    let mut schemas = outputs.take_definitions(true);
    schemas.insert(
        FROM_VENDOR.to_owned(),
        json!({
            "type": "object",
            "required": ["vendor"],
            "properties": {
                "vendor": { "type": "string", "description": "Identifier of the adapter the record comes from." },
            },
        }),
    );
    let inputs = Fragment { paths: paths_in, schemas: inputs.take_definitions(true) };
    let outputs = Fragment { paths: paths_out, schemas };
    // The two halves of each operation are apart until the names of their schemas are settled.
    let mut halves = inputs_apart(inputs, outputs);
    join(&mut halves.paths);
    halves
}

/// Both halves in one fragment, under `path` and `path in`.
fn inputs_apart(mut inputs: Fragment, outputs: Fragment) -> Fragment {
    inputs.paths = inputs.paths.into_iter().map(|(path, item)| (format!("{path} in"), item)).collect();
    merge(vec![(Box::new(|name| format!("{name}Input")), inputs), (Box::new(str::to_owned), outputs)])
}

/// Puts what stands under `path in` into the operation under `path`.
fn join(paths: &mut Map<String, Value>) {
    let halves = std::mem::take(paths);
    for (path, item) in &halves {
        let Some(input) = halves.get(&format!("{path} in")) else { continue };
        let mut item = item.clone();
        for (_, operation) in item.as_object_mut().into_iter().flatten() {
            if let (Some(operation), Some(input)) = (operation.as_object_mut(), input.as_object()) {
                operation.extend(input.clone());
            }
        }
        paths.insert(path.clone(), item);
    }
}

/// Parameters and body of an operation.
fn input(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let schema = operation.params_schema(generator);
    let mut parameters = vec![json!({ "$ref": "#/components/parameters/connection" })];
    match operation.kind {
        Kind::Read => {
            let schema = resolved(schema, generator);
            parameters.extend(properties(&schema).into_iter().map(|property| parameter(property, generator)));
            json!({ "parameters": parameters })
        }
        Kind::Write => json!({
            "parameters": parameters,
            "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        }),
    }
}

/// A schema instead of a reference to it.
fn resolved(schema: Schema, generator: &SchemaGenerator) -> Value {
    let name = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
    let definition = name.and_then(|name| generator.definitions().get(name)).cloned();
    definition.unwrap_or_else(|| schema.to_value())
}

fn parameter(property: Parameter, generator: &SchemaGenerator) -> Value {
    let Parameter { name, mut description, required, mut schema } = property;
    if let Some(members) = schema.as_object_mut() {
        // It stands at the parameter.
        members.remove("description");
    }
    let is_moment = Schema::try_from(schema.clone())
        .is_ok_and(|schema| resolved(schema, generator).get("format").is_some_and(|format| format == "date-time"));
    if is_moment {
        schema = json!({ "anyOf": [schema, { "type": "string", "format": "date" }] });
        description = format!("{description} A plain date is midnight on the restaurant's clock.");
    }
    json!({
        "name": name,
        "in": "query",
        "required": required,
        "description": description.trim(),
        "schema": schema,
    })
}

/// Everything else of an operation: its name and what it answers with.
fn output(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let record = json!({ "allOf": [operation.record_schema(generator), { "$ref": reference(FROM_VENDOR) }] });
    let items = json!({ "type": "array", "items": record });
    let (description, schema) = if operation.paged {
        let next = json!({
            "type": "string",
            "description": "The `cursor` of the next page; absent on the last one.",
        });
        let page = json!({ "type": "object", "required": ["items"], "properties": { "items": items, "next": next } });
        ("One page.", page)
    } else if operation.list {
        ("All of them.", json!({ "type": "object", "required": ["items"], "properties": { "items": items } }))
    } else {
        ("The record.", record)
    };
    let mut statuses = CALL_STATUSES.to_vec();
    if operation.kind == Kind::Write {
        statuses.extend(BODY_STATUSES);
        statuses.sort_unstable();
    }
    let mut responses = Map::new();
    responses.insert("200".to_owned(), success(description, &schema));
    responses.extend(problems(statuses));
    json!({
        method(operation).to_lowercase(): {
            "operationId": operation.name,
            "tags": [operation.domain.name()],
            "summary": operation.summary.trim(),
            "responses": responses,
        }
    })
}
