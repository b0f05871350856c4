//! Bodies of writes, `{"data":[{…}]}`, and the verdict on the record, which may be an error under any status.

use moulin_adapter::http::{Request, Response};
use moulin_adapter::prelude::*;
use moulin_adapter::read::{self, Row};
use serde::{Serialize, Serializer};

use crate::error::{self, Verdict};
use crate::{api, describe};

/// What goes into a field.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    Text(String),
    Integer(i64),
    Number(Decimal),
    /// A lookup.
    Id(String),
    /// A note's parent in version 8.
    Parent {
        module: &'static str,
        id: String,
    },
    Null,
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Id<'a> {
            id: &'a str,
        }
        #[derive(Serialize)]
        struct Parent<'a> {
            module: ApiName<'a>,
            id: &'a str,
        }
        #[derive(Serialize)]
        struct ApiName<'a> {
            api_name: &'a str,
        }
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Number(number) => read::json_number(number, serializer),
            Self::Id(id) => Id { id }.serialize(serializer),
            Self::Parent { module, id } => Parent { module: ApiName { api_name: module }, id }.serialize(serializer),
            Self::Null => serializer.serialize_none(),
        }
    }
}

/// The fields of a record, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields(Vec<(String, Field)>);

impl Fields {
    pub(crate) fn put(&mut self, name: impl Into<String>, field: Field) {
        let name = name.into();
        // What the contract has a name for goes before a further field of the same name.
        if !self.0.iter().any(|(have, _)| *have == name) {
            self.0.push((name, field));
        }
    }

    pub(crate) fn text(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.put(name, Field::Text(text.to_owned()));
        }
    }

    pub(crate) fn day(&mut self, name: &str, day: Option<Date>) {
        if let Some(day) = day {
            self.put(name, Field::Text(day.to_string()));
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
    }
}

#[derive(Serialize)]
struct Body<'a> {
    data: [Fields; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_check_fields: Option<&'a [&'a str]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<&'a [&'a str]>,
}

/// A request that writes one record. `unique` are the fields by which the vendor looks for one that is there already.
pub(crate) fn request(request: Request, fields: Fields, unique: Option<&[&str]>) -> Result<Request> {
    let runs: &[&str] = if api::setting(describe::WORKFLOWS) == "false" { &[] } else { &["workflow"] };
    // Without `trigger` all automations run: it is sent where the specification does, and to switch them off.
    let trigger = (unique.is_some() || runs.is_empty()).then_some(runs);
    request.json(&Body { data: [fields], duplicate_check_fields: unique, trigger })
}

/// A record that was written.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) id: String,
    pub(crate) created: Option<Instant>,
    pub(crate) modified: Option<Instant>,
    pub(crate) raw: Option<String>,
}

/// A record that was not.
pub(crate) struct Refused {
    pub(crate) error: Error,
    /// The code, and of what and which record it speaks.
    pub(crate) code: Option<String>,
    pub(crate) field: Option<String>,
    pub(crate) existing: Option<String>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, code: None, field: None, existing: None }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        refused.error
    }
}

/// Sends a write of one record and reads the verdict on it.
pub(crate) fn send(request: Request, include_raw: bool) -> Result<Written, Refused> {
    let answer = request.send()?;
    let rows = match verdicts(&answer, include_raw) {
        Ok(rows) => rows,
        Err(error) if answer.is_success() => return Err(error.into()),
        Err(_) => return Err(error::from_answer(&answer).into()),
    };
    let row = rows.into_iter().next().ok_or_else(|| Error::unexpected("Zoho CRM's answer has no verdict"))?;
    let verdict = &row.record;
    let details = verdict.details.as_ref();
    // Judged by the verdict, whatever the status. A record without a verdict is the record itself.
    let refused = match verdict.status.str().as_deref() {
        Some("success") => false,
        Some(_) => true,
        None => verdict.code.str().is_some_and(|code| code != "SUCCESS"),
    };
    if refused || !answer.is_success() {
        return Err(Refused {
            error: error::from_verdict(verdict, &answer),
            code: verdict.code.text(),
            field: details.and_then(|details| details.api_name.text()),
            existing: details.and_then(|details| details.id.id()),
        });
    }
    let id = details.and_then(|details| details.id.id()).or_else(|| verdict.id.id());
    let at =
        |scalar: Option<Scalar<'_>>, name| scalar.map(|scalar| scalar.instant(name)).transpose().map(Option::flatten);
    Ok(Written {
        id: id.ok_or_else(|| Error::unexpected("Zoho CRM's verdict lacks `details.id`"))?,
        created: at(details.map(|details| details.created), "Created_Time")?,
        modified: at(details.map(|details| details.modified), "Modified_Time")?,
        raw: row.raw(),
    })
}

