//! Paths of the two flavours, settings, sending, and the check of a connection.

use moulin_adapter::http::{self, Request, Response, path_segment};
use moulin_adapter::prelude::*;

use crate::{describe, error, page};

/// The objects the adapter knows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Object {
    Contacts,
    Deals,
    Notes,
}

fn is_dated() -> bool {
    connection::flavor() == describe::DATED
}

/// Path of a kind of object. The dated paths name deals by the number of their type.
pub(crate) fn objects(object: Object) -> String {
    let name = match object {
        Object::Contacts => "contacts",
        Object::Deals if is_dated() => "0-3",
        Object::Deals => "deals",
        Object::Notes => "notes",
    };
    if is_dated() { format!("/crm/objects/2026-03/{name}") } else { format!("/crm/v3/objects/{name}") }
}

/// Path of one object.
pub(crate) fn object(kind: Object, id: &str) -> String {
    format!("{}/{}", objects(kind), path_segment(id))
}

pub(crate) fn lists_search() -> &'static str {
    if is_dated() { "/crm/lists/2026-03/search" } else { "/crm/v3/lists/search" }
}

pub(crate) fn campaigns() -> &'static str {
    if is_dated() { "/marketing/campaigns/2026-03" } else { "/marketing/v3/campaigns" }
}

/// A setting or its default.
pub(crate) fn setting((key, default): (&str, &str)) -> String {
    connection::setting(key).unwrap_or_else(|| default.to_owned())
}

/// The name of a property that may be switched off with `none`.
pub(crate) fn optional_property(setting_and_default: (&str, &str)) -> Option<String> {
    Some(setting(setting_and_default)).filter(|name| name != "none")
}

/// Sends, and turns an answer that is not 2xx into its error.
pub(crate) fn send(request: Request) -> Result<Response> {
    request.send()?.success(error::from_answer)
}

/// Reads one contact.
pub(crate) fn check() -> Result<Health> {
    let answer = send(http::get(objects(Object::Contacts)).query("limit", 1))?;
    page::check(&answer)?;
    Ok(Health { account: connection::setting("hub_id"), message: None })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    #[test]
    fn each_flavour_has_its_paths() {
        let paths = || (object(Object::Contacts, "51"), objects(Object::Deals), lists_search(), campaigns());
        assert_eq!(
            Host::new("v3").run(paths),
            (
                "/crm/v3/objects/contacts/51".into(),
                "/crm/v3/objects/deals".into(),
                "/crm/v3/lists/search",
                "/marketing/v3/campaigns"
            )
        );
        assert_eq!(
            Host::new("2026-03").run(paths),
            (
                "/crm/objects/2026-03/contacts/51".into(),
                "/crm/objects/2026-03/0-3".into(),
                "/crm/lists/2026-03/search",
                "/marketing/campaigns/2026-03"
            )
        );
        assert_eq!(Host::new("v3").run(|| object(Object::Notes, "../contacts")), "/crm/v3/objects/notes/..%2Fcontacts");
    }

    #[test]
    fn the_check_names_the_portal_and_its_errors() {
        let host = |status, body: &'static str| {
            Host::new("v3").setting("hub_id", "24681357").vendor(move |_| Ok(Response::new(status, &[], body)))
        };
        assert_eq!(host(200, r#"{"results":[]}"#).run(check).unwrap().account.as_deref(), Some("24681357"));
        assert!(matches!(host(401, "").run(check), Err(Error::Authentication(_))));
        for broken in ["", "<html></html>", "{}", r#"{"results":{}}"#, r#"{"results":["#] {
            assert!(matches!(host(200, broken).run(check), Err(Error::Api(_))), "{broken}");
        }
    }
}
