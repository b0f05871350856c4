//! The OpenAPI 3.1 document, made from the declarations of the operations and from the types the API answers with.

mod components;
mod operations;
mod service;

use moulin_host::operations::Domain;
use serde_json::{Map, Value, json};

use crate::problem::{CLASSES, Class};
use components::{Fragment, merge, prune};

/// Statuses any call of an operation may answer with, besides 200.
const CALL_STATUSES: &[u16] = &[403, 404, 422, 429, 500, 501, 502, 503, 504];

/// Statuses a call with a body may answer with too.
const BODY_STATUSES: &[u16] = &[400, 413, 415];

/// The document.
pub(super) fn document() -> Value {
    let domains = Domain::ALL.map(|domain| {
        let name = domain.name();
        let prefix = name.get(..1).unwrap_or_default().to_uppercase() + name.get(1..).unwrap_or_default();
        (move |name: &str| format!("{prefix}{name}"), operations::fragment(domain))
    });
    let mut fragments: Vec<(components::Rename, Fragment)> = Vec::new();
    for (rename, fragment) in domains {
        fragments.push((Box::new(rename), fragment));
    }
    fragments.push((Box::new(|name| format!("Service{name}")), service::fragment()));
    let Fragment { paths, mut schemas } = merge(fragments);

    let responses: Map<String, Value> =
        statuses().into_iter().map(|status| (response_name(status), response(status))).collect();
    prune(&mut schemas, &[&Value::Object(paths.clone()), &Value::Object(responses.clone())]);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Moulin",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "One API for a restaurant's tills, suppliers, reservation books and CRM.",
            "description": "Each connection is an account at a vendor; each operation is the same for every vendor of its \
                domain. Amounts and quantities are exact decimal numbers as strings, moments RFC 3339 in UTC, dates and \
                times of day on the restaurant's clock; what is absent is left out. Failures are problem details \
                (RFC 9457) whose `class` says what happened.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "pos", "description": "Tills: sales, products, stock, discounts, customers." },
            { "name": "suppliers", "description": "Suppliers: catalogue, availability, orders, deliveries." },
            { "name": "booking", "description": "Reservation books: reservations, availability, guests." },
            { "name": "crm", "description": "Customer relations: contacts, loyalty, notes, campaigns." },
            { "name": "service", "description": "The service itself: connections, adapters, health." },
        ],
        "security": [],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": responses,
            "parameters": {
                "connection": {
                    "name": "connection",
                    "in": "path",
                    "required": true,
                    "description": "Name of the connection, as `GET /v1/connections` lists them.",
                    "schema": { "type": "string" },
                },
            },
        },
    })
}

fn response_name(status: u16) -> String {
    format!("Problem{status}")
}

/// Every status a failure can have, once.
fn statuses() -> Vec<u16> {
    let mut statuses: Vec<_> = CLASSES.iter().map(|class| class.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The response of the failures that have this status.
fn response(status: u16) -> Value {
    let classes: Vec<&Class> = CLASSES.iter().filter(|class| class.status == status).collect();
    let lines = classes.iter().map(|class| format!("`{}`: {}. {}", class.class, class.title, class.meaning));
    let mut response = json!({
        "description": lines.collect::<Vec<_>>().join("\n\n"),
        "content": { super::respond::PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/Problem" } } },
    });
    if status == 429
        && let Some(members) = response.as_object_mut()
    {
        let header = json!({
            "Retry-After": { "description": "Seconds to wait, if the vendor said so.", "schema": { "type": "integer" } },
        });
        members.insert("headers".to_owned(), header);
    }
    response
}

/// The failures with these statuses, by reference.
fn problems(statuses: impl IntoIterator<Item = u16>) -> Map<String, Value> {
    let reference = |status| json!({ "$ref": format!("#/components/responses/{}", response_name(status)) });
    statuses.into_iter().map(|status| (status.to_string(), reference(status))).collect()
}

/// A success with this JSON.
fn success(description: &str, schema: &Value) -> Value {
    json!({ "description": description, "content": { "application/json": { "schema": schema } } })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use moulin_host::operations;

    use super::*;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if let (true, Some(target)) = (name == "$ref", value.as_str()) {
                        found.insert(target.to_owned());
                    }
                    references(value, found);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_operation_is_described_once() {
        let document = document();
        for operation in operations::all() {
            let path = format!("/v1/connections/{{connection}}/{}/{}", operation.domain, operation.function);
            let described = document["paths"][&path].as_object().unwrap();
            assert_eq!(described.len(), 1, "{path}");
            let (method, described) = described.iter().next().unwrap();
            assert_eq!(method, &super::super::views::method(operation).to_lowercase());
            assert_eq!(described["operationId"], operation.name);
            assert_eq!(described["tags"][0], operation.domain.name());
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_nothing_lies_idle() {
        let document = document();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for reference in &found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(found.contains(&format!("#/components/schemas/{name}")), "{name} is unused");
            assert!(!name.ends_with(char::is_numeric), "{name} was named by a collision");
        }
    }

    #[test]
    fn a_list_of_sales_has_its_parameters_and_records() {
        let document = document();
        let get = &document["paths"]["/v1/connections/{connection}/pos/list-transactions"]["get"];
        let parameters = get["parameters"].as_array().unwrap();
        let named = |name: &str| parameters.iter().find(|parameter| parameter["name"] == name).unwrap();
        assert_eq!(named("from")["required"], true);
        assert_eq!(named("from")["in"], "query");
        assert_eq!(named("limit")["required"], false);
        assert_eq!(named("limit")["schema"]["type"], "integer");
        let page = &get["responses"]["200"]["content"]["application/json"]["schema"];
        assert_eq!(page["properties"]["items"]["items"]["allOf"][0]["$ref"], "#/components/schemas/Transaction");
        assert_eq!(page["properties"]["next"]["type"], "string");
        assert_eq!(get["responses"]["429"]["$ref"], "#/components/responses/Problem429");
        let post = &document["paths"]["/v1/connections/{connection}/suppliers/create-order"]["post"];
        assert!(post["requestBody"]["content"]["application/json"]["schema"]["$ref"].is_string());
    }
}
