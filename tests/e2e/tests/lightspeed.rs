//! Lightspeed: the real adapter against the simulated vendor, in both flavours.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use moulin_e2e::Folder;
use moulin_host::client::Pos;
use moulin_host::model::pos::{
    Payment, PaymentMethod, ProductPatch, ProductQuery, StockLevel, StockQuery, StockState, Transaction,
    TransactionLine, TransactionLookup, TransactionQuery, TransactionStatus,
};
use moulin_host::model::{Decimal, Instant, VendorError};
use moulin_host::{Error, Host};
use moulin_vendors::recording::Recorded;
use moulin_vendors::world::{self, PaymentKind, Sale, SaleState};
use moulin_vendors::{Lightspeed, LightspeedOptions, Options, World, lightspeed};

const SEED: &str = "seed";
const V3: &str = "r-series-v3";
const FLAVORS: [&str; 2] = [SEED, V3];

struct Setup {
    flavor: &'static str,
    vendor: Lightspeed,
    world: World,
    till: Pos,
    _host: Host,
    _folder: Folder,
}

impl Setup {
    async fn new(flavor: &'static str) -> Self {
        Self::with(flavor, lightspeed::Limits::default()).await
    }

    async fn with(flavor: &'static str, limits: lightspeed::Limits) -> Self {
        let world = World::new(Options::default());
        let vendor =
            Lightspeed::start(world.clone(), LightspeedOptions { limits, ..Default::default() }).await.unwrap();
        let folder = Folder::with(&["shipped/lightspeed"]);
        let url = vendor.url();
        let toml = format!(
            "[connections.till]\nadapter = \"lightspeed\"\nflavor = \"{flavor}\"\nbase_url = \"{url}\"\n\
             grants = [\"{url}\"]\nsettings = {{ account_id = 240117 }}\n\
             auth = {{ method = \"bearer_token\", token = \"demo-till-token\" }}\n"
        );
        let host = folder.host("", &toml).await.unwrap_or_else(|error| panic!("{error}"));
        Self { flavor, till: host.pos("till").unwrap(), vendor, world, _host: host, _folder: folder }
    }

    /// Where a resource is in this flavour.
    fn path(&self, resource: &str) -> String {
        match self.flavor {
            V3 => format!("/API/V3/Account/240117/{resource}.json"),
            _ => format!("/api/v1/Account/240117/{resource}"),
        }
    }

    /// What was sent since the last look, every request with the token.
    fn sent(&self) -> Vec<Recorded> {
        let sent = self.vendor.requests();
        self.vendor.forget_requests();
        for request in &sent {
            assert_eq!(request.header("authorization"), Some("Bearer demo-till-token"));
            assert_eq!(
                request.header("user-agent"),
                Some(concat!("moulin/", env!("CARGO_PKG_VERSION"), " lightspeed"))
            );
        }
        sent
    }

    async fn sales(&self, query: TransactionQuery) -> Vec<Transaction> {
        self.till.list_transactions(query).try_collect().await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// What the world says of a period.
    fn expected(&self, query: &TransactionQuery) -> Vec<Transaction> {
        let inside = |sale: &&Sale| (query.from..query.to).contains(&sale.touched().into());
        let mut sales: Vec<_> = self.world.sales().iter().filter(inside).collect();
        sales.sort_by_key(|sale| (sale.touched(), sale.id));
        sales.into_iter().map(|sale| expected(&self.world, sale, query.with_lines)).collect()
    }
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2).unwrap()
}

fn text(number: u32) -> Option<String> {
    (number != 0).then(|| number.to_string())
}

fn one_day() -> TransactionQuery {
    TransactionQuery { from: at("2025-04-01T00:00:00Z"), to: at("2025-04-02T00:00:00Z"), ..Default::default() }
}

fn four_weeks() -> TransactionQuery {
    TransactionQuery { from: at("2025-03-01T00:00:00Z"), to: at("2025-04-13T00:00:00Z"), ..Default::default() }
}

fn vendor_error(error: Error) -> VendorError {
    match error {
        Error::Vendor { error, .. } => error,
        error => panic!("not the vendor's: {error}"),
    }
}

