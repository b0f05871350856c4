//! Statuses and error bodies: `{"status":"error","message","category","errors":[…]}`, and `policyName` with 429.

use moulin_adapter::error_class::ApiError;
use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use serde::Deserialize;

use crate::{api, describe};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Body<'a> {
    #[serde(borrow)]
    message: Scalar<'a>,
    category: Scalar<'a>,
    error_type: Scalar<'a>,
    policy_name: Scalar<'a>,
    errors: OneOrMany<Detail<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow)]
    code: Scalar<'a>,
    #[serde(rename = "in")]
    place: Scalar<'a>,
    context: Option<Context<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Context<'a> {
    #[serde(borrow)]
    property_name: Vec<Scalar<'a>>,
    required_granular_scopes: Vec<Scalar<'a>>,
}

/// The class of an answer that is not 2xx: by its category, then by its status.
pub(crate) fn from_answer(answer: &Response) -> Error {
    // An error page of a proxy is HTML: then the status alone must do.
    let body = answer.json::<Body<'_>>().unwrap_or_default();
    let status = answer.status();
    let code = body.category.text();
    if body.error_type.str().as_deref() == Some("RATE_LIMIT") {
        return rate_limit(answer, &body);
    }
    match (code.as_deref(), status) {
        (Some("INVALID_AUTHENTICATION" | "EXPIRED_AUTHENTICATION" | "MISSING_SCOPES"), _) | (_, 401 | 403) => {
            Error::authentication(status, code.clone(), authentication(&body, status))
        }
        (Some("RATE_LIMITS"), _) | (_, 429 | 477) => rate_limit(answer, &body),
        (Some("OBJECT_NOT_FOUND"), _) | (_, 404) => Error::not_found("HubSpot has no such record"),
        (Some("CONFLICT"), _) | (_, 409) => conflict(&body),
        (Some("VALIDATION_ERROR"), _) | (_, 400 | 422) => validation(&body, status),
        // Locked: HubSpot asks to come back after two seconds.
        (_, 423) => Error::Api(ApiError { status: Some(423), code, message: said(&body, status), retryable: true }),
        _ => Error::api(status, said(&body, status)).code(code),
    }
}

/// The error in an answer with a 2xx status that is not what it should be.
pub(crate) fn in_success(answer: &Response, lacks: &str) -> Error {
    match answer.json::<Body<'_>>() {
        Ok(body) if body.category.text().is_some() || body.error_type.text().is_some() => from_answer(answer),
        Ok(_) => Error::unexpected(format!("HubSpot's answer lacks `{lacks}`")),
        Err(error) => error,
    }
}

/// The vendor's sentence up to the list of values in it, which may be a guest's.
fn said(body: &Body<'_>, status: u16) -> String {
    match body.message.text() {
        Some(message) => message.split(": ").next().unwrap_or_default().trim_end_matches(':').to_owned(),
        None => format!("HubSpot answered with status {status}"),
    }
}

fn authentication(body: &Body<'_>, status: u16) -> String {
    let contexts = body.errors.iter().filter_map(|detail| detail.context.as_ref());
    let scopes: Vec<_> =
        contexts.flat_map(|context| &context.required_granular_scopes).filter_map(|s| s.text()).collect();
    if scopes.is_empty() { said(body, status) } else { format!("the connection lacks the scope {}", scopes.join(", ")) }
}

/// Without `Retry-After` the policy tells how long: a day's allowance comes back at midnight.
fn rate_limit(answer: &Response, body: &Body<'_>) -> Error {
    let policy = body.policy_name.text().unwrap_or_default();
    let wait = answer.retry_after_ms().or_else(|| match policy.as_str() {
        "SECONDLY" => Some(1_000),
        "TEN_SECONDLY_ROLLING" => Some(10_000),
        "DAILY" => until_midnight(),
        _ => None,
    });
    Error::rate_limit(said(body, answer.status()), wait)
}

fn until_midnight() -> Option<u64> {
    let now = calendar::now();
    let (today, _) = calendar::to_local(now);
    let tomorrow = time::utc_date(time::utc_midnight(today) + 86_400_000);
    u64::try_from(calendar::start_of_day(tomorrow).ok()? - now).ok()
}

/// `Contact already exists. Existing ID: 51`.
fn conflict(body: &Body<'_>) -> Error {
    let message = body.message.text().unwrap_or_default();
    let id = message.rsplit_once("Existing ID: ").map(|(_, id)| id.trim());
    match id.filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(id) => {
            let message = format!("contact {id} has this e-mail address already; change that one");
            Error::invalid("email", message)
        }
        None => Error::validation("HubSpot has such a record already"),
    }
}

fn validation(body: &Body<'_>, status: u16) -> Error {
    let mut fields = Vec::new();
    for detail in &body.errors {
        let code = detail.code.text().unwrap_or_default();
        let named = detail.context.iter().flat_map(|context| &context.property_name).filter_map(|name| name.text());
        let named: Vec<_> = named.collect();
        let named = if named.is_empty() { detail.place.text().into_iter().collect() } else { named };
        fields.extend(named.into_iter().map(|name| (field(&name), sentence(&name, &code))));
    }
    let message = match fields.first() {
        Some((name, sentence)) => format!("{name}: {sentence}"),
        None => said(body, status),
    };
    fields.into_iter().fold(Error::validation(message), |error, (name, sentence)| error.field(name, sentence))
}

