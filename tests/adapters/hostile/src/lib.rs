//! A test adapter that misbehaves in the way the setting `mode` says, in `get-product`.
//!
//! | mode | what it does |
//! |---|---|
//! | `echo` | answers with the id it was given |
//! | `loop`, `alloc`, `recurse` | never ends; takes memory without end; calls itself without end |
//! | `trap`, `exit` | panics; calls `exit(3)` |
//! | `panic-secret` | panics with the text given as id in its message |
//! | `error-secret` | fails with the text given as id in its error, its log and its standard error |
//! | `log-flood`, `stdout-flood`, `request-flood` | 10^6 log lines; as many on standard output; 10^4 requests |
//! | `big-response`, `wait` | GET `/big`; GET `/slow` |
//! | `read-file`, `env`, `socket` | tries the file, the variables, the address of the id; answers with the refusal |
//! | `fetch` | GETs the id as target |
//! | `version` | GETs the id as target, then answers with the version it was built as |
//! | `header` | GETs `/headers` with the header given as `name=value` in the id |
//! | `wasi-http` | GETs the id, a URL, through `wasi:http` |
//! | `sleep` | sleeps through `wasi:clocks` for the milliseconds given as id |
//!
//! What it was able to do stands in the product's `name`.

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod limits;
mod reach;

use moulin_adapter::describe::{authorization_code, token_endpoint};
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{
    Availability, AvailabilityQuery, CatalogPage, CatalogProduct, CatalogQuery, PriceBasis, ProductLookup,
};

/// The adapter.
#[derive(Debug)]
pub struct Hostile;

const BASE_URL: &str = "https://api.hostile.example";

impl Adapter for Hostile {
    fn describe() -> Description {
        let token = || token_endpoint("https://api.hostile.example/oauth/token", &["catalogue"]);
        describe::adapter("hostile", version(), "Hostile", "Misbehaves in the way its setting `mode` says.")
            .setting(describe::setting("mode", "Mode", "What to do in get-product.").default("echo"))
            .setting(describe::setting("signing_key", "Signing key", "Never to be seen by the adapter.").secret())
            .auth(describe::api_key("x-api-key"))
            .auth(describe::bearer_token())
            .auth(describe::basic())
            .auth(describe::AuthKind::Oauth2ClientCredentials(token()))
            .auth(describe::AuthKind::Oauth2AuthorizationCode(authorization_code(
                "https://api.hostile.example/oauth/authorize",
                token(),
            )))
            .flavor(describe::flavor("v1", "Version 1", BASE_URL).supports(&[
                "suppliers.get-product",
                "suppliers.list-catalog",
                "suppliers.check-availability",
            ]))
            .build()
    }

    fn check() -> Result<Health> {
        let answer = http::get("/health").send()?;
        match answer.status() {
            200..=299 => Ok(Health { account: Some("hostile".to_owned()), message: None }),
            401 | 403 => Err(Error::authentication(answer.status(), None, answer.text_lossy())),
            status => Err(Error::api(status, answer.text_lossy())),
        }
    }
}

impl Suppliers for Hostile {
    fn get_product(query: ProductLookup) -> Result<CatalogProduct> {
        let mode = connection::setting("mode").unwrap_or_else(|| "echo".to_owned());
        let id = query.id;
        let done = match mode.as_str() {
            "echo" => id.clone(),
            "loop" => limits::run_for_ever(),
            "alloc" => limits::allocate(),
            "recurse" => limits::recurse(0).to_string(),
            "trap" => limits::trap("trapped on purpose"),
            "panic-secret" => limits::trap(&id),
            "error-secret" => return Err(limits::tell(&id)),
            "exit" => std::process::exit(3),
            "log-flood" => limits::flood_log(),
            "stdout-flood" => limits::flood_stdout(),
            "request-flood" => limits::flood_requests()?,
            "big-response" => http::get("/big").send()?.body().len().to_string(),
            "wait" => http::get("/slow").send()?.status().to_string(),
            "sleep" => limits::sleep(&id),
            "read-file" => reach::read_file(&id),
            "env" => reach::environment(),
            "socket" => reach::socket(&id),
            "fetch" => reach::fetch(&id)?,
            "version" => reach::fetch(&id).map(|_| version().to_owned())?,
            "header" => reach::header(&id)?,
            "wasi-http" => reach::wasi_http(&id)?,
            other => return Err(Error::unsupported(format!("no such mode: {other}"))),
        };
        Ok(product(id, done))
    }

    fn list_catalog(query: CatalogQuery) -> Result<CatalogPage> {
        let answer = http::get("/catalog").query_opt("cursor", query.cursor).send()?;
        let items = answer.text_lossy().lines().map(|line| product(line.to_owned(), line.to_owned())).collect();
        Ok(CatalogPage { items, next: answer.header("x-next").map(str::to_owned) })
    }

    fn check_availability(query: AvailabilityQuery) -> Result<Vec<Availability>> {
        let answer = |product_id| Availability {
            product_id,
            available: true,
            quantity: Some(Decimal::from(1)),
            unit: Some("PC".to_owned()),
            next_delivery: query.date,
        };
        Ok(query.product_ids.into_iter().map(answer).collect())
    }
}

moulin_adapter::export_suppliers!(Hostile);

/// There are builds of several versions, for tests of a swap.
fn version() -> &'static str {
    option_env!("MOULIN_TEST_VERSION").unwrap_or(env!("CARGO_PKG_VERSION"))
}

fn product(id: String, name: String) -> CatalogProduct {
    CatalogProduct {
        id,
        name,
        category: None,
        unit: "PC".to_owned(),
        packaging: None,
        pack_size: None,
        currency: connection::currency(),
        price: None,
        price_basis: PriceBasis::Unit,
        vat_rate: None,
        available: true,
        stock: None,
        barcode: None,
        brand: None,
        origin: None,
        updated_at: None,
        raw: None,
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    fn call(host: &Host, id: &str) -> Result<CatalogProduct> {
        host.run(|| Hostile::get_product(ProductLookup { id: id.to_owned(), include_raw: false }))
    }

    #[test]
    fn the_mode_decides() {
        assert_eq!(call(&Host::new("v1"), "7").unwrap().name, "7");
        let host = Host::new("v1")
            .setting("mode", "header")
            .vendor(|request| Ok(http::Response::new(200, &[], request.header_value("cookie").unwrap_or_default())));
        assert_eq!(call(&host, "Cookie=a=b").unwrap().name, "200 a=b");
        assert!(matches!(call(&Host::new("v1").setting("mode", "?"), "7"), Err(Error::Unsupported(_))));
    }

    #[test]
    fn a_flood_of_requests_ends_at_the_first_refusal() {
        let host = Host::new("v1").setting("mode", "request-flood").vendor(|_| Err(Error::connection("enough", false)));
        assert!(call(&host, "7").is_err());
        assert_eq!(host.requests().len(), 1);
    }
}