/// The world's sale as the contract has it.
fn expected(world: &World, sale: &Sale, with_lines: bool) -> Transaction {
    let total = sale.total();
    let tax: i64 = sale.lines.iter().map(world::SaleLine::tax).sum();
    let discount: i64 = sale.lines.iter().map(|line| line.discount).sum();
    let nonzero = |amount: i64| (amount != 0).then(|| cents(amount));
    let line = |line: &world::SaleLine| TransactionLine {
        product_id: text(line.item),
        name: Some(world.item(line.item).unwrap().name.clone()),
        quantity: line.quantity.into(),
        unit_price: cents(line.unit_price),
        discount: nonzero(line.discount),
        tax: Some(cents(line.tax())),
        total: cents(line.total()),
    };
    let payment = |payment: &world::Payment| Payment {
        method: match payment.kind {
            PaymentKind::Cash => PaymentMethod::Cash,
            PaymentKind::Cheque => PaymentMethod::Other,
            PaymentKind::Card => PaymentMethod::Card,
            PaymentKind::MealVoucher => PaymentMethod::Voucher,
            PaymentKind::Wallet => PaymentMethod::Wallet,
        },
        amount: cents(payment.amount),
        tip: nonzero(payment.tip),
    };
    Transaction {
        id: sale.id.to_string(),
        occurred_at: sale.touched().into(),
        updated_at: Some(sale.touched().into()),
        status: match sale.state {
            SaleState::Completed if total < 0 => TransactionStatus::Refunded,
            SaleState::Completed => TransactionStatus::Completed,
            SaleState::Open => TransactionStatus::Open,
            SaleState::Voided => TransactionStatus::Voided,
        },
        vendor_status: None,
        currency: "EUR".to_owned(),
        total: cents(total),
        subtotal: Some(cents(total + discount - tax)),
        tax: Some(cents(tax)),
        tip: Some(cents(sale.tips())),
        discount: Some(cents(discount)),
        refunded: None,
        location_id: Some("1".to_owned()),
        register_id: text(sale.register),
        employee_id: text(sale.employee),
        customer_id: text(sale.customer),
        order_id: Some(format!("22{:010}", sale.id)),
        reference: None,
        lines: if with_lines { sale.lines.iter().map(line).collect() } else { Vec::new() },
        // The payments of a voided sale were given back.
        payments: match sale.state {
            SaleState::Voided => Vec::new(),
            _ if with_lines => sale.payments.iter().map(payment).collect(),
            _ => Vec::new(),
        },
        raw: None,
    }
}

#[tokio::test]
async fn l1_list_sales() {
    for flavor in FLAVORS {
        let setup = Setup::new(flavor).await;
        let day = TransactionQuery { status: Some(TransactionStatus::Completed), ..one_day() };
        let completed = setup.sales(day).await;
        let sent = setup.sent();
        let period = match flavor {
            V3 => "timeStamp=%3E%3C%2C2025-04-01T00%3A00%3A00%2B00%3A00%2C2025-04-01T23%3A59%3A59%2B00%3A00",
            _ => "timeStamp=%3E%2C%5B2025-04-01T00%3A00%3A00%2B00%3A00%2C2025-04-01T23%3A59%3A59%2B00%3A00%5D",
        };
        assert_eq!(
            (sent[0].method.as_str(), &sent[0].path, &sent[0].body),
            ("GET", &setup.path("Sale"), &String::new())
        );
        assert_eq!(sent[0].query, Some(format!("{period}&completed=true&sort=timeStamp&limit=100")));
        let mut known = setup.expected(&one_day());
        known.retain(|sale| sale.status == TransactionStatus::Completed);
        assert!(completed.len() > 20);
        assert_eq!(completed, known);

        // Lines and payments too, and every kind of sale.
        let detailed = TransactionQuery { with_lines: true, ..one_day() };
        assert_eq!(setup.sales(detailed.clone()).await, setup.expected(&detailed));
        let relations =
            "%5B%22SaleLines%22%2C%22SaleLines.Item%22%2C%22SalePayments%22%2C%22SalePayments.PaymentType%22%5D";
        assert!(setup.sent()[0].query.as_ref().unwrap().contains(&format!("load_relations={relations}")));

        // A period of one sale, which the vendor answers with an object, and one of none.
        let only = &known[0];
        let next = Instant::from_millis(only.occurred_at.as_millis() + 1_000);
        assert_eq!(
            setup.sales(TransactionQuery { from: only.occurred_at, to: next, ..Default::default() }).await,
            std::slice::from_ref(only)
        );
        let empty = TransactionQuery { from: at("2020-01-01T00:00:00Z"), to: at("2020-02-01T00:00:00Z"), ..one_day() };
        assert_eq!(setup.sales(empty).await, []);
        setup.sent();
        let backwards = TransactionQuery { from: one_day().to, to: one_day().from, ..Default::default() };
        let error = setup.till.list_transactions(backwards).next().await.unwrap().unwrap_err();
        assert_eq!((error.fields()[0].field.as_str(), setup.sent().len()), ("to", 0));
    }
}

