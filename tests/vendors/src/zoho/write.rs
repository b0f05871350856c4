//! Writing records: `{"data":[…]}` in, a verdict for each record out.

use axum::Json;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::fields::{self, Module, paris_time};
use super::store::{Record, Store, owner};

/// The body of every write.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    data: Vec<Map<String, Value>>,
    #[serde(default)]
    duplicate_check_fields: Vec<String>,
    /// Which automations run; all without it.
    trigger: Option<Vec<String>>,
}

/// What a write does with each record.
pub(super) enum Verb<'p> {
    Insert,
    Upsert,
    Update(&'p str),
}

/// How the organisation is set up.
#[derive(Clone, Copy)]
pub(super) struct House {
    /// Version 8 of the API: notes name their parent in another way.
    pub(super) v8: bool,
    /// `Contact_ID` of rewards is a lookup.
    pub(super) lookup: bool,
    /// A reward changes the contact's points.
    pub(super) workflow: bool,
}

impl Body {
    pub(super) fn read(body: &Bytes) -> Result<Self, ApiError> {
        let body: Self = serde_json::from_slice(body)
            .map_err(|error| ApiError::bad("INVALID_DATA", format!("body is not valid: {error}")))?;
        if body.data.is_empty() || body.data.len() > 100 {
            return Err(ApiError::bad("INVALID_DATA", "data must have 1 to 100 records"));
        }
        Ok(body)
    }

    /// Carries it out. The status is that of the first record that went wrong.
    pub(super) fn carry_out(
        self,
        store: &mut Store,
        module: Module,
        verb: &Verb<'_>,
        house: House,
        now: Timestamp,
    ) -> Response {
        let mut status = if matches!(verb, Verb::Insert) { StatusCode::CREATED } else { StatusCode::OK };
        let checks = self.duplicate_check_fields;
        let runs = self.trigger.is_none_or(|trigger| trigger.iter().any(|name| name == "workflow"));
        let mut verdicts = Vec::new();
        for record in self.data {
            let verdict = one(store, module, verb, record, &checks, house, now);
            verdicts.push(match verdict {
                Ok((id, verdict)) => {
                    if module == Module::Rewards && house.workflow && runs {
                        credit(store, &id);
                    }
                    verdict
                }
                Err(error) => {
                    status = error.status;
                    error.as_record()
                }
            });
        }
        (status, Json(json!({ "data": verdicts }))).into_response()
    }
}

fn one(
    store: &mut Store,
    module: Module,
    verb: &Verb<'_>,
    mut record: Map<String, Value>,
    checks: &[String],
    house: House,
    now: Timestamp,
) -> Result<(String, Value), ApiError> {
    if module == Module::Notes {
        parent(&mut record, house.v8)?;
    }
    let lookup = (module == Module::Rewards && house.lookup).then(|| record.remove("Contact_ID")).flatten();
    let mut read = fields::read(module, &record, |module, id| store.get(module, id).is_some())?;
    if let Some(value) = lookup {
        let id = value.get("id").and_then(Value::as_str).filter(|id| store.get(Module::Contacts, id).is_some());
        let id = id.ok_or_else(|| invalid("Contact_ID"))?;
        read.insert("Contact_ID".to_owned(), id.into());
    }
    let verdict = |record: &Record, message: &str, action: Option<&str>| {
        let mut verdict = json!({
            "code": "SUCCESS",
            "details": {
                "Modified_Time": paris_time(record.modified), "Modified_By": owner(),
                "Created_Time": paris_time(record.created), "id": record.id, "Created_By": owner(),
            },
            "message": message,
            "status": "success",
        });
        if let (Some(action), Some(fields)) = (action, verdict.as_object_mut()) {
            fields.insert("action".to_owned(), action.into());
        }
        (record.id.clone(), verdict)
    };
    let twin = |read: &Map<String, Value>| {
        let unique = (module == Module::Rewards).then(|| "Name".to_owned());
        let fields = checks.iter().cloned().chain(unique);
        fields.into_iter().find_map(|name| {
            let found = store.same(module, &name, read.get(&name)?)?;
            Some((name, found.id.clone()))
        })
    };
    let change = |store: &mut Store, id: &str, read: Map<String, Value>, action| {
        let record = store.records.get_mut(&(module, id.to_owned())).ok_or_else(|| invalid("id"))?;
        record.fields.extend(read);
        record.modified = now;
        Ok(verdict(record, "record updated", action))
    };
    match verb {
        Verb::Update(id) => {
            if read.is_empty() {
                return Err(mandatory("data"));
            }
            if let Some(name) = module.mandatory().iter().find(|name| read.get(**name).is_some_and(Value::is_null)) {
                return Err(mandatory(name));
            }
            change(store, id, read, None)
        }
        Verb::Upsert if twin(&read).is_some() => {
            let (_, id) = twin(&read).unwrap_or_default();
            change(store, &id, read, Some("update"))
        }
        Verb::Insert | Verb::Upsert => {
            if let Some(name) = module.mandatory().iter().find(|name| read.get(**name).is_none_or(Value::is_null)) {
                return Err(mandatory(name));
            }
            if let Some((name, id)) = twin(&read) {
                let error = ApiError::new(StatusCode::ACCEPTED, "DUPLICATE_DATA", "duplicate data");
                return Err(error.with(json!({ "api_name": name, "id": id })));
            }
            let id = store.add(module, read, now);
            let record = store.get(module, &id).ok_or_else(|| invalid("id"))?;
            Ok(verdict(record, "record added", matches!(verb, Verb::Upsert).then_some("insert")))
        }
    }
}

/// What a note belongs to: `Parent_Id` and `se_module` in version 2, one object in version 8.
fn parent(record: &mut Map<String, Value>, v8: bool) -> Result<(), ApiError> {
    let given = record.remove("Parent_Id");
    let (module, id) = if v8 {
        let given = given.as_ref();
        let module =
            given.and_then(|parent| parent.pointer("/module/api_name")).and_then(Value::as_str).map(str::to_owned);
        (module, given.and_then(|parent| parent.get("id")).cloned())
    } else {
        (record.remove("se_module").and_then(|module| module.as_str().map(str::to_owned)), given)
    };
    match (module.as_deref(), id) {
        (Some("Contacts"), Some(id)) => {
            record.insert("Parent_Id".to_owned(), json!({ "id": id }));
            Ok(())
        }
        (_, None) => Err(mandatory("Parent_Id")),
        _ => Err(mandatory("se_module")),
    }
}

/// The organisation's workflow: a reward changes the points of its contact.
fn credit(store: &mut Store, reward: &str) {
    let Some(fields) = store.get(Module::Rewards, reward).map(|record| record.fields.clone()) else { return };
    let points = fields.get("Points").and_then(Value::as_i64).unwrap_or(0);
    let redeemed = fields.get("Transaction_Type").and_then(Value::as_str) == Some("REDEEM");
    let contact = fields.get("Contact_ID").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(record) = store.records.get_mut(&(Module::Contacts, contact)) {
        let before = record.fields.get("Loyalty_Points").and_then(Value::as_i64).unwrap_or(0);
        let after = before + if redeemed { -points } else { points };
        record.fields.insert("Loyalty_Points".to_owned(), after.max(0).into());
    }
}

fn invalid(name: &str) -> ApiError {
    let message = if name == "id" { "the id given seems to be invalid" } else { "invalid data" };
    ApiError::bad("INVALID_DATA", message).with(json!({ "api_name": name }))
}

fn mandatory(name: &str) -> ApiError {
    ApiError::bad("MANDATORY_NOT_FOUND", "required field not found").with(json!({ "api_name": name }))
}
