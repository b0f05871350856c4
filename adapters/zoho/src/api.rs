//! Paths of the two flavours, settings, sending, and the check of a connection.

use moulin_adapter::http::{self, Request, Response, path_segment};
use moulin_adapter::prelude::*;

use crate::record::{self, At};
use crate::{describe, error};

/// A setting or its default.
pub(crate) fn setting((key, default): (&str, &str)) -> String {
    connection::setting(key).unwrap_or_else(|| default.to_owned())
}

/// True for version 8 of the API.
pub(crate) fn is_v8() -> bool {
    setting(describe::VERSION) == "v8"
}

/// Path below the version: `Deals`, `settings/tags`.
pub(crate) fn path(rest: &str) -> String {
    format!("/crm/{}/{rest}", setting(describe::VERSION))
}

/// The module of the contacts, as it stands in paths.
pub(crate) fn contacts() -> String {
    let by_flavor = if connection::flavor() == describe::SEED { "contacts" } else { "Contacts" };
    path(&connection::setting("contacts_module").unwrap_or_else(|| by_flavor.to_owned()))
}

/// One contact.
pub(crate) fn contact(id: &str) -> String {
    format!("{}/{}", contacts(), path_segment(id))
}

/// Sends, and turns an answer that is not 2xx into its error.
pub(crate) fn send(request: Request) -> Result<Response> {
    request.send()?.success(error::from_answer)
}

/// Reads one contact; an organisation without contacts is well too.
pub(crate) fn check() -> Result<Health> {
    let answer = send(http::get(contacts()).query("fields", "Last_Name").query("per_page", 1))?;
    let page = record::page(&answer, &At::Page(1), 1, false)?;
    page.rows.iter().try_for_each(|row| row.record.id().map(drop))?;
    Ok(Health { account: connection::setting("location"), message: None })
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    #[test]
    fn each_flavour_has_its_paths() {
        assert_eq!(Host::new("seed").run(|| contact("77")), "/crm/v2/contacts/77");
        assert_eq!(Host::new("vendor").run(contacts), "/crm/v2/Contacts");
        let v8 = Host::new("vendor").setting("api_version", "v8").setting("contacts_module", "Guests");
        assert_eq!(v8.run(|| contact("../Deals")), "/crm/v8/Guests/..%2FDeals");
    }

    #[test]
    fn the_check_takes_an_empty_organisation_and_nothing_else_that_is_empty() {
        let host = |status, body: &'static str| Host::new("seed").vendor(move |_| Ok(Response::new(status, &[], body)));
        assert!(host(204, "").run(check).is_ok());
        let invalid = r#"{"code":"INVALID_TOKEN","details":{},"message":"invalid oauth token","status":"error"}"#;
        assert!(matches!(host(401, invalid).run(check), Err(Error::Authentication(_))));
        assert!(matches!(host(200, invalid).run(check), Err(Error::Authentication(_))));
        for broken in ["", "<html></html>", "{}", r#"{"data":{}}"#, r#"{"data":["#] {
            assert!(matches!(host(200, broken).run(check), Err(Error::Api(_))), "{broken}");
        }
    }
}
