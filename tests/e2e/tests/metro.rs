//! Metro: the real adapter against the simulated vendor.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use moulin_e2e::Folder;
use moulin_host::client::Suppliers;
use moulin_host::model::suppliers::{
    AccountQuery, AvailabilityQuery, CatalogProduct, CatalogQuery, DeliveryQuery, OrderCancellation, OrderItem,
    OrderLookup, OrderPatch, OrderPriority, OrderQuery, OrderRequest, OrderStatus, PriceBasis, ProductLookup,
    ProductSearch,
};
use moulin_host::model::{Date, Decimal, Instant, VendorError};
use moulin_host::{Error, Host};
use moulin_vendors::recording::Recorded;
use moulin_vendors::{Metro, MetroOptions, Options, World, world};

/// The day all deliveries are asked for: in the future for the host's clock and for the vendor's.
const MONDAY: &str = "2099-06-15";

struct Setup {
    vendor: Metro,
    world: World,
    metro: Suppliers,
    _host: Host,
    _folder: Folder,
}

impl Setup {
    async fn new() -> Self {
        Self::with("demo-metro-key", MetroOptions { reads_per_step: 1, ..MetroOptions::default() }).await
    }

    async fn with(key: &str, options: MetroOptions) -> Self {
        let world = World::new(Options::default());
        let vendor = Metro::start(world.clone(), options).await.unwrap();
        let folder = Folder::with(&["shipped/metro"]);
        let host = folder.host("", &connection(vendor.url(), key)).await.unwrap_or_else(|error| panic!("{error}"));
        Self { metro: host.suppliers("metro").unwrap(), vendor, world, _host: host, _folder: folder }
    }

    /// What was sent since the last look.
    fn sent(&self) -> Vec<Recorded> {
        let sent = self.vendor.requests();
        self.vendor.forget_requests();
        sent
    }

    async fn all(&self, query: CatalogQuery) -> Vec<CatalogProduct> {
        self.metro.list_catalog(query).try_collect().await.unwrap()
    }

    /// Something sold by the kilogram.
    fn tomatoes(&self) -> &world::Product {
        let by_weight = |product: &&world::Product| product.at_the_till && product.unit == world::Unit::Kg;
        self.world.products().iter().find(by_weight).unwrap()
    }

    fn order(&self) -> OrderRequest {
        OrderRequest {
            items: vec![OrderItem {
                product_id: self.tomatoes().id.clone(),
                quantity: 5.into(),
                unit: Some("KG".to_owned()),
            }],
            delivery_date: Some(date(MONDAY)),
            notes: Some("Livraison avant 10h si possible".to_owned()),
            priority: Some(OrderPriority::High),
            client_reference: Some("lvm-2099-000001".to_owned()),
            idempotency_key: Some("5f1c3a52-0001".to_owned()),
            include_raw: false,
        }
    }

    /// The orders at the vendor with this number of the restaurant's.
    async fn booked(&self, reference: &str) -> Vec<String> {
        let query = OrderQuery { client_reference: Some(reference.to_owned()), ..Default::default() };
        self.metro.list_orders(query).map_ok(|order| order.id).try_collect().await.unwrap()
    }
}

fn connection(url: &str, key: &str) -> String {
    format!(
        "[connections.metro]\nadapter = \"metro\"\nbase_url = \"{url}\"\ngrants = [\"{url}\"]\n\
         auth = {{ method = \"api_key\", key = \"{key}\" }}\nsettings = {{ client_number = \"FR-778812\" }}\n"
    )
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2).unwrap()
}

fn lookup(id: &str) -> OrderLookup {
    OrderLookup { id: id.to_owned(), ..Default::default() }
}

fn vendor_error(error: Error) -> VendorError {
    match error {
        Error::Vendor { error, .. } => error,
        error => panic!("not the vendor's: {error}"),
    }
}

