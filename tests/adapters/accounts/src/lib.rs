//! A test adapter with one flavour for each shape of token exchange that vendors have. Its only request is `GET /whoami`,
//! in `check`.
//!
//! | flavour | its shape |
//! |---|---|
//! | `zoho` | the vendor tells its data centre; scopes apart by commas; `Zoho-oauthtoken` |
//! | `square`, `square-pkce` | JSON, `expires_at`; with PKCE no client secret, and refresh tokens rotate |
//! | `hubspot` | the redirect URI in both requests, no PKCE |
//! | `lightspeed` | JSON, PKCE, no redirect URI, refresh tokens that rotate on first use |
//! | `thefork`, `thefork-seed` | client credentials with `audience`, with scopes |
//! | `opentable` | client credentials by Basic, parameters in the query |
//! | `transgourmet` | client credentials in a plain form |
//! | `strict` | all that current advice asks for |
//! | `jwt` | a signed assertion |

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod shapes;

use moulin_adapter::prelude::*;

/// The adapter.
#[derive(Debug)]
pub struct Accounts;

impl Adapter for Accounts {
    fn describe() -> Description {
        let mut adapter = describe::adapter(
            "accounts",
            env!("CARGO_PKG_VERSION"),
            "Accounts",
            "One flavour for each shape of token exchange.",
        )
        .setting(setting("accounts_server", "Accounts server").default("https://accounts.zoho.eu"))
        .setting(setting("api_domain", "API domain").default("https://www.zohoapis.eu"))
        .setting(setting("location", "Data centre"));
        for shape in shapes::all() {
            adapter = adapter.auth_for(&[shape.flavor], shape.auth);
            adapter = adapter.flavor(describe::flavor(shape.flavor, shape.flavor, shape.base_url));
        }
        adapter.build()
    }

    /// Answers with what the vendor says of the token, and where the vendor said it is.
    fn check() -> Result<Health> {
        let answer = http::get("/whoami").send()?;
        match answer.status() {
            200..=299 => {
                Ok(Health { account: connection::setting("location"), message: Some(answer.text_lossy().into_owned()) })
            }
            401 | 403 => Err(Error::authentication(answer.status(), None, answer.text_lossy())),
            status => Err(Error::api(status, answer.text_lossy())),
        }
    }
}

impl Crm for Accounts {}

moulin_adapter::export_crm!(Accounts);

/// A setting of the flavour `zoho` that the vendor tells as well.
fn setting(key: &str, title: &str) -> describe::SettingBuilder {
    describe::setting(key, title, "The vendor tells it when the account is connected.").flavors(&["zoho"])
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    #[test]
    fn every_flavour_has_one_way_to_authenticate() {
        let description = Accounts::describe();
        assert_eq!((description.flavors.len(), description.auth.len()), (11, 11));
        for flavor in &description.flavors {
            let ways = description.auth.iter().filter(|scheme| scheme.flavors == [flavor.id.clone()]);
            assert_eq!(ways.count(), 1, "{}", flavor.id);
        }
    }

    #[test]
    fn the_check_tells_what_the_vendor_said() {
        let host = Host::new("zoho").setting("location", "eu").vendor(|request| {
            assert_eq!(request.target(), "/whoami");
            Ok(http::Response::new(200, &[], "me"))
        });
        let health = host.run(Accounts::check).unwrap();
        assert_eq!((health.account.as_deref(), health.message.as_deref()), (Some("eu"), Some("me")));
        let host = Host::new("zoho").vendor(|_| Ok(http::Response::new(401, &[], "who?")));
        assert!(matches!(host.run(Accounts::check), Err(Error::Authentication(_))));
    }
}
