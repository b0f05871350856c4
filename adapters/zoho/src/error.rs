//! Codes and error bodies: `{"code","details","message","status":"error"}`, at the top or for each record.

use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use moulin_adapter::read;
use serde::Deserialize;

use crate::{api, describe};

/// Longest pause when a day's credits are used up: they come back bit by bit over 24 hours.
const CREDITS_PAUSE_MS: u64 = 3_600_000;

/// An error, or the verdict on a record.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Verdict<'a> {
    #[serde(borrow)]
    pub(crate) code: Scalar<'a>,
    pub(crate) status: Scalar<'a>,
    pub(crate) message: Scalar<'a>,
    pub(crate) details: Option<Details<'a>>,
    /// Of a record that comes without a verdict.
    pub(crate) id: Scalar<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Details<'a> {
    #[serde(borrow)]
    pub(crate) id: Scalar<'a>,
    pub(crate) api_name: Scalar<'a>,
    #[serde(rename = "Created_Time")]
    pub(crate) created: Scalar<'a>,
    #[serde(rename = "Modified_Time")]
    pub(crate) modified: Scalar<'a>,
}

/// The class of an answer that is not 2xx.
pub(crate) fn from_answer(answer: &Response) -> Error {
    // An error page of a proxy is HTML: then the status alone must do.
    let body = answer.text().unwrap_or_default().trim();
    let rows = read::members(body, ["data"]).ok().and_then(|[rows]| rows);
    let first =
        rows.and_then(|rows| read::rows::<Verdict<'_>>(rows, false).ok()).and_then(|rows| rows.into_iter().next());
    let verdict = match first {
        Some(row) => row.record,
        None => serde_json::from_str(body).unwrap_or_default(),
    };
    from_verdict(&verdict, answer)
}

/// The error in an answer with a 2xx status that is not what it should be.
pub(crate) fn in_success(answer: &Response, lacks: &str) -> Error {
    match answer.json::<Verdict<'_>>() {
        Ok(verdict) if verdict.code.text().is_some() => from_verdict(&verdict, answer),
        Ok(_) => Error::unexpected(format!("Zoho CRM's answer lacks `{lacks}`")),
        Err(error) => error,
    }
}

/// By the code, then by the status.
pub(crate) fn from_verdict(verdict: &Verdict<'_>, answer: &Response) -> Error {
    let status = answer.status();
    let code = verdict.code.text();
    let message = verdict.message.text().unwrap_or_else(|| format!("Zoho CRM answered with status {status}"));
    let details = verdict.details.as_ref();
    let name = details.and_then(|details| details.api_name.text());
    let unknown_id = message.contains("the id given") || name.as_deref() == Some("id");
    match (code.as_deref(), status) {
        (
            Some(
                "INVALID_TOKEN"
                | "AUTHENTICATION_FAILURE"
                | "OAUTH_SCOPE_MISMATCH"
                | "NO_PERMISSION"
                | "AUTHORIZATION_FAILED",
            ),
            _,
        ) => Error::authentication(status, code, message),
        (Some("TOO_MANY_REQUESTS"), _) | (_, 429) => Error::rate_limit(message, pause(answer)),
        (Some("INVALID_DATA"), _) if unknown_id => Error::not_found("Zoho CRM has no such record"),
        (Some("RECORD_NOT_FOUND" | "RESOURCE_NOT_FOUND"), _) => Error::not_found("Zoho CRM has no such record"),
        (Some("DUPLICATE_DATA"), _) => {
            let other = details.and_then(|details| details.id.id());
            let sentence = match other {
                Some(id) => format!("record {id} has it already; change that one"),
                None => "another record has it already".to_owned(),
            };
            refused(name.as_deref(), &sentence)
        }
        (Some("MANDATORY_NOT_FOUND" | "REQUIRED_PARAM_MISSING"), _) => {
            refused(name.as_deref(), "is required by Zoho CRM")
        }
        (Some("INVALID_DATA"), _) if name.is_some() => refused(name.as_deref(), "was refused by Zoho CRM"),
        (Some("INVALID_MODULE"), _) => Error::validation(
            "Zoho CRM has no such module: make it under Setup, Modules, or name another in the connection's settings",
        ),
        (Some("INVALID_DATA" | "INVALID_QUERY" | "LIMIT_EXCEEDED" | "EXTRA_PARAM_FOUND"), _) => {
            Error::validation(message)
        }
        // The path is the adapter's or the operator's, not a record.
        (Some("INVALID_URL_PATTERN" | "INVALID_REQUEST_METHOD"), _) => Error::api(status, message).code(code),
        (Some("INTERNAL_ERROR"), _) => Error::api(status.max(500), message).code(code),
        (_, 401 | 403) => Error::authentication(status, code, message),
        (_, 404) => Error::not_found(message),
        (_, 400 | 409 | 422) => Error::validation(message),
        (_, 200..=299) => Error::unexpected(message).code(code),
        _ => Error::api(status, message).code(code),
    }
}

/// The vendor sends no `Retry-After`. Without credits it takes long until there are some again.
fn pause(answer: &Response) -> Option<u64> {
    let credits = answer.header("x-api-credits-remaining").map(str::trim);
    answer.retry_after_ms().or_else(|| (credits == Some("0")).then_some(CREDITS_PAUSE_MS))
}