fn line(request: &Recorded) -> (&str, &str, Option<&str>) {
    (&request.method, &request.path, request.query.as_deref())
}

fn expected(product: &world::Product) -> CatalogProduct {
    CatalogProduct {
        id: product.id.clone(),
        name: product.name.clone(),
        category: Some(product.shelf.code().to_owned()),
        unit: product.unit.code().to_owned(),
        packaging: Some(product.packaging.to_owned()),
        pack_size: Some(Decimal::new(product.pack_milli, 3).unwrap()),
        currency: "EUR".to_owned(),
        price: Some(cents(product.price)),
        price_basis: PriceBasis::Unit,
        vat_rate: Some(Decimal::new(product.shelf.purchase_vat(), 1).unwrap()),
        available: product.stock > 0,
        stock: Some(product.stock.into()),
        barcode: Some(product.ean.clone()),
        brand: None,
        origin: Some(product.origin.to_owned()),
        updated_at: Some(at("2025-04-12T04:00:00Z")),
        raw: None,
    }
}

#[tokio::test]
async fn m1_catalogue() {
    let setup = Setup::new().await;
    let mut first = setup.all(CatalogQuery::default()).await;
    let sent = setup.sent();
    assert_eq!(sent.len(), 10);
    let query = "client_number=FR-778812&limit=100&page=1&sort=name%3Aasc";
    assert_eq!(line(&sent[0]), ("GET", "/api/v1/products", Some(query)));
    assert_eq!((sent[0].header("x-api-key"), sent[0].header("authorization")), (Some("demo-metro-key"), None));
    assert_eq!(sent[0].header("user-agent"), Some(concat!("moulin/", env!("CARGO_PKG_VERSION"), " metro")));
    assert!(sent.iter().all(|request| request.status == Some(200)));

    // Every product once, exact to the cent, and the same again.
    assert_eq!(setup.all(CatalogQuery::default()).await, first);
    first.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(first, setup.world.products().iter().map(expected).collect::<Vec<_>>());
    assert!(first.iter().any(|product| !product.available));

    // A category, in pages of seven, with the vendor's own JSON.
    let query =
        CatalogQuery { category: Some("WINE".to_owned()), limit: Some(7), include_raw: true, ..Default::default() };
    let wines = setup.all(query).await;
    let known: BTreeSet<_> =
        setup.world.products().iter().filter(|product| product.shelf == world::Shelf::Wine).map(|p| &p.id).collect();
    assert_eq!(wines.iter().map(|wine| &wine.id).collect::<BTreeSet<_>>(), known);
    assert_eq!(wines.len(), known.len());
    let raw: serde_json::Value = serde_json::from_str(wines[0].raw.as_ref().unwrap()).unwrap();
    assert_eq!(raw["product_id"], wines[0].id.as_str());
    let unknown = CatalogQuery { category: Some("CARS".to_owned()), ..Default::default() };
    let error = vendor_error(setup.metro.list_catalog(unknown).next().await.unwrap().unwrap_err());
    assert!(matches!(error, VendorError::Validation(found) if found.fields[0].field == "category"));
}

#[tokio::test]
async fn m2_search() {
    let setup = Setup::new().await;
    let search = |text: &str| ProductSearch { text: text.to_owned(), limit: Some(3), ..Default::default() };
    let found: Vec<_> = setup.metro.search_products(search("crème")).try_collect().await.unwrap();
    let sent = setup.sent();
    let query = "client_number=FR-778812&q=cr%C3%A8me&limit=3&page=1";
    assert_eq!(line(&sent[0]), ("GET", "/api/v1/products/search", Some(query)));
    let plain = |name: &str| name.to_lowercase().replace(['è', 'é'], "e").contains("creme");
    let known: Vec<_> = setup.world.products().iter().filter(|product| plain(&product.name)).map(expected).collect();
    assert!(known.len() > 3, "the search has several pages");
    assert_eq!(found, known);

    let nothing: Vec<_> = setup.metro.search_products(search("trottinette")).try_collect().await.unwrap();
    assert_eq!(nothing, []);
    setup.sent();
    let empty = setup.metro.search_products(search(" ")).next().await.unwrap().unwrap_err();
    assert!(matches!(empty, Error::Input { .. }));
    assert!(setup.sent().is_empty());
}

