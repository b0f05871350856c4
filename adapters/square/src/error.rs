//! The vendor's errors: `{"errors":[{"category":…,"code":…,"detail":…,"field":…}]}`, with an error status or inside a 200.
//!
//! The code decides first, then the category, then the status.

use moulin_adapter::error_class::{ApiError, FieldError};
use moulin_adapter::http::Response;
use moulin_adapter::prelude::*;
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    errors: OneOrMany<Entry<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    category: Scalar<'a>,
    code: Scalar<'a>,
    detail: Scalar<'a>,
    field: Scalar<'a>,
}

/// The class of an answer that is not 2xx.
pub(crate) fn from_answer(answer: &Response) -> Error {
    // An error page of a proxy is HTML: then the status alone must do.
    let body = answer.json::<Body<'_>>().unwrap_or_default();
    classify(answer, &body.errors.0)
}

/// The error of the member `errors` of a 200, if it holds one.
pub(crate) fn inside(answer: &Response, errors: Option<&str>) -> Result<()> {
    let Some(errors) = errors else { return Ok(()) };
    let entries = serde_json::from_str::<OneOrMany<Entry<'_>>>(errors)?;
    if entries.0.is_empty() { Ok(()) } else { Err(classify(answer, &entries.0)) }
}

fn classify(answer: &Response, entries: &[Entry<'_>]) -> Error {
    let status = answer.status();
    let Some(first) = entries.first() else {
        return by_status(answer, format!("Square answered with status {status}"));
    };
    let code = first.code.text();
    let message = first.detail.text().or_else(|| code.clone());
    let message = message.unwrap_or_else(|| format!("Square answered with status {status}"));
    let category = first.category.text().unwrap_or_default();
    match (code.as_deref().unwrap_or_default(), category.as_str()) {
        ("NOT_FOUND" | "CUSTOMER_NOT_FOUND", _) => Error::not_found(message),
        ("RATE_LIMITED", _) | (_, "RATE_LIMIT_ERROR") => Error::rate_limit(message, retry_after(answer)),
        (_, "AUTHENTICATION_ERROR") => Error::authentication(status, code, message),
        // The record was changed in between: the same call reads it anew.
        ("VERSION_MISMATCH" | "CONFLICT" | "REQUEST_TIMEOUT" | "TEMPORARY_ERROR", _) => {
            api(status, code, message, true)
        }
        ("API_VERSION_INCOMPATIBLE" | "INVALID_SQUARE_VERSION_FORMAT", _) => {
            Error::invalid("settings.api_version", message)
        }
        ("METHOD_NOT_ALLOWED" | "NOT_ACCEPTABLE" | "GONE" | "UNSUPPORTED_MEDIA_TYPE", _) => {
            api(status, code, message, false)
        }
        (_, "INVALID_REQUEST_ERROR") => validation(code, &message, entries),
        ("SERVICE_UNAVAILABLE" | "BAD_GATEWAY" | "GATEWAY_TIMEOUT" | "INTERNAL_SERVER_ERROR", _) => {
            api(status, code, message, true)
        }
        (_, "") => by_status(answer, message).code(code),
        _ => api(status, code, message, status >= 500),
    }
}

fn by_status(answer: &Response, message: String) -> Error {
    match answer.status() {
        400 | 409 | 422 => Error::validation(message),
        status @ (401 | 403) => Error::authentication(status, None, message),
        404 => Error::not_found(message),
        429 => Error::rate_limit(message, retry_after(answer)),
        status => api(status, None, message, status == 408 || status >= 500),
    }
}

fn api(status: u16, code: Option<String>, message: String, retryable: bool) -> Error {
    Error::Api(ApiError { status: Some(status), code, message, retryable })
}

fn validation(code: Option<String>, message: &str, entries: &[Entry<'_>]) -> Error {
    let message = code.map_or_else(|| message.to_owned(), |code| format!("{code}: {message}"));
    let fields = entries.iter().filter_map(|entry| {
        let field = ours(&entry.field.text()?);
        Some(FieldError { field, message: entry.detail.text().or_else(|| entry.code.text()).unwrap_or_default() })
    });
    fields.fold(Error::validation(message), |error, entry| error.field(entry.field, entry.message))
}

/// The name the contract has for a field of the vendor: `changes[0].physical_count.quantity` is `changes[0].quantity`.
fn ours(field: &str) -> String {
    let own = |name: &str| match name {
        "upc" => "barcode",
        "price_money" => "price",
        "percentage" | "amount_money" | "discount_type" => "value",
        "categories" => "category_id",
        "is_taxable" => "taxable",
        "reference_id" => "reference",
        "begin_time" => "from",
        "end_time" => "to",
        _ => "",
    };
    let last = field.rsplit('.').next().unwrap_or(field);
    let name = Some(own(last)).filter(|name| !name.is_empty()).unwrap_or(last);
    match field.split_once('.') {
        Some((change, _)) if change.starts_with("changes[") => format!("{change}.{name}"),
        _ => name.to_owned(),
    }
}

/// `Retry-After`, which is rare, or else `X-RateLimit-Reset`: seconds since 1970.
fn retry_after(answer: &Response) -> Option<u64> {
    answer.retry_after_ms().or_else(|| {
        let reset = answer.header("x-ratelimit-reset")?.trim().parse::<i64>().ok()?;
        u64::try_from(reset.checked_mul(1_000)?.saturating_sub(calendar::now())).ok()
    })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn error(status: u16, category: &str, code: &str) -> Error {
        let body = format!(
            r#"{{"errors":[{{"category":"{category}","code":"{code}","detail":"Why.","field":"changes[0].physical_count.quantity"}}]}}"#
        );
        from_answer(&Response::new(status, &[], body))
    }

    #[test]
    fn every_code_of_the_sheet_has_its_class() {
        for code in ["UNAUTHORIZED", "ACCESS_TOKEN_EXPIRED", "ACCESS_TOKEN_REVOKED"] {
            let Error::Authentication(found) = error(401, "AUTHENTICATION_ERROR", code) else { panic!("{code}") };
            assert_eq!((found.status, found.code.as_deref()), (Some(401), Some(code)));
        }
        for code in ["INSUFFICIENT_SCOPES", "FORBIDDEN"] {
            assert!(matches!(error(403, "AUTHENTICATION_ERROR", code), Error::Authentication(_)), "{code}");
        }
        assert!(matches!(error(404, "INVALID_REQUEST_ERROR", "NOT_FOUND"), Error::NotFound(_)));
        for code in ["MISSING_REQUIRED_PARAMETER", "INVALID_VALUE", "INVALID_CURSOR", "IDEMPOTENCY_KEY_REUSED"] {
            let Error::Validation(found) = error(400, "INVALID_REQUEST_ERROR", code) else { panic!("{code}") };
            assert_eq!(
                (found.message, found.fields[0].field.as_str()),
                (format!("{code}: Why."), "changes[0].quantity")
            );
        }
        assert!(matches!(error(429, "RATE_LIMIT_ERROR", "RATE_LIMITED"), Error::RateLimit(_)));
        for (status, code) in [(500, "INTERNAL_SERVER_ERROR"), (503, "SERVICE_UNAVAILABLE"), (504, "GATEWAY_TIMEOUT")] {
            assert!(matches!(error(status, "API_ERROR", code), Error::Api(found) if found.retryable), "{code}");
        }
        for (status, code) in [(400, "VERSION_MISMATCH"), (409, "CONFLICT"), (408, "REQUEST_TIMEOUT")] {
            assert!(
                matches!(error(status, "INVALID_REQUEST_ERROR", code), Error::Api(found) if found.retryable),
                "{code}"
            );
        }
        assert!(matches!(error(405, "INVALID_REQUEST_ERROR", "METHOD_NOT_ALLOWED"), Error::Api(e) if !e.retryable));
        assert!(matches!(error(402, "PAYMENT_METHOD_ERROR", "CARD_EXPIRED"), Error::Api(e) if !e.retryable));
        assert!(matches!(error(400, "INVALID_REQUEST_ERROR", "API_VERSION_INCOMPATIBLE"), Error::Validation(e)
            if e.fields[0].field == "settings.api_version"));
    }

    #[test]
    fn a_body_that_is_not_json_leaves_the_status() {
        let of = |status| from_answer(&Response::new(status, &[], "<html>Bad Gateway</html>"));
        assert!(matches!(of(502), Error::Api(found) if found.retryable && found.message.contains("502")));
        assert!(matches!(of(401), Error::Authentication(_)) && matches!(of(404), Error::NotFound(_)));
        assert!(matches!(of(400), Error::Validation(_)) && matches!(of(429), Error::RateLimit(_)));
        assert!(matches!(of(408), Error::Api(found) if found.retryable));
        assert!(matches!(from_answer(&Response::new(500, &[], r#"{"errors":[]}"#)), Error::Api(_)));
    }

    #[test]
    fn how_long_to_wait_comes_in_three_forms_or_not_at_all() {
        let of = |headers: &[(&str, &str)]| {
            let host = Host::new("v2").now(1_743_500_000_000);
            match host.run(|| from_answer(&Response::new(429, headers, ""))) {
                Error::RateLimit(found) => found.retry_after_ms,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(of(&[("Retry-After", "7")]), Some(7_000));
        assert_eq!(of(&[("retry-after", "Tue, 01 Apr 2025 09:33:25 GMT")]), Some(5_000));
        assert_eq!(of(&[("X-RateLimit-Reset", "1743500003")]), Some(3_000));
        assert_eq!(of(&[("X-RateLimit-Reset", "1743499000")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn fields_have_the_contracts_names() {
        for (vendors, contracts) in [
            ("changes[3].adjustment.occurred_at", "changes[3].occurred_at"),
            ("object.item_data.variations[0].item_variation_data.price_money", "price"),
            ("object.item_data.variations[0].item_variation_data.upc", "barcode"),
            ("object.discount_data.percentage", "value"),
            ("cursor", "cursor"),
        ] {
            assert_eq!(ours(vendors), contracts);
        }
    }

    #[test]
    fn errors_inside_a_200_are_errors() {
        let answer = Response::new(200, &[], "");
        let found = inside(&answer, Some(r#"[{"category":"API_ERROR","code":"SERVICE_UNAVAILABLE"}]"#));
        assert!(matches!(found, Err(Error::Api(error)) if error.retryable && error.status == Some(200)));
        assert!(inside(&answer, Some("[]")).is_ok() && inside(&answer, None).is_ok());
    }
}
