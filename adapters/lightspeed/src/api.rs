//! Paths of the two flavours, sending, and the check of a connection.

use moulin_adapter::http::{self, Request, Response, path_segment};
use moulin_adapter::prelude::*;
use serde::Deserialize;

use crate::{describe, error, page};

/// True for the vendor's API as documented today, false for the specification's.
pub(crate) fn is_v3() -> bool {
    connection::flavor() == describe::V3
}

/// Path of a resource of the account, such as `Sale` or `Sale/4711`.
pub(crate) fn path(resource: &str) -> Result<String> {
    let account = connection::required_setting("account_id")?;
    Ok(below_prefix(&format!("Account/{}/{resource}", path_segment(&account))))
}

/// Path of one record.
pub(crate) fn record_path(resource: &str, id: &str) -> Result<String> {
    path(&format!("{resource}/{}", path_segment(id)))
}

fn below_prefix(rest: &str) -> String {
    let (prefix, suffix) = if is_v3() { ("/API/V3", ".json") } else { ("/api/v1", "") };
    let prefix = connection::setting("path_prefix").unwrap_or_else(|| prefix.to_owned());
    let suffix = connection::setting("path_suffix").unwrap_or_else(|| suffix.to_owned());
    let suffix = if suffix == "none" { "" } else { suffix.as_str() };
    format!("/{}/{rest}{suffix}", prefix.trim_matches('/'))
}

/// Name of the resource and of the answer's key for stock levels.
pub(crate) fn stock_resource() -> String {
    connection::setting("stock_resource").unwrap_or_else(|| if is_v3() { "ItemShop" } else { "ItemCount" }.to_owned())
}

/// Sends, and turns an answer that is not 2xx into its error.
pub(crate) fn send(request: Request) -> Result<Response> {
    request.send()?.success(error::from_answer)
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Account<'a> {
    #[serde(borrow, rename = "accountID")]
    id: Scalar<'a>,
    name: Scalar<'a>,
}

/// Lists the accounts of the grant, in which the configured one must be.
pub(crate) fn check() -> Result<Health> {
    let wanted = connection::required_setting("account_id")?;
    let answer = send(http::get(below_prefix("Account")))?;
    let accounts = page::read::<Account<'_>>(answer.text()?, &["Account"], false)?.rows;
    let found = accounts.iter().find(|row| row.record.id.str().as_deref() == Some(wanted.as_str()));
    match found {
        Some(row) => Ok(Health { account: row.record.name.text().or(Some(wanted)), message: None }),
        None => Err(Error::invalid("settings.account_id", "is not an account of the credentials of this connection")),
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn host(flavor: &str) -> Host {
        Host::new(flavor).setting("account_id", "240117")
    }

    #[test]
    fn each_flavour_has_its_paths() {
        assert_eq!(host("seed").run(|| path("Sale")).unwrap(), "/api/v1/Account/240117/Sale");
        assert_eq!(
            host("r-series-v3").run(|| record_path("Sale", "4711")).unwrap(),
            "/API/V3/Account/240117/Sale/4711.json"
        );
        assert_eq!(host("seed").run(stock_resource), "ItemCount");
        assert_eq!(host("r-series-v3").run(stock_resource), "ItemShop");
    }

    #[test]
    fn settings_override_one_by_one() {
        let sample = host("seed").setting("path_prefix", "/API/").setting("stock_resource", "ItemShop");
        assert_eq!(sample.run(|| path("Sale")).unwrap(), "/API/Account/240117/Sale");
        assert_eq!(sample.run(stock_resource), "ItemShop");
        let bare = host("r-series-v3").setting("path_suffix", "none");
        assert_eq!(bare.run(|| path("Sale")).unwrap(), "/API/V3/Account/240117/Sale");
    }

    #[test]
    fn the_account_is_required_and_identifiers_stay_in_their_segment() {
        assert!(matches!(Host::new("seed").run(|| path("Sale")), Err(Error::Validation(_))));
        assert_eq!(
            host("seed").run(|| record_path("Sale", "1/../2")).unwrap(),
            "/api/v1/Account/240117/Sale/1%2F..%2F2"
        );
    }

    #[test]
    fn the_check_looks_for_the_account() {
        let body = r#"{"@attributes":{"count":"1"},"Account":{"accountID":"240117","name":"Le Vieux Moulin"}}"#;
        let ours = host("r-series-v3").vendor(move |request| {
            assert_eq!(request.target(), "/API/V3/Account.json");
            Ok(Response::new(200, &[], body))
        });
        assert_eq!(ours.run(check).unwrap().account.as_deref(), Some("Le Vieux Moulin"));
        let other = Host::new("seed").setting("account_id", "1").vendor(move |_| Ok(Response::new(200, &[], body)));
        assert!(matches!(other.run(check), Err(Error::Validation(_))));
        let refused = host("seed").vendor(|_| Ok(Response::new(401, &[], "")));
        assert!(matches!(refused.run(check), Err(Error::Authentication(_))));
    }
}
