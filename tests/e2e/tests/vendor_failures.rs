//! What goes wrong at a vendor comes back as the error class that says what to do: never a trap, never an empty success.

use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};
use moulin_e2e::Folder;
use moulin_e2e::vendor::Vendor;
use moulin_host::model::pos::TransactionQuery;
use moulin_host::model::suppliers::{CatalogQuery, OrderItem, OrderQuery, OrderRequest, SupplierOrder};
use moulin_host::model::{Instant, VendorError};
use moulin_host::{Error, Host};
use moulin_vendors::faults::{Fault, Faults, Rule};
use moulin_vendors::{Lightspeed, LightspeedOptions, Metro, MetroOptions, Options, World};

const LIGHTSPEED: &str = r#"adapter = "lightspeed"
    settings = { account_id = 240117 }
    auth = { method = "bearer_token", token = "demo-till-token" }"#;
const METRO: &str = r#"adapter = "metro"
    auth = { method = "api_key", key = "demo-metro-key" }"#;

/// A host with one connection, `c`. An attempt may take a second.
async fn host(adapter: &str, url: &str, connection: &str) -> (Host, Folder) {
    let folder = Folder::with(&[adapter]);
    let toml = format!("[connections.c]\nbase_url = \"{url}\"\ngrants = [\"{url}\"]\ntimeout = \"1s\"\n{connection}\n");
    (folder.host("", &toml).await.unwrap_or_else(|error| panic!("{error}")), folder)
}

/// Reads a list to its end.
async fn read<T>(list: impl Stream<Item = Result<T, Error>>) -> Result<usize, Error> {
    let mut list = Box::pin(list);
    let mut count = 0;
    while let Some(record) = list.next().await {
        if let Err(error) = record {
            assert!(list.next().await.is_none(), "an error ends a list");
            return Err(error);
        }
        count += 1;
    }
    Ok(count)
}

async fn sales(host: &Host) -> Result<usize, Error> {
    let at = |text: &str| text.parse::<Instant>().unwrap();
    let query =
        TransactionQuery { from: at("2025-04-01T00:00:00Z"), to: at("2025-04-08T00:00:00Z"), ..Default::default() };
    read(host.pos("c").unwrap().list_transactions(query)).await
}

async fn catalogue(host: &Host) -> Result<usize, Error> {
    read(host.suppliers("c").unwrap().list_catalog(CatalogQuery::default())).await
}

fn vendor_error(error: Error) -> VendorError {
    match error {
        Error::Vendor { error, .. } => error,
        error => panic!("not the vendor's: {error}"),
    }
}

fn api(error: &VendorError, expected: Option<u16>, again: bool) -> bool {
    matches!(error, VendorError::Api(error) if error.status == expected && error.retryable == again)
}

fn unanswered(error: &VendorError) -> bool {
    matches!(error, VendorError::Connection(error) if error.request_sent)
}

/// Whether it is a rate limit with a wait of about so many milliseconds.
fn limited(error: &VendorError, wait: Option<i64>) -> bool {
    let VendorError::RateLimit(error) = error else { return false };
    match (error.retry_after_ms, wait) {
        (Some(found), Some(wait)) => (i64::try_from(found).unwrap() - wait).abs() < 60_000,
        (found, wait) => found.is_none() && wait.is_none(),
    }
}