/// The contract's name of a property.
fn field(property: &str) -> String {
    let known = match property {
        "email" | "phone" | "company" | "amount" | "description" => property,
        "firstname" => "first_name",
        "lastname" => "last_name",
        "dealname" | "hs_name" => "name",
        "closedate" => "occurred_at",
        "deal_currency_code" => "currency",
        "dealstage" => "settings.deal_stage",
        "pipeline" => "settings.pipeline",
        "hs_start_date" => "starts_on",
        "hs_end_date" => "ends_on",
        "hs_note_body" => "text",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    let configured = [
        (describe::POINTS, "loyalty_points"),
        (describe::LAST_VISIT, "last_visit"),
        (describe::ITEMS, "items_text"),
        (describe::TRANSACTION_ID, "external_id"),
    ];
    let found = configured.iter().find(|(setting, _)| api::setting(*setting) == property);
    found.map_or_else(|| format!("extra.{property}"), |(_, name)| (*name).to_owned())
}

fn sentence(property: &str, code: &str) -> String {
    match code {
        "PROPERTY_DOESNT_EXIST" => format!(
            "HubSpot has no property {property}; create it under Settings, Properties, or name another in the \
             connection's settings"
        ),
        "INVALID_EMAIL" => "is not a valid e-mail address".to_owned(),
        "INVALID_OPTION" => "is not one of HubSpot's choices".to_owned(),
        "CONFLICTING_UNIQUE_VALUE" => "is recorded already".to_owned(),
        "" => "was refused by HubSpot".to_owned(),
        other => format!("was refused by HubSpot ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn error(status: u16, body: &'static str) -> Error {
        Host::new("v3")
            .now(time::parse_instant("2025-04-12T20:00:00Z").unwrap())
            .run(|| from_answer(&Response::new(status, &[], body)))
    }

    #[test]
    fn every_status_of_the_sheet_has_its_class() {
        assert!(matches!(error(400, ""), Error::Validation(_)));
        assert!(
            matches!(error(401, ""), Error::Authentication(_)) && matches!(error(403, ""), Error::Authentication(_))
        );
        assert!(matches!(error(404, "<html>"), Error::NotFound(_)));
        assert!(matches!(error(409, "{}"), Error::Validation(_)));
        assert!(matches!(error(414, ""), Error::Api(found) if !found.retryable));
        assert!(matches!(error(423, ""), Error::Api(found) if found.retryable));
        for status in [500, 502, 503, 504, 521, 524] {
            assert!(matches!(error(status, "<html>"), Error::Api(found) if found.retryable), "{status}");
        }
        let moved = Response::new(477, &[("Retry-After", "86400")], "");
        assert!(matches!(from_answer(&moved), Error::RateLimit(found) if found.retry_after_ms == Some(86_400_000)));
    }

    #[test]
    fn the_category_goes_before_the_status() {
        let body = r#"{"status":"error","message":"resource not found","category":"OBJECT_NOT_FOUND"}"#;
        assert!(matches!(error(400, body), Error::NotFound(_)));
        let body = r#"{"status":"error","message":"expired","category":"EXPIRED_AUTHENTICATION"}"#;
        assert!(
            matches!(error(400, body), Error::Authentication(found) if found.code.as_deref() == Some("EXPIRED_AUTHENTICATION"))
        );
        let body = r#"{"category":"MISSING_SCOPES","message":"no","errors":[{"message":"x","context":{"requiredGranularScopes":["crm.objects.deals.write"]}}]}"#;
        assert!(
            matches!(error(403, body), Error::Authentication(found) if found.message.contains("crm.objects.deals.write"))
        );
    }

    #[test]
    fn an_existing_contact_is_named() {
        let body = r#"{"status":"error","message":"Contact already exists. Existing ID: 51","correlationId":"…","category":"CONFLICT"}"#;
        let Error::Validation(found) = error(409, body) else { panic!() };
        assert_eq!(found.fields[0].field, "email");
        assert!(found.message.contains("contact 51"), "{}", found.message);
    }

    #[test]
    fn fields_are_the_contracts_and_values_are_left_out() {
        let body = r#"{"status":"error","message":"Property values were not valid: [{\"message\":\"jeanne@ is not valid\"}]","category":"VALIDATION_ERROR",
            "errors":[{"message":"jeanne@ is not valid","in":"email","code":"INVALID_EMAIL","context":{}},
                      {"message":"x","code":"PROPERTY_DOESNT_EXIST","context":{"propertyName":["loyalty_points"]}},
                      {"message":"x","code":"INVALID_DATE","context":{"propertyName":["birthday"]}}]}"#;
        let Error::Validation(found) = error(400, body) else { panic!() };
        assert_eq!(
            found.fields.iter().map(|field| field.field.as_str()).collect::<Vec<_>>(),
            ["email", "loyalty_points", "extra.birthday"]
        );
        assert!(!format!("{found:?}").contains("jeanne") && found.fields[1].message.contains("create it"));
    }

    #[test]
    fn the_policy_says_how_long_to_wait() {
        let wait = |policy: &str, headers: &[(&str, &str)]| {
            let body = format!(
                r#"{{"status":"error","message":"You have reached your limit.","errorType":"RATE_LIMIT","policyName":"{policy}"}}"#
            );
            let host = Host::new("v3").now(time::parse_instant("2025-04-12T20:00:00Z").unwrap());
            match host.run(|| from_answer(&Response::new(429, headers, body))) {
                Error::RateLimit(found) => found.retry_after_ms,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(wait("TEN_SECONDLY_ROLLING", &[]), Some(10_000));
        assert_eq!(wait("TEN_SECONDLY_ROLLING", &[("retry-after", "3")]), Some(3_000));
        assert_eq!(wait("X", &[("Retry-After", "Sat, 12 Apr 2025 20:00:09 GMT")]), Some(9_000));
        // 22:00 in Paris.
        assert_eq!(wait("DAILY", &[]), Some(2 * 3_600_000));
        assert_eq!(wait("OTHER", &[]), None);
    }
}
