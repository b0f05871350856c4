//! Reading the till: paging, filters, shapes, errors, limits.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

mod http;

use std::collections::BTreeSet;

use http::{Answer, encode, send};
use moulin_vendors::{Lightspeed, LightspeedOptions, Options, World, lightspeed};
use serde_json::Value;

const TOKEN: &str = "Bearer demo-till-token";

async fn till() -> (World, Lightspeed) {
    let world = World::new(Options::default());
    let options = LightspeedOptions { limits: lightspeed::Limits::scaled(0), ..LightspeedOptions::default() };
    let till = Lightspeed::start(world.clone(), options).await.unwrap();
    (world, till)
}

async fn get(till: &Lightspeed, target: &str) -> Answer {
    send("GET", &format!("{}{target}", till.url()), &[("authorization", TOKEN)], None).await
}

fn ids(page: &Value, name: &str, id: &str) -> Vec<String> {
    let rows = match &page[name] {
        Value::Array(rows) => rows.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    rows.iter().map(|row| row[id].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn following_next_reads_every_sale_of_a_period_once_and_previous_leads_back() {
    let (world, till) = till().await;
    let (from, to) = ("2025-03-25T00:00:00+00:00", "2025-04-02T00:00:00+00:00");
    let filter = encode(&format!("><,{from},{to}"));
    let mut url = format!("{}/API/V3/Account/240117/Sale.json?timeStamp={filter}&sort=timeStamp&limit=100", till.url());
    let (mut seen, mut pages, mut previous) = (Vec::new(), Vec::new(), Vec::new());
    while !url.is_empty() {
        let answer = send("GET", &url, &[("authorization", TOKEN)], None).await;
        assert_eq!(answer.status, 200);
        let page = answer.json();
        seen.extend(ids(&page, "Sale", "saleID"));
        pages.push(ids(&page, "Sale", "saleID"));
        previous.push(page["@attributes"]["previous"].as_str().unwrap().to_owned());
        url = page["@attributes"]["next"].as_str().unwrap().to_owned();
    }
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    let expected: BTreeSet<String> = world
        .sales()
        .iter()
        .filter(|sale| sale.touched() >= from && sale.touched() <= to)
        .map(|sale| sale.id.to_string())
        .collect();
    assert!(pages.len() >= 3, "{} pages", pages.len());
    assert_eq!(seen.len(), expected.len());
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(previous[0], "");
    let back = send("GET", &previous[1], &[("authorization", TOKEN)], None).await.json();
    assert_eq!(ids(&back, "Sale", "saleID"), pages[0]);
}

#[tokio::test]
async fn the_seeds_flavour_pages_by_offset_and_has_its_own_period() {
    let (_, till) = till().await;
    let period = encode(">,[2025-04-05T00:00:00Z,2025-04-12T00:00:00Z]");
    let page =
        |offset| format!("/api/v1/Account/240117/Sale?timeStamp={period}&limit=100&offset={offset}&sort=timeStamp");
    let first = get(&till, &page(0)).await.json();
    let count: usize = first["@attributes"]["count"].as_str().unwrap().parse().unwrap();
    assert_eq!((&first["@attributes"]["offset"], &first["@attributes"]["limit"]), (&"0".into(), &"100".into()));
    let mut seen = BTreeSet::new();
    for offset in (0..count).step_by(100) {
        seen.extend(ids(&get(&till, &page(offset)).await.json(), "Sale", "saleID"));
    }
    assert_eq!(seen.len(), count);
    assert_eq!(get(&till, &page(count)).await.json().get("Sale"), None);
    assert_eq!(get(&till, "/API/Account/240117/Sale?limit=5").await.json()["Sale"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn one_row_is_an_object_none_is_missing_and_every_scalar_is_a_string() {
    let (_, till) = till().await;
    let one = get(&till, "/API/V3/Account/240117/Sale.json?limit=1").await.json();
    assert!(one["Sale"].is_object());
    let none = get(&till, "/API/V3/Account/240117/Sale.json?saleID=1").await.json();
    assert!(none.get("Sale").is_none() && none["@attributes"]["next"] == "");
    let relations = encode(r#"["SaleLines.Item","SalePayments.PaymentType","Customer","TaxCategory"]"#);
    let page = get(&till, &format!("/API/V3/Account/240117/Sale.json?load_relations={relations}")).await.json();
    fn strings_only(value: &Value) -> bool {
        match value {
            Value::String(_) => true,
            Value::Object(fields) => fields.values().all(strings_only),
            Value::Array(rows) => rows.iter().all(strings_only),
            _ => false,
        }
    }
    assert!(strings_only(&page));
    let sales = page["Sale"].as_array().unwrap();
    let with = |shape: fn(&Value) -> bool| sales.iter().any(|sale| shape(&sale["SaleLines"]["SaleLine"]));
    assert!(with(Value::is_object) && with(Value::is_array));
}

#[tokio::test]
async fn sums_agree_from_lines_to_sale_to_payments() {
    let (world, till) = till().await;
    let cents = |value: &Value| moulin_vendors::amount::Decimal::parse(value.as_str().unwrap()).unwrap().to_cents();
    let many = |value: &Value| match value {
        Value::Array(rows) => rows.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    let relations = encode(r#"["SaleLines","SalePayments"]"#);
    let mut read = 0;
    let mut url = format!("{}/API/V3/Account/240117/Sale.json?load_relations={relations}", till.url());
    while !url.is_empty() {
        let page = send("GET", &url, &[("authorization", TOKEN)], None).await.json();
        for sale in many(&page["Sale"]) {
            let sum = |list: &Value, field: &str| many(list).iter().map(|row| cents(&row[field])).sum::<i64>();
            let (lines, payments) = (&sale["SaleLines"]["SaleLine"], &sale["SalePayments"]["SalePayment"]);
            let field = |name: &str| cents(&sale[name]);
            assert_eq!(sum(lines, "calcTotal"), field("total"));
            assert_eq!(
                field("calcSubtotal") - field("calcDiscount") + field("calcTax1") + field("calcTax2"),
                field("total")
            );
            assert_eq!(sum(payments, "amount"), field("calcPayments"));
            assert_eq!(sum(payments, "tipAmount"), field("calcTips"));
            assert_eq!(field("total") - field("calcPayments"), field("balance"));
            assert_eq!(sale["completed"] == "true", field("balance") == 0);
            read += 1;
        }
        url = page["@attributes"]["next"].as_str().unwrap().to_owned();
    }
    assert_eq!(read, world.sales().len());
}

#[tokio::test]
async fn stock_has_rows_of_the_shop_and_totals_and_a_dozen_ran_low() {
    let (world, till) = till().await;
    let number = |row: &Value, name: &str| row[name].as_str().unwrap().parse::<i64>().unwrap();
    for (path, key) in
        [("/API/V3/Account/240117/ItemShop.json", "ItemShop"), ("/api/v1/Account/240117/ItemCount", "ItemCount")]
    {
        let mut rows = Vec::new();
        for low in ["100", "150", "200", "250"] {
            let high: u32 = low.parse::<u32>().unwrap() + 50;
            let range: Vec<String> = (low.parse::<u32>().unwrap() + 1..=high).map(|id| id.to_string()).collect();
            let page =
                get(&till, &format!("{path}?itemID={}", encode(&format!("IN,[{}]", range.join(","))))).await.json();
            rows.extend(page[key].as_array().unwrap().clone());
        }
        assert_eq!(rows.len(), 400);
        let shop: Vec<_> = rows.iter().filter(|row| row["shopID"] == "1").collect();
        let low: BTreeSet<i64> = shop
            .iter()
            .filter(|row| number(row, "qoh") <= number(row, "reorderPoint"))
            .map(|row| number(row, "itemID"))
            .collect();
        assert_eq!(low, world.low_stock().map(|stock| i64::from(stock.item)).collect());
        assert_eq!(low.len(), 12);
    }
}

#[tokio::test]
async fn what_the_vendor_refuses_is_refused_in_its_shape() {
    let (_, till) = till().await;
    let relations = encode(r#"["Nothing"]"#);
    let period = encode(">,[2025-04-05T00:00:00+00:00,2025-04-12T00:00:00+00:00]");
    let v3 = "/API/V3/Account/240117";
    for (target, status) in [
        (format!("{v3}/Sale.json?refundedSaleID=1"), 400),
        (format!("{v3}/Sale.json?offset=100"), 400),
        (format!("{v3}/Sale.json?limit=101"), 400),
        (format!("{v3}/Sale.json?sort=total"), 400),
        (format!("{v3}/Sale.json?load_relations={relations}"), 400),
        (format!("{v3}/Sale.json?load_relations=all"), 500),
        (format!("{v3}/Sale.json?timeStamp={period}"), 400),
        (format!("{v3}/Sale.json?saleID=IN,[1,2]"), 400),
        (format!("{v3}/Sale.json?after=nonsense"), 400),
        (format!("{v3}/Sale.json?limit=1&limit=2"), 400),
        (format!("{v3}/Sale/9.json"), 404),
        (format!("{v3}/Sale/Discount.json"), 404),
        (format!("{v3}/ItemCount.json"), 404),
        (format!("{v3}/Sale"), 404),
        ("/api/v1/Account/240117/Sale?after=x".to_owned(), 400),
        ("/API/V3/Account/1/Sale.json".to_owned(), 403),
    ] {
        let answer = get(&till, &target).await;
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.json()["httpCode"], status.to_string(), "{target}");
    }
    let missing = get(&till, &format!("{v3}/Sale/9.json")).await.json();
    assert_eq!(missing["message"], "Object of type 'Sale' not found with primary ID '9'.");
    let url = format!("{}{v3}/Sale.json", till.url());
    assert_eq!(send("DELETE", &url, &[("authorization", TOKEN)], None).await.status, 405);
    for headers in [&[][..], &[("authorization", "Bearer wrong")], &[("authorization", "demo-till-token")]] {
        let answer = send("GET", &url, headers, None).await;
        assert_eq!((answer.status, answer.json()["error"].clone()), (401, "access_denied".into()));
        assert!(!answer.header("x-ls-api-bucket-level").is_empty());
    }
}

#[tokio::test]
async fn the_bucket_fills_is_told_in_every_answer_and_overflows() {
    let world = World::new(Options::default());
    let limits = lightspeed::Limits { bucket_size: 4, drip_rate: 1, burst: 1_000, enforced: true };
    let till = Lightspeed::start(world, LightspeedOptions { limits, ..LightspeedOptions::default() }).await.unwrap();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(get(&till, "/API/V3/Account/240117/Sale.json?count=1").await);
    }
    assert_eq!(answers[0].status, 200);
    assert!(answers[0].json()["@attributes"]["count"].as_str().unwrap().parse::<u32>().unwrap() > 1_000);
    assert_eq!(answers[0].header("x-ls-api-bucket-level"), "10/4");
    assert_eq!(answers[0].header("x-ls-api-request-cost"), "10");
    let refused = &answers[2];
    assert_eq!((refused.status, refused.header("x-ls-api-ratelimit-type")), (429, "api-leaky-bucket"));
    assert!((1..=7).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    till.reset();
    assert_eq!(get(&till, "/API/V3/Account/240117.json").await.status, 200);
}