#[tokio::test]
async fn m3_create_order() {
    let setup = Setup::new().await;
    let (order, product) = (setup.order(), setup.tomatoes());
    let booked = setup.metro.create_order(order.clone()).await.unwrap();
    let sent = setup.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(line(&sent[0]), ("POST", "/api/v1/orders", None));
    let body = format!(
        concat!(
            r#"{{"client_number":"FR-778812","items":[{{"product_id":"{}","quantity":5,"unit":"KG"}}],"#,
            r#""delivery_info":{{"requested_date":"2099-06-15T00:00:00+02:00","#,
            r#""delivery_notes":"Livraison avant 10h si possible"}},"#,
            r#""priority":"high","client_reference":"lvm-2099-000001"}}"#
        ),
        product.id
    );
    assert_eq!(sent[0].body, body);
    for (header, value) in
        [("content-type", "application/json"), ("idempotency-key", "5f1c3a52-0001"), ("x-api-key", "demo-metro-key")]
    {
        assert_eq!(sent[0].header(header), Some(value), "{header}");
    }
    assert_eq!((booked.status, booked.client_reference.as_deref()), (OrderStatus::Processing, Some("lvm-2099-000001")));
    assert_eq!((booked.total, booked.currency.as_str()), (Some(cents(product.price * 5)), "EUR"));
    assert_eq!((booked.delivery_date, booked.notes.as_deref()), (Some(date(MONDAY)), order.notes.as_deref()));
    let item = &booked.items[0];
    assert_eq!(
        (item.product_id.as_str(), item.quantity, item.unit.as_deref()),
        (product.id.as_str(), 5.into(), Some("KG"))
    );
    assert_eq!((item.unit_price, item.total), (Some(cents(product.price)), Some(cents(product.price * 5))));

    // The same key is the same order; another one for the same number of the restaurant's is refused.
    assert_eq!(setup.metro.create_order(order.clone()).await.unwrap().id, booked.id);
    let other = OrderRequest { idempotency_key: Some("5f1c3a52-0002".to_owned()), ..order };
    let error = vendor_error(setup.metro.create_order(other).await.unwrap_err());
    assert!(matches!(error, VendorError::Validation(found) if found.message.starts_with("DUPLICATE_ORDER")));
    assert_eq!(setup.booked("lvm-2099-000001").await, [booked.id]);

    // Without a key, a number or a unit of the caller's the host and the adapter fill them in.
    setup.sent();
    let items = vec![OrderItem { product_id: product.id.clone(), quantity: "0.5".parse().unwrap(), unit: None }];
    let filled = setup.metro.create_order(OrderRequest { items, ..Default::default() }).await.unwrap();
    let sent = setup.sent();
    let key = sent[0].header("idempotency-key").unwrap();
    assert_eq!(filled.client_reference.as_deref(), Some(key));
    assert!(sent[0].body.contains(r#""quantity":0.5,"unit":"PC"}"#), "{}", sent[0].body);
}

#[tokio::test]
async fn an_order_that_breaks_a_rule_is_refused_before_anything_is_sent() {
    let setup = Setup::new().await;
    let good = setup.order();
    let quantity = |quantity: &str| vec![OrderItem { quantity: quantity.parse().unwrap(), ..good.items[0].clone() }];
    for (order, field) in [
        (OrderRequest { items: quantity("0"), ..good.clone() }, "items[0].quantity"),
        (OrderRequest { items: quantity("-1"), ..good.clone() }, "items[0].quantity"),
        (OrderRequest { items: Vec::new(), ..good.clone() }, "items"),
        (OrderRequest { delivery_date: Some(date("2020-01-01")), ..good.clone() }, "delivery_date"),
        (OrderRequest { notes: Some("é".repeat(501)), ..good.clone() }, "notes"),
    ] {
        let error = setup.metro.create_order(order).await.unwrap_err();
        assert!(matches!(error, Error::Input { .. }), "{error}");
        assert_eq!(error.fields().iter().map(|found| found.field.as_str()).collect::<Vec<_>>(), [field]);
    }
    assert!(setup.sent().is_empty());
    // 500 characters are allowed, and the vendor counts them the same way.
    setup.metro.create_order(OrderRequest { notes: Some("é".repeat(500)), ..good.clone() }).await.unwrap();
    // What only the vendor knows, it refuses field by field.
    let unknown = OrderItem { product_id: "1".to_owned(), ..good.items[0].clone() };
    let order = OrderRequest { items: vec![unknown], idempotency_key: None, client_reference: None, ..good };
    let error = vendor_error(setup.metro.create_order(order).await.unwrap_err());
    assert!(matches!(error, VendorError::Validation(found) if found.fields[0].field == "items[0].product_id"));
}

#[tokio::test]
async fn m4_track_order() {
    let setup = Setup::new().await;
    let id = setup.metro.create_order(setup.order()).await.unwrap().id;
    setup.sent();
    let seen = setup.metro.get_order(lookup(&id)).await.unwrap();
    assert_eq!(
        line(&setup.sent()[0]),
        ("GET", format!("/api/v1/orders/{id}").as_str(), Some("client_number=FR-778812"))
    );
    let history: Vec<_> = seen.history.iter().map(|event| event.status).collect();
    let way = [OrderStatus::Pending, OrderStatus::Confirmed, OrderStatus::Processing, OrderStatus::Shipped];
    assert_eq!((seen.status, history), (OrderStatus::Shipped, way.to_vec()));
    assert!(seen.history.is_sorted_by_key(|event| event.at));
    assert_eq!(setup.metro.get_order(lookup(&id)).await.unwrap().status, OrderStatus::Delivered);
    let missing = vendor_error(setup.metro.get_order(lookup("MET-0")).await.unwrap_err());
    assert!(matches!(missing, VendorError::NotFound(_)), "{missing}");
}

#[tokio::test]
async fn orders_are_listed_changed_and_cancelled() {
    let setup = Setup::new().await;
    let all: Vec<_> = setup.metro.list_orders(OrderQuery::default()).try_collect().await.unwrap();
    assert_eq!(all.len(), 8);
    assert!(all.iter().all(|order| order.total.is_some_and(Decimal::is_positive) && !order.items.is_empty()));
    let delivered = OrderQuery { status: Some(OrderStatus::Delivered), limit: Some(3), ..Default::default() };
    let delivered: Vec<_> = setup.metro.list_orders(delivered).try_collect().await.unwrap();
    let expected: Vec<_> = all.iter().filter(|order| order.status == OrderStatus::Delivered).cloned().collect();
    assert_eq!(delivered, expected);
    // The end of a period is not part of it.
    let (first, last) = (all[7].created_at.unwrap(), all[0].created_at.unwrap());
    setup.sent();
    let period = OrderQuery { from: Some(first), to: Some(last), ..Default::default() };
    let inside: Vec<_> = setup.metro.list_orders(period).try_collect().await.unwrap();
    assert_eq!(inside, all[1..]);
    assert!(
        setup.sent()[0].query.as_ref().unwrap().contains("start_date=2025-03-17T09%3A15%3A00Z&end_date=2025-04-10")
    );

    let booked = setup.metro.create_order(setup.order()).await.unwrap();
    setup.sent();
    let items = vec![OrderItem { quantity: "2.5".parse().unwrap(), ..setup.order().items[0].clone() }];
    let patch = OrderPatch {
        id: booked.id.clone(),
        items: Some(items),
        priority: Some(OrderPriority::Low),
        idempotency_key: Some("k1".to_owned()),
        ..Default::default()
    };
    let changed = setup.metro.update_order(patch).await.unwrap();
    let sent = setup.sent();
    assert_eq!(line(&sent[0]), ("PATCH", format!("/api/v1/orders/{}", booked.id).as_str(), None));
    let item = format!(r#"{{"product_id":"{}","quantity":2.5,"unit":"KG"}}"#, setup.tomatoes().id);
    assert_eq!(sent[0].body, format!(r#"{{"client_number":"FR-778812","items":[{item}],"priority":"low"}}"#));
    assert_eq!(sent[0].header("idempotency-key"), Some("k1"));
    assert_eq!((changed.items[0].quantity, changed.notes), ("2.5".parse().unwrap(), booked.notes));

    let cancellation =
        OrderCancellation { id: booked.id.clone(), reason: Some("fermé".to_owned()), ..Default::default() };
    let cancelled = setup.metro.cancel_order(cancellation.clone()).await.unwrap();
    let body = r#"{"client_number":"FR-778812","status":"CANCELLED","cancellation_reason":"fermé"}"#;
    assert_eq!((cancelled.status, setup.sent()[0].body.as_str()), (OrderStatus::Cancelled, body));
    let locked = vendor_error(setup.metro.cancel_order(cancellation).await.unwrap_err());
    assert!(matches!(locked, VendorError::Validation(found) if found.message.starts_with("ORDER_LOCKED")));
}

#[tokio::test]
async fn products_availability_deliveries_and_account() {
    let setup = Setup::new().await;
    let product = setup.tomatoes();
    let one = ProductLookup { id: product.id.clone(), ..Default::default() };
    assert_eq!(setup.metro.get_product(one).await.unwrap(), expected(product));
    assert_eq!(setup.sent()[0].path, format!("/api/v1/products/{}", product.id));

    let sold_out = setup.world.products().iter().find(|product| product.stock == 0).unwrap();
    let product_ids = vec![sold_out.id.clone(), "999999".to_owned(), product.id.clone()];
    let answer = setup.metro.check_availability(AvailabilityQuery { product_ids, date: None }).await.unwrap();
    let body =
        format!(r#"{{"client_number":"FR-778812","product_ids":["{}","999999","{}"]}}"#, sold_out.id, product.id);
    let sent = setup.sent();
    assert_eq!((sent.len(), line(&sent[0]), &sent[0].body), (1, ("POST", "/api/v1/availability", None), &body));
    let found: Vec<_> = answer.iter().map(|row| (row.product_id.as_str(), row.available, row.quantity)).collect();
    let (zero, stock) = (Some(Decimal::ZERO), Some(product.stock.into()));
    assert_eq!(found, [(sold_out.id.as_str(), false, zero), ("999999", false, zero), (&product.id, true, stock)]);
    // 13 April 2025 is a Sunday.
    assert_eq!(answer[2].next_delivery, Some(date("2025-04-14")));

    let period = DeliveryQuery { from: Some(date("2025-04-20")), to: Some(date("2025-04-21")), ..Default::default() };
    let slots = setup.metro.get_delivery_schedule(period).await.unwrap().slots;
    assert_eq!(
        slots.iter().map(|slot| (slot.date, slot.available)).collect::<Vec<_>>(),
        [(date("2025-04-20"), false), (date("2025-04-21"), true)]
    );
    assert_eq!(slots[1].order_before, Some(at("2025-04-20T16:00:00Z")));
    assert_eq!(slots[1].from.map(|from| from.to_string()).as_deref(), Some("06:00"));

    let account = setup.metro.get_account(AccountQuery::default()).await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_deref()), ("FR-778812", Some("Le Vieux Moulin")));
    assert_eq!(account.credit_limit, Some(15_000.into()));
    assert!(account.balance.is_some_and(Decimal::is_positive));
}
