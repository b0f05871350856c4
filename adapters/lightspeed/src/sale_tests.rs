use super::*;

const PAGE: &str = r#"{"@attributes":{"next":"https://api.lightspeedapp.com/API/V3/Account/240117/Sale.json?completed=true&sort=timeStamp&limit=100&after=WyIyMDI1Il0%3D","previous":""},
 "Sale":[{"saleID":"4711","timeStamp":"2025-04-01T12:30:05+00:00","discountPercent":"0","completed":"true","archived":"false","voided":"false",
  "enablePromotions":"true","isTaxInclusive":"true","createTime":"2025-04-01T12:02:11+00:00","updatetime":"2025-04-01T12:30:05+00:00","completeTime":"2025-04-01T12:30:05+00:00",
  "referenceNumber":"","referenceNumberSource":"","tax1Rate":"0.1","tax2Rate":"0","change":"0","tipEnabled":"true","ticketNumber":"220000004711",
  "calcDiscount":"0","calcTotal":"45.5","calcSubtotal":"41.36","calcTax1":"4.14","calcTax2":"0","calcPayments":"45.5","calcTips":"2",
  "total":"45.5","totalDue":"45.5","displayableTotal":"45.5","balance":"0","taxTotal":"4.14",
  "customerID":"0","employeeID":"3","registerID":"1","shopID":"1","taxCategoryID":"1"}]}"#;

