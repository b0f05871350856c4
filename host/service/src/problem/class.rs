//! The classes of failures, with their HTTP status and exit code: the one table for the API, its OpenAPI document and the
//! command line.

use serde::Serialize;

/// A class of failures.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Class {
    /// Name in snake case.
    pub(crate) class: &'static str,
    /// HTTP status.
    pub(crate) status: u16,
    /// Exit code of the command line.
    pub(crate) exit_code: u8,
    /// The class in a few words.
    pub(crate) title: &'static str,
    /// What happened and whose turn it is.
    pub(crate) meaning: &'static str,
}

const fn class(class: &'static str, status: u16, exit_code: u8, title: &'static str, meaning: &'static str) -> Class {
    Class { class, status, exit_code, title, meaning }
}

/// What went wrong inside Moulin itself.
const INTERNAL: Class =
    class("internal", 500, 1, "Internal error", "Moulin failed; its log says more under the request's identifier.");

/// Every class there is.
pub(crate) static CLASSES: &[Class] = &[
    class(
        "authentication",
        502,
        3,
        "The vendor refused the credentials",
        "The connection's credentials, not the caller's, were refused, or the account lacks a permission.",
    ),
    class(
        "connection",
        502,
        4,
        "No usable answer from the vendor",
        "Name resolution, connection, TLS, time-out, reset or a truncated body. A write may have reached the vendor.",
    ),
    class(
        "deadline",
        504,
        10,
        "The call took too long",
        "The call's deadline passed before the vendor had answered. A write may have reached the vendor.",
    ),
    class("rate_limit", 429, 5, "The vendor asks for fewer requests", "Try again after the time in Retry-After."),
    class("not_found", 404, 6, "No such record at the vendor", "The record asked for does not exist at the vendor."),
    class(
        "validation",
        422,
        7,
        "The input was refused",
        "Moulin or the vendor refused the input; `errors` names the fields.",
    ),
    class(
        "api",
        502,
        8,
        "The vendor failed",
        "The vendor answered with an error of its own; `vendor_status` is its HTTP status.",
    ),
    class(
        "unsupported",
        501,
        9,
        "The vendor cannot do this",
        "This vendor, or this flavour of its API, does not offer the operation.",
    ),
    class(
        "adapter_fault",
        500,
        10,
        "The adapter failed",
        "The adapter crashed, went over a limit or broke the contract. Nothing else is affected.",
    ),
    class(
        "unavailable",
        503,
        10,
        "The connection is not available",
        "The connection's adapter is not in service; `GET /v1/adapters` says why.",
    ),
    class("unknown_connection", 404, 2, "No such connection", "`GET /v1/connections` lists those there are."),
    class("unknown_operation", 404, 2, "No such operation", "`GET /v1/operations` lists those there are."),
    class(
        "wrong_domain",
        404,
        2,
        "The connection has no such operations",
        "The connection's adapter serves other domains than the operation's.",
    ),
    class("no_such_path", 404, 2, "No such path", "`GET /openapi.json` lists the paths there are."),
    class("method_not_allowed", 405, 2, "Wrong method", "Reads take GET, writes POST; see Allow."),
    class(
        "no_consent_needed",
        409,
        2,
        "Nobody has to consent",
        "The connection's credentials stand in the configuration; there is no account to connect.",
    ),
    class("malformed", 400, 7, "The request cannot be read", "The body is not JSON, or the path is not UTF-8."),
    class(
        "unsupported_media_type",
        415,
        7,
        "The body is not declared as JSON",
        "Send the header `content-type: application/json`.",
    ),
    class("too_large", 413, 7, "The body is too large", "A body may have 1 MiB."),
    class(
        "forbidden_origin",
        403,
        2,
        "Not for web pages of other sites",
        "While there is no access control, requests that name another host than this machine are refused.",
    ),
    INTERNAL,
];

/// The class of this name; an unknown one counts as internal.
pub(crate) fn find(name: &str) -> &'static Class {
    CLASSES.iter().find(|class| class.class == name).unwrap_or(&const { INTERNAL })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_statuses_are_errors() {
        let mut names: Vec<_> = CLASSES.iter().map(|class| class.class).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CLASSES.len());
        assert!(CLASSES.iter().all(|class| (400..600).contains(&class.status)));
        assert!(CLASSES.iter().all(|class| (1..=10).contains(&class.exit_code)));
    }

    #[test]
    fn an_unknown_name_is_an_internal_error() {
        assert_eq!(find("rate_limit").status, 429);
        assert_eq!(find("nonsense").class, "internal");
    }
}