fn refused(name: Option<&str>, sentence: &str) -> Error {
    match name {
        Some(name) => Error::invalid(field(name), sentence),
        None => Error::validation(format!("a field {sentence}")),
    }
}

/// The contract's name of a field.
fn field(name: &str) -> String {
    let known = match name {
        "Email" => "email",
        "First_Name" => "first_name",
        "Last_Name" => "last_name",
        "Phone" => "phone",
        "Account_Name" => "company",
        "Deal_Name" | "Campaign_Name" => "name",
        "Amount" => "amount",
        "Closing_Date" => "occurred_at",
        "Stage" => "settings.deal_stage",
        "Contact_Name" | "Contact_ID" | "Parent_Id" => "contact_id",
        "Description" | "Transaction_Description" => "description",
        "Points" => "points",
        "Transaction_Date" => "occurred_on",
        "Note_Title" => "title",
        "Note_Content" => "text",
        "Type" => "kind",
        "Start_Date" => "starts_on",
        "End_Date" => "ends_on",
        _ if name == api::setting(describe::POINTS) => "loyalty_points",
        _ if name == api::setting(describe::LAST_VISIT) => "last_visit",
        _ => return format!("extra.{name}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> Error {
        from_answer(&Response::new(status, &[], body))
    }

    fn coded(status: u16, code: &str) -> Error {
        error(status, &format!(r#"{{"code":"{code}","details":{{}},"message":"said","status":"error"}}"#))
    }

    #[test]
    fn the_code_goes_before_the_status() {
        for code in ["INVALID_TOKEN", "AUTHENTICATION_FAILURE", "OAUTH_SCOPE_MISMATCH", "NO_PERMISSION"] {
            for status in [200, 400, 401, 403] {
                let found = coded(status, code);
                assert!(
                    matches!(&found, Error::Authentication(error) if error.code.as_deref() == Some(code)),
                    "{found:?}"
                );
            }
        }
        for code in ["INVALID_MODULE", "INVALID_QUERY", "REQUIRED_PARAM_MISSING", "LIMIT_EXCEEDED"] {
            assert!(matches!(coded(400, code), Error::Validation(_)), "{code}");
        }
        assert!(matches!(coded(404, "INVALID_URL_PATTERN"), Error::Api(error) if !error.retryable));
        assert!(matches!(coded(405, "INVALID_REQUEST_METHOD"), Error::Api(error) if !error.retryable));
        assert!(matches!(coded(200, "INTERNAL_ERROR"), Error::Api(error) if error.retryable));
        assert!(matches!(coded(429, "TOO_MANY_REQUESTS"), Error::RateLimit(error) if error.retry_after_ms.is_none()));
    }

    #[test]
    fn the_status_speaks_where_there_is_no_code() {
        assert!(
            matches!(error(401, ""), Error::Authentication(_)) && matches!(error(404, "<html>"), Error::NotFound(_))
        );
        assert!(matches!(error(400, "{}"), Error::Validation(_)) && matches!(error(429, ""), Error::RateLimit(_)));
        for status in [500, 502, 503, 504] {
            assert!(matches!(error(status, "<html>"), Error::Api(error) if error.retryable), "{status}");
        }
        assert!(matches!(error(415, ""), Error::Api(error) if !error.retryable));
    }

    #[test]
    fn spent_credits_mean_a_long_pause() {
        let answer = Response::new(429, &[("X-API-CREDITS-REMAINING", "0")], "");
        assert!(matches!(from_answer(&answer), Error::RateLimit(error) if error.retry_after_ms == Some(3_600_000)));
        let answer = Response::new(429, &[("X-API-CREDITS-REMAINING", "17")], "");
        assert!(matches!(from_answer(&answer), Error::RateLimit(error) if error.retry_after_ms.is_none()));
    }

    #[test]
    fn the_verdict_on_a_record_names_its_field() {
        let duplicate = r#"{"data":[{"code":"DUPLICATE_DATA","details":{"api_name":"Email","id":"771200000000527002"},"message":"duplicate data","status":"error"}]}"#;
        for status in [400, 409, 202] {
            let Error::Validation(found) = error(status, duplicate) else { panic!("{status}") };
            assert_eq!(found.fields[0].field, "email");
            assert!(found.message.contains("771200000000527002"));
        }
        let missing = r#"{"data":[{"code":"MANDATORY_NOT_FOUND","details":{"api_name":"Last_Name"},"message":"required field not found","status":"error"}]}"#;
        assert!(matches!(error(400, missing), Error::Validation(found) if found.fields[0].field == "last_name"));
        let gone = r#"{"data":[{"code":"INVALID_DATA","details":{"id":"1"},"message":"the id given seems to be invalid","status":"error"}]}"#;
        assert!(matches!(error(400, gone), Error::NotFound(_)));
        let own = r#"{"data":[{"code":"INVALID_DATA","details":{"api_name":"Birthday","expected_data_type":"date"},"message":"invalid data","status":"error"}]}"#;
        assert!(matches!(error(202, own), Error::Validation(found) if found.fields[0].field == "extra.Birthday"));
    }
}