fn verdicts(answer: &Response, include_raw: bool) -> Result<Vec<Row<'_, Verdict<'_>>>> {
    let body = answer.text()?.trim();
    let [data] = read::members(body, ["data"])?;
    match data.filter(|json| json.starts_with(['[', '{'])) {
        Some(data) => read::rows(data, include_raw),
        None => Err(error::in_success(answer, "data")),
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http;
    use moulin_adapter::testing::Host;

    use super::*;

    fn sent(status: u16, body: &'static str) -> Result<Written, Refused> {
        let host = Host::new("vendor").vendor(move |_| Ok(Response::new(status, &[], body)));
        host.run(|| send(http::post("/x"), false))
    }

    #[test]
    fn the_verdict_decides_and_not_the_status() {
        let success = r#"{"data":[{"code":"SUCCESS","details":{"Modified_Time":"2025-04-12T20:50:22+02:00","Created_Time":"2025-04-12T20:50:22+02:00","id":"771200000000527010","Created_By":{"name":"Chef","id":"1"}},"message":"record added","status":"success"}]}"#;
        for status in [200, 201] {
            let written = sent(status, success).ok().unwrap();
            assert_eq!(written.id, "771200000000527010");
            assert_eq!(written.created, Some(time::parse_instant("2025-04-12T18:50:22Z").unwrap()));
        }
        let duplicate = r#"{"data":[{"code":"DUPLICATE_DATA","details":{"api_name":"Email","id":"7"},"message":"duplicate data","status":"error"}]}"#;
        for status in [200, 201, 202, 207, 400] {
            let refused = sent(status, duplicate).err().unwrap();
            assert!(matches!(refused.error, Error::Validation(_)), "{status}");
            assert_eq!((refused.code.as_deref(), refused.existing.as_deref()), (Some("DUPLICATE_DATA"), Some("7")));
        }
        assert_eq!(sent(201, r#"{"data":[{"id":"8","Email":"a@b.c"}]}"#).ok().unwrap().id, "8");
        assert_eq!(sent(201, r#"{"data":{"code":"SUCCESS","details":{"id":9}}}"#).ok().unwrap().id, "9");
    }

    #[test]
    fn what_is_no_verdict_is_an_error() {
        for body in ["", "{}", r#"{"data":[]}"#, r#"{"data":[{}]}"#, r#"{"data":[{"status":"success"}]}"#, "<html>"] {
            assert!(matches!(sent(200, body), Err(Refused { error: Error::Api(_), .. })), "{body}");
        }
        let top = r#"{"code":"INVALID_TOKEN","details":{},"message":"invalid oauth token","status":"error"}"#;
        assert!(matches!(sent(200, top), Err(Refused { error: Error::Authentication(_), .. })));
        assert!(matches!(sent(401, top), Err(Refused { error: Error::Authentication(_), .. })));
        assert!(matches!(sent(502, "<html>"), Err(Refused { error: Error::Api(error), .. }) if error.retryable));
    }

    #[test]
    fn amounts_are_numbers_with_all_digits() {
        let mut fields = Fields::default();
        fields.put("Amount", Field::Number("12345678901234.56".parse().unwrap()));
        fields.put("Contact_Name", Field::Id("7".into()));
        fields.put("Amount", Field::Null);
        assert_eq!(
            serde_json::to_string(&fields).unwrap(),
            r#"{"Amount":12345678901234.56,"Contact_Name":{"id":"7"}}"#
        );
    }
}