const DETAILS: &str = r#"{"@attributes":{"count":"1"},"Sale":{"saleID":"4711","completed":"true","timeStamp":"2025-04-01T12:30:05+00:00","total":"45.5","shopID":"1","customerID":"0",
 "SaleLines":{"SaleLine":[{"saleLineID":"9001","saleID":"4711","itemID":"48","unitQuantity":"2","unitPrice":"15.5","normalUnitPrice":"15.5",
   "discountAmount":"0","discountPercent":"0","calcLineDiscount":"0","calcSubtotal":"31","calcTotal":"34.1","calcTax1":"3.1","calcTax2":"0","tax":"true","isLayaway":"false",
   "Item":{"itemID":"48","description":"Magret de canard","customSku":"PLAT-12","categoryID":"4"}}]},
 "SalePayments":{"SalePayment":{"salePaymentID":"7001","amount":"45.5","tipAmount":"2","createTime":"2025-04-01T12:30:04+00:00","archived":"false","paymentTypeID":"3","saleID":"4711",
   "PaymentType":{"paymentTypeID":"3","name":"Credit Card","code":"CC"}}}}}"#;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn sale(json: &str) -> Result<Transaction> {
    parse_sale(&format!(r#"{{"Sale":{json}}}"#), "EUR", false)
}

#[test]
fn the_sheets_page_is_mapped_field_by_field() {
    let page = parse_sales_page(PAGE.as_bytes(), "EUR", false).unwrap();
    let at = time::parse_instant("2025-04-01T12:30:05Z").unwrap();
    assert!(page.next.unwrap().starts_with("next:https://api.lightspeedapp.com/API/V3/Account/240117/Sale.json?"));
    assert_eq!(
        page.items,
        [Transaction {
            id: "4711".into(),
            occurred_at: at,
            updated_at: Some(at),
            status: TransactionStatus::Completed,
            vendor_status: None,
            currency: "EUR".into(),
            total: decimal("45.5"),
            subtotal: Some(decimal("41.36")),
            tax: Some(decimal("4.14")),
            tip: Some(decimal("2")),
            discount: Some(Decimal::ZERO),
            refunded: None,
            location_id: Some("1".into()),
            register_id: Some("1".into()),
            employee_id: Some("3".into()),
            customer_id: None,
            order_id: Some("220000004711".into()),
            reference: None,
            lines: vec![],
            payments: vec![],
            raw: None,
        }]
    );
}

#[test]
fn lines_and_payments_come_from_the_relations() {
    let found = parse_sale(DETAILS, "EUR", true).unwrap();
    assert_eq!(
        found.lines,
        [TransactionLine {
            product_id: Some("48".into()),
            name: Some("Magret de canard".into()),
            quantity: 2.into(),
            unit_price: decimal("15.50"),
            discount: None,
            tax: Some(decimal("3.1")),
            total: decimal("34.1"),
        }]
    );
    let payment = Payment { method: PaymentMethod::Card, amount: decimal("45.5"), tip: Some(2.into()) };
    assert_eq!(found.payments, [payment]);
    assert!(found.raw.unwrap().starts_with(r#"{"saleID":"4711""#));
}

#[test]
fn the_specifications_numbers_and_booleans_are_read_as_well() {
    let found = sale(
        r#"{"saleID":123,"timeStamp":"2025-04-01T12:30:05Z","completed":true,"total":45.50,"SaleLines":"","SalePayments":null}"#,
    )
    .unwrap();
    assert_eq!((found.id.as_str(), found.total, found.status), ("123", decimal("45.5"), TransactionStatus::Completed));
    assert!(found.lines.is_empty() && found.payments.is_empty() && found.tax.is_none());
}

#[test]
fn a_sale_that_gives_money_back_is_a_refund() {
    let refund = sale(
        r#"{"saleID":"9","timeStamp":"2025-04-01T12:30:05Z","completed":"true","total":"-34.1","SaleLines":{"SaleLine":{"itemID":"48","parentSaleLineID":"9001","unitQuantity":"-2","unitPrice":"15.5","calcTotal":"-34.1","Item":""}}}"#,
    )
    .unwrap();
    assert_eq!((refund.status, refund.total), (TransactionStatus::Refunded, decimal("-34.1")));
    assert_eq!((refund.lines[0].quantity, refund.lines[0].total), ((-2).into(), decimal("-34.10")));
    let exchange = sale(
        r#"{"saleID":"9","timeStamp":"2025-04-01T12:30:05Z","completed":"true","total":"5","SaleLines":{"SaleLine":[{"unitQuantity":"-1","unitPrice":"5"},{"unitQuantity":"1","unitPrice":"10","calcLineDiscount":"0.5"}]}}"#,
    )
    .unwrap();
    assert_eq!(exchange.status, TransactionStatus::Completed);
    assert_eq!((exchange.lines[1].total, exchange.lines[1].discount), (decimal("9.5"), Some(decimal("0.5"))));
    assert_eq!(exchange.lines[1].product_id, None);
}

#[test]
fn the_state_of_a_sale_is_told_by_two_flags() {
    for (flags, status) in [
        (r#""completed":"false","voided":"false""#, TransactionStatus::Open),
        (r#""completed":"true","voided":"true""#, TransactionStatus::Voided),
        (r#""completed":"true""#, TransactionStatus::Completed),
        (r#""archived":"false""#, TransactionStatus::Unknown),
    ] {
        let json = format!(r#"{{"saleID":1,"timeStamp":"2025-04-01T12:30:05Z","total":0,{flags}}}"#);
        assert_eq!(sale(&json).unwrap().status, status, "{flags}");
    }
}

#[test]
fn an_open_sale_has_happened_when_it_was_last_touched() {
    let open = sale(
        r#"{"saleID":1,"completed":"false","calcTotal":"3","completeTime":"","timeStamp":"2025-04-01T12:30:05+00:00","updatetime":"2025-04-01T12:31:00+00:00"}"#,
    )
    .unwrap();
    assert_eq!(open.occurred_at, time::parse_instant("2025-04-01T12:30:05Z").unwrap());
    assert_eq!(open.updated_at, Some(time::parse_instant("2025-04-01T12:31:00Z").unwrap()));
    assert_eq!(open.total, decimal("3"));
}

#[test]
fn taxes_are_added_exactly() {
    let found =
        sale(r#"{"saleID":1,"timeStamp":"2025-04-01T12:30:05Z","total":"1","calcTax1":"0.1","calcTax2":"0.2"}"#)
            .unwrap();
    assert_eq!(found.tax, Some(decimal("0.3")));
}

#[test]
fn methods_follow_the_code_then_the_name() {
    for (json, expected) in [
        (r#"{"code":"CC","name":"Whatever"}"#, PaymentMethod::Card),
        (r#"{"code":"CA"}"#, PaymentMethod::Cash),
        (r#"{"name":"Espèces"}"#, PaymentMethod::Cash),
        (r#"{"name":"Carte bancaire"}"#, PaymentMethod::Card),
        (r#"{"name":"Gift Card","code":""}"#, PaymentMethod::Voucher),
        (r#"{"name":"Titre-restaurant"}"#, PaymentMethod::Voucher),
        (r#"{"name":"Apple Pay"}"#, PaymentMethod::Wallet),
        (r#"{"name":"Virement"}"#, PaymentMethod::Other),
    ] {
        assert_eq!(method(&serde_json::from_str(json).unwrap()), expected, "{json}");
    }
}

#[test]
fn a_sale_that_cannot_be_read_is_an_error_and_not_left_out() {
    for json in [
        r#"{"timeStamp":"2025-04-01T12:30:05Z","total":"1"}"#,
        r#"{"saleID":"0","timeStamp":"2025-04-01T12:30:05Z","total":"1"}"#,
        r#"{"saleID":"1","timeStamp":"2025-04-01T12:30:05Z"}"#,
        r#"{"saleID":"1","total":"1"}"#,
        r#"{"saleID":"1","total":"1","timeStamp":"yesterday"}"#,
        r#"{"saleID":"1","total":"a lot","timeStamp":"2025-04-01T12:30:05Z"}"#,
        r#"{"saleID":"1","total":"1","timeStamp":"2025-04-01T12:30:05Z","SaleLines":{"SaleLine":{"unitPrice":"1"}}}"#,
    ] {
        assert!(sale(json).is_err(), "{json}");
    }
}

#[test]
fn a_cut_body_is_an_error_at_every_length() {
    for length in 0..PAGE.len() {
        assert!(parse_sales_page(&PAGE.as_bytes()[..length], "EUR", false).is_err(), "{length}");
    }
}