/// Strikes every request with each fault in turn and holds the error against what it must be.
async fn strike(faults: &Faults, read: impl AsyncFn() -> Result<usize, Error>) {
    let whole = read().await.unwrap();
    assert!(whole > 100, "there are several pages");
    let new_year = "2099-01-01T00:00:00Z".parse::<Instant>().unwrap().as_millis();
    let html = |fault: Fault| fault.header("content-type", "text/html").body("<html><h1>Bad Gateway</h1></html>");
    let untouched = Fault::default;
    type Check = Box<dyn Fn(&VendorError) -> bool>;
    let cases: Vec<(Fault, Check)> = vec![
        (
            Fault::status(401),
            Box::new(|error| matches!(error, VendorError::Authentication(error) if error.status == Some(401))),
        ),
        (
            Fault::status(403),
            Box::new(|error| matches!(error, VendorError::Authentication(error) if error.status == Some(403))),
        ),
        (Fault::status(404), Box::new(|error| matches!(error, VendorError::NotFound(_)))),
        (Fault::status(422), Box::new(|error| matches!(error, VendorError::Validation(_)))),
        (Fault::status(429).header("retry-after", "120"), Box::new(|error| limited(error, Some(120_000)))),
        (
            Fault::status(429).header("Retry-After", "Thu, 01 Jan 2099 00:00:00 GMT"),
            Box::new(move |error| limited(error, Some(new_year - Instant::now().as_millis()))),
        ),
        (Fault::status(429).header("retry-after", "soon"), Box::new(|error| limited(error, None))),
        (Fault::status(429), Box::new(|error| limited(error, None))),
        (Fault::status(500), Box::new(|error| api(error, Some(500), true))),
        (html(Fault::status(502)), Box::new(|error| api(error, Some(502), true))),
        (Fault::status(418), Box::new(|error| api(error, Some(418), false))),
        // Answers of 200 that are none.
        (html(untouched()), Box::new(|error| matches!(error, VendorError::Api(_)))),
        (
            untouched().header("content-type", "text/plain").body("OK"),
            Box::new(|error| matches!(error, VendorError::Api(_))),
        ),
        (untouched().body(""), Box::new(|error| matches!(error, VendorError::Api(_)))),
        (untouched().body("null"), Box::new(|error| matches!(error, VendorError::Api(_)))),
        (untouched().body(r#"{"message":"busy"}"#), Box::new(|error| matches!(error, VendorError::Api(_)))),
        // Answers that do not arrive.
        (Fault::reset(), Box::new(unanswered)),
        (Fault { truncate_after: Some(200), ..untouched() }, Box::new(unanswered)),
        (Fault { delay_ms: Some(5_000), ..untouched() }, Box::new(unanswered)),
        (Fault { slow_body_ms_per_kb: Some(300), ..untouched() }, Box::new(unanswered)),
    ];
    for (fault, is_right) in cases {
        faults.push(Rule::on("*", fault.clone())).unwrap();
        let error = vendor_error(read().await.expect_err("an empty success"));
        assert!(is_right(&error), "{fault:?}: {error:?}");
        faults.clear();
    }
    // A failure on a later page leaves no short list.
    faults.push(Rule::on("*", Fault { delay_ms: Some(1), ..untouched() }).times(1)).unwrap();
    faults.push(Rule::on("*", Fault::status(500))).unwrap();
    assert!(api(&vendor_error(read().await.unwrap_err()), Some(500), true));
    assert_eq!(faults.rules().len(), 1, "the first page came");
    faults.clear();
    // JSON that says it is something else is still the answer.
    faults.push(Rule::on("*", untouched().header("content-type", "text/plain"))).unwrap();
    assert_eq!(read().await.unwrap(), whole);
    faults.clear();
}

#[tokio::test]
async fn every_failure_of_lightspeed_is_typed() {
    for flavor in ["seed", "r-series-v3"] {
        let vendor = Lightspeed::start(World::new(Options::default()), LightspeedOptions::default()).await.unwrap();
        let connection = format!("flavor = \"{flavor}\"\n{LIGHTSPEED}");
        let (host, _folder) = host("shipped/lightspeed", vendor.url(), &connection).await;
        strike(vendor.faults(), async || sales(&host).await).await;
    }
}

#[tokio::test]
async fn every_failure_of_metro_is_typed() {
    let vendor = Metro::start(World::new(Options::default()), MetroOptions::default()).await.unwrap();
    let (host, _folder) = host("shipped/metro", vendor.url(), METRO).await;
    strike(vendor.faults(), async || catalogue(&host).await).await;
}

#[tokio::test]
async fn a_wrong_token_is_an_authentication_error() {
    let world = World::new(Options::default());
    let till = Lightspeed::start(world.clone(), LightspeedOptions::default()).await.unwrap();
    let (host_of_till, _a) = host("shipped/lightspeed", till.url(), &LIGHTSPEED.replace("demo-", "wrong-")).await;
    let metro = Metro::start(world, MetroOptions::default()).await.unwrap();
    let (host_of_metro, _b) = host("shipped/metro", metro.url(), &METRO.replace("demo-", "wrong-")).await;
    for error in [sales(&host_of_till).await.unwrap_err(), catalogue(&host_of_metro).await.unwrap_err()] {
        assert_eq!(error.vendor_status(), Some(401));
        assert!(matches!(vendor_error(error), VendorError::Authentication(error) if error.code.is_some()));
    }
}

fn json(body: String) -> Response {
    ([("content-type", "application/json")], body).into_response()
}

#[tokio::test]
async fn pages_that_lead_back_end_in_an_error() {
    // `here` is the number of the page asked for; the vendor names `next(here)` as the one after it.
    let circle = async |next: fn(&str) -> &'static str| {
        let vendor = Vendor::start(move |seen| {
            let here = seen.uri.query().and_then(|query| query.split_once("after=")).map_or("0", |(_, here)| here);
            let host = seen.headers["host"].to_str().unwrap();
            let url = format!("http://{host}/API/V3/Account/240117/Sale.json?after={}", next(here));
            let sale = r#"{"saleID":"1","timeStamp":"2025-04-01T12:00:00+00:00","completed":"true","total":"1"}"#;
            Some(json(format!(r#"{{"@attributes":{{"next":"{url}","previous":""}},"Sale":[{sale}]}}"#)))
        })
        .await;
        let connection = format!("flavor = \"r-series-v3\"\n{LIGHTSPEED}");
        let (host, _folder) = host("shipped/lightspeed", &vendor.url(), &connection).await;
        (sales(&host).await.unwrap_err(), vendor.seen().len())
    };
    let (error, requests) = circle(|_| "1").await;
    assert!(api(&vendor_error(error), None, false) && requests == 2);
    let (error, requests) = circle(|here| if here == "1" { "2" } else { "1" }).await;
    assert!(matches!(error, Error::RepeatedCursor { .. }), "{error}");
    assert_eq!(requests, 3);

    let same = r#"{"data":[{"product_id":"1","unit":"PC"}],"pagination":{"page":1,"per_page":1,"has_more":true}}"#;
    let vendor = Vendor::start(|_| Some(json(same.to_owned()))).await;
    let (host, _folder) = host("shipped/metro", &vendor.url(), METRO).await;
    let error = vendor_error(catalogue(&host).await.unwrap_err());
    assert!(api(&error, None, false), "{error:?}");
    assert_eq!(vendor.seen().len(), 2);
}

const REFERENCE: &str = "lvm-2099-000001";

async fn order(host: &Host, world: &World) -> Result<SupplierOrder, Error> {
    let product = &world.products()[0];
    let unit = Some(product.unit.code().to_owned());
    let order = OrderRequest {
        items: vec![OrderItem { product_id: product.id.clone(), quantity: 5.into(), unit }],
        client_reference: Some(REFERENCE.to_owned()),
        idempotency_key: Some("5f1c3a52-0001".to_owned()),
        ..Default::default()
    };
    host.suppliers("c").unwrap().create_order(order).await
}

/// How many orders with our number are at the vendor.
async fn booked(host: &Host) -> usize {
    let query = OrderQuery { client_reference: Some(REFERENCE.to_owned()), ..Default::default() };
    read(host.suppliers("c").unwrap().list_orders(query)).await.unwrap()
}

#[tokio::test]
async fn an_order_whose_answer_is_lost_is_found_again_and_booked_once() {
    let world = World::new(Options::default());
    let vendor = Metro::start(world.clone(), MetroOptions::default()).await.unwrap();
    let (host, _folder) = host("shipped/metro", vendor.url(), METRO).await;
    let on_orders = |method: &str, fault: Fault| Rule::on("/api/v1/orders", fault).method(method).times(1);
    let requests = || vendor.requests().iter().map(|sent| sent.method.clone()).collect::<Vec<_>>();

    for lost in [Fault { handled: true, ..Fault::reset() }, Fault { handled: true, ..Fault::status(504) }] {
        vendor.reset();
        vendor.faults().push(on_orders("POST", lost)).unwrap();
        let found = order(&host, &world).await.unwrap();
        assert_eq!(found.client_reference.as_deref(), Some(REFERENCE));
        assert_eq!(requests(), ["POST", "GET"]);
        assert!(vendor.requests()[1].query.as_ref().unwrap().contains(&format!("client_reference={REFERENCE}")));
        assert_eq!(booked(&host).await, 1);
    }

    // Lost before it was booked: the vendor has none, and the caller learns that it cannot be sure.
    vendor.reset();
    vendor.faults().push(on_orders("POST", Fault::reset())).unwrap();
    assert!(unanswered(&vendor_error(order(&host, &world).await.unwrap_err())));
    assert_eq!(requests(), ["POST", "GET"]);
    assert_eq!(booked(&host).await, 0);

    // The look for it fails too: still one order, which a repetition with the same key gives.
    vendor.reset();
    vendor.faults().push(on_orders("POST", Fault { handled: true, ..Fault::reset() })).unwrap();
    vendor.faults().push(on_orders("GET", Fault::status(500))).unwrap();
    assert!(unanswered(&vendor_error(order(&host, &world).await.unwrap_err())));
    let repeated = order(&host, &world).await.unwrap();
    assert_eq!((repeated.client_reference.as_deref(), booked(&host).await), (Some(REFERENCE), 1));
}

#[tokio::test]
async fn what_did_not_leave_says_so() {
    // A port that was free a moment ago, and where nobody listens.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let (metro, _a) = host("shipped/metro", &url, METRO).await;
    let (till, _b) = host("shipped/lightspeed", &url, LIGHTSPEED).await;
    let world = World::new(Options::default());
    for error in [order(&metro, &world).await.unwrap_err(), sales(&till).await.unwrap_err()] {
        let error = vendor_error(error);
        assert!(matches!(&error, VendorError::Connection(found) if !found.request_sent), "{error}");
    }
}