#[tokio::test]
async fn every_page_is_read_within_the_vendors_limits() {
    for flavor in FLAVORS {
        let setup = Setup::new(flavor).await;
        let query = TransactionQuery { limit: Some(50), ..four_weeks() };
        let all = setup.sales(query.clone()).await;
        assert_eq!(all.len(), setup.world.sales().len());
        assert_eq!(all.iter().map(|sale| &sale.id).collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all, setup.expected(&query));
        let refunds: Vec<_> = all.iter().filter(|sale| sale.status == TransactionStatus::Refunded).collect();
        assert!(refunds.len() >= 5 && refunds.iter().all(|sale| sale.total.is_negative()));
        assert_eq!(setup.sales(query).await, all, "a second read gives the same");
        let statuses: Vec<_> = setup.sent().iter().map(|request| request.status).collect();
        assert_eq!(statuses.len(), 2 * all.len().div_ceil(50));
        assert!(statuses.iter().all(|status| *status == Some(200)), "{statuses:?}");
    }
}

#[tokio::test]
async fn a_bucket_smaller_than_described_is_learnt_from_its_headers() {
    let limits = lightspeed::Limits { bucket_size: 8, drip_rate: 10, burst: 20, enforced: true };
    let setup = Setup::with(V3, limits).await;
    let all = setup.sales(TransactionQuery { with_lines: true, ..four_weeks() }).await;
    assert_eq!(all.len(), setup.world.sales().len());
    let statuses: Vec<_> = setup.sent().iter().map(|request| request.status).collect();
    // Each costs 1.8 drips: more than the bucket holds.
    assert!(statuses.len() > 10 && statuses.iter().all(|status| *status == Some(200)), "{statuses:?}");
}

#[tokio::test]
async fn l2_sale_details() {
    for flavor in FLAVORS {
        let setup = Setup::new(flavor).await;
        let sales = setup.world.sales();
        let picks: [fn(&&Sale) -> bool; 5] = [
            |sale| sale.payments.len() > 1 && sale.tips() > 0,
            |sale| sale.lines.iter().any(|line| line.discount != 0),
            |sale| sale.total() < 0,
            |sale| sale.state == SaleState::Voided,
            |sale| sale.state == SaleState::Open,
        ];
        for pick in picks {
            let sale = sales.iter().find(pick).unwrap();
            for with_lines in [true, false] {
                let lookup = TransactionLookup { id: sale.id.to_string(), with_lines, ..Default::default() };
                let found = setup.till.get_transaction(lookup).await.unwrap();
                assert_eq!(found, expected(&setup.world, sale, with_lines));
                let sent = setup.sent();
                assert_eq!(
                    (sent[0].method.as_str(), &sent[0].path),
                    ("GET", &setup.path(&format!("Sale/{}", sale.id)))
                );
                assert_eq!(sent[0].query.is_some(), with_lines);
            }
        }
        let raw = TransactionLookup { id: sales[0].id.to_string(), include_raw: true, ..Default::default() };
        let raw = setup.till.get_transaction(raw).await.unwrap().raw.unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&raw).unwrap()["saleID"], sales[0].id.to_string());
        let missing = TransactionLookup { id: "999999".to_owned(), ..Default::default() };
        let error = vendor_error(setup.till.get_transaction(missing).await.unwrap_err());
        assert!(matches!(error, VendorError::NotFound(found) if found.message.contains("999999")));
    }
}

