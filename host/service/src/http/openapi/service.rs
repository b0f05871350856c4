//! The service's own paths.

use moulin_host::AdapterStatus;
use moulin_host::model::adapter::Health;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::components::Fragment;
use super::operations::generator;
use super::{CALL_STATUSES, problems, success};
use crate::http::views::{Authorisation, ConnectionView, OperationView};
use crate::problem::Details;

/// Health, connections, adapters, operations; and the schema of problems, to which every failure refers.
pub(super) fn fragment() -> Fragment {
    let mut generator = generator(SchemaSettings::draft2020_12().for_serialize());
    let mut paths = Map::new();
    let connection = json!([{ "$ref": "#/components/parameters/connection" }]);
    let health = json!({
        "type": "object",
        "required": ["status", "version"],
        "properties": { "status": { "const": "ok" }, "version": { "type": "string" } },
    });
    let readiness = json!({
        "type": "object",
        "required": ["status", "connections"],
        "properties": {
            "status": { "enum": ["ready", "degraded", "unavailable"] },
            "connections": {
                "type": "object",
                "additionalProperties": generator.subschema_for::<moulin_host::ConnectionState>(),
            },
        },
    });
    let items = |schema: Value| json!({ "type": "object", "required": ["items"], "properties": { "items": { "type": "array", "items": schema } } });

    let mut add = |path: &str, method: &str, id: &str, summary: &str, responses: Map<String, Value>| {
        let mut operation =
            json!({ "operationId": id, "tags": ["service"], "summary": summary, "responses": responses });
        if path.contains("{connection}")
            && let Some(members) = operation.as_object_mut()
        {
            members.insert("parameters".to_owned(), connection.clone());
        }
        paths.insert(path.to_owned(), json!({ method: operation }));
    };
    let answer = |description: &str, schema: &Value, statuses: &[u16]| {
        let mut responses = Map::new();
        responses.insert("200".to_owned(), success(description, schema));
        responses.extend(problems(statuses.iter().copied()));
        responses
    };

    add("/healthz", "get", "service.health", "Whether the process serves.", answer("It does.", &health, &[403]));
    let mut ready = answer("Some or all connections can be used.", &readiness, &[403]);
    ready.insert("503".to_owned(), success("No connection can be used.", &readiness));
    add("/readyz", "get", "service.ready", "Whether the service can do its work.", ready);
    let connections = items(generator.subschema_for::<ConnectionView>().to_value());
    add(
        "/v1/connections",
        "get",
        "service.list-connections",
        "Every connection and its state. Sends nothing to the vendors.",
        answer("The connections.", &connections, &[403]),
    );
    add(
        "/v1/connections/{connection}",
        "get",
        "service.get-connection",
        "One connection and its state. Sends nothing to the vendor.",
        answer("The connection.", &generator.subschema_for::<ConnectionView>().to_value(), &[403, 404]),
    );
    add(
        "/v1/connections/{connection}/check",
        "post",
        "service.check-connection",
        "Proves with a cheap request to the vendor that a connection works.",
        answer("It works.", &generator.subschema_for::<Health>().to_value(), CALL_STATUSES),
    );
    add(
        "/v1/connections/{connection}/authorisation",
        "post",
        "service.authorise-connection",
        "Makes a link by which the account's owner connects it. It is good once, for ten minutes.",
        answer("The link.", &generator.subschema_for::<Authorisation>().to_value(), &[403, 404, 409, 500, 503]),
    );
    let adapters = items(generator.subschema_for::<AdapterStatus>().to_value());
    add(
        "/v1/adapters",
        "get",
        "service.list-adapters",
        "The adapters in service, and the files that were refused with the reason.",
        answer("The adapters.", &adapters, &[403]),
    );
    let operations = items(generator.subschema_for::<OperationView>().to_value());
    add(
        "/v1/operations",
        "get",
        "service.list-operations",
        "Every operation of the four domains.",
        answer("The operations.", &operations, &[403]),
    );
    generator.subschema_for::<Details>();
    Fragment { paths, schemas: generator.take_definitions(true) }
}