#[tokio::test]
async fn l3_update_product() {
    for flavor in FLAVORS {
        let setup = Setup::new(flavor).await;
        let id = setup.world.items()[0].id.to_string();
        let patch = ProductPatch {
            id: id.clone(),
            name: Some("Magret de canard fumé".to_owned()),
            price: Some("16.50".parse().unwrap()),
            ..Default::default()
        };
        let changed = setup.till.update_product(patch.clone()).await.unwrap();
        let sent = setup.sent();
        assert_eq!((sent[0].method.as_str(), &sent[0].path), ("PUT", &setup.path(&format!("Item/{id}"))));
        let prices = r#"{"ItemPrice":[{"amount":"16.50","useTypeID":"1","useType":"Default"}]}"#;
        assert_eq!(sent[0].body, format!(r#"{{"description":"Magret de canard fumé","Prices":{prices}}}"#));
        assert_eq!(sent[0].header("content-type"), Some("application/json"));
        assert_eq!((changed.name.as_str(), changed.price), ("Magret de canard fumé", Some(cents(1_650))));
        assert_eq!(changed.cost, Some(cents(setup.world.items()[0].cost)));
        let products: Vec<_> = setup.till.list_products(ProductQuery::default()).try_collect().await.unwrap();
        assert_eq!(products.iter().find(|product| product.id == id), Some(&changed));

        // What cannot be right is refused before it is sent; what only the vendor knows, by the vendor.
        setup.sent();
        let nothing =
            setup.till.update_product(ProductPatch { id: id.clone(), ..Default::default() }).await.unwrap_err();
        assert!(matches!(nothing, Error::Input { .. }), "{nothing}");
        let barcode = ProductPatch { barcode: Some("123".to_owned()), ..patch.clone() };
        let error = vendor_error(setup.till.update_product(barcode).await.unwrap_err());
        assert!(matches!(error, VendorError::Validation(found) if found.fields[0].field == "barcode"));
        assert_eq!(setup.sent().len(), 0);
        let category = ProductPatch { category_id: Some("9999".to_owned()), ..patch.clone() };
        let error = vendor_error(setup.till.update_product(category).await.unwrap_err());
        assert!(matches!(error, VendorError::Validation(found) if found.message.contains("9999")));
        let unknown = ProductPatch { id: "999999".to_owned(), ..patch };
        assert!(matches!(
            vendor_error(setup.till.update_product(unknown).await.unwrap_err()),
            VendorError::NotFound(_)
        ));
    }
}

#[tokio::test]
async fn l4_stock_levels() {
    for flavor in FLAVORS {
        let setup = Setup::new(flavor).await;
        let level = |stock: &world::Stock| StockLevel {
            product_id: stock.item.to_string(),
            variation_id: None,
            location_id: "1".to_owned(),
            quantity: stock.on_hand.into(),
            state: StockState::InStock,
            reorder_point: Some(stock.reorder_point.into()),
            reorder_level: Some(stock.reorder_level.into()),
            counted_at: Some(at("2025-04-12T05:00:00Z")),
            raw: None,
        };
        let known: Vec<_> = setup.world.stock().iter().map(level).collect();
        let read = async |query: StockQuery| -> Vec<StockLevel> {
            let mut levels: Vec<_> = setup.till.get_stock(query).try_collect().await.unwrap();
            levels.sort_by_key(|level| level.product_id.parse::<u32>().unwrap());
            levels
        };
        assert_eq!(read(StockQuery::default()).await, known);
        assert!(known.iter().any(|level| level.quantity.is_negative()));
        let resource = if flavor == V3 { "ItemShop" } else { "ItemCount" };
        let sent = setup.sent();
        // Two rows for each product: the vendor's total over all shops is none of them.
        assert_eq!(sent.len(), 4);
        assert_eq!((sent[0].method.as_str(), &sent[0].path), ("GET", &setup.path(resource)));
        assert_eq!(sent[0].query.as_deref(), Some("limit=100"));

        let ids = |ids: &[StockLevel]| ids.iter().map(|level| level.product_id.clone()).collect::<Vec<_>>();
        let two = StockQuery { product_ids: ids(&known[..2]), location_id: Some("1".to_owned()), ..Default::default() };
        assert_eq!(read(two).await, known[..2]);
        assert_eq!(setup.sent()[0].query.as_deref(), Some("itemID=IN%2C%5B101%2C102%5D&shopID=1&limit=100"));
        // More than one request may name.
        let many = StockQuery { product_ids: ids(&known[..150]), ..Default::default() };
        assert_eq!(read(many).await, known[..150]);
        assert!(setup.sent().iter().all(|request| request.status == Some(200)));
    }
}
