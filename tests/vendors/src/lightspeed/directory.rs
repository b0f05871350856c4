//! The smaller resources: categories, customers, discounts, the account.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::error::ApiError;
use super::filter::{Kind, Value};
use super::item::{amount, flag, not_empty, scalar, text};
use super::list::{Field, Object, Relations, Table, field, object};
use super::sale::{cents, time};
use crate::amount::Decimal;
use crate::world::{CATEGORIES, Category, Customer};

const CATEGORY_FIELDS: &[Field<Category>] = &[
    field("categoryID", Kind::Number, |row| Value::Number(row.id.into())),
    field("parentID", Kind::Number, |row| Value::Number(row.parent.into())),
    field("name", Kind::Text, |row| Value::Text(row.name.to_owned())),
];

/// The resource `Category`.
pub(super) const CATEGORY: Table<'static, Category> = Table {
    name: "Category",
    fields: CATEGORY_FIELDS,
    sorts: &["categoryID", "name"],
    relations: &[],
    id: |row| row.id,
    archived: None,
};

pub(super) fn category(row: &Category) -> Json {
    let parent = CATEGORIES.iter().find(|other| other.id == row.parent);
    let path = parent.map_or(row.name.to_owned(), |parent| format!("{}/{}", parent.name, row.name));
    object([
        ("categoryID", row.id.to_string()),
        ("name", row.name.to_owned()),
        ("nodeDepth", u8::from(parent.is_some()).to_string()),
        ("fullPathName", path),
        ("leftNode", (row.id * 2 - 1).to_string()),
        ("rightNode", (row.id * 2).to_string()),
        ("createTime", "2023-09-01T08:00:00+00:00".to_owned()),
        ("timeStamp", "2023-09-01T08:00:00+00:00".to_owned()),
        ("parentID", row.parent.to_string()),
    ])
}

const CUSTOMER_FIELDS: &[Field<Customer>] = &[
    field("customerID", Kind::Number, |row| Value::Number(row.id.into())),
    field("firstName", Kind::Text, |row| Value::Text(row.first_name.to_owned())),
    field("lastName", Kind::Text, |row| Value::Text(row.last_name.to_owned())),
    field("company", Kind::Text, |row| Value::Text(row.company.to_owned())),
];

/// The resource `Customer`.
pub(super) const CUSTOMER: Table<'static, Customer> = Table {
    name: "Customer",
    fields: CUSTOMER_FIELDS,
    sorts: &["customerID", "firstName", "lastName"],
    relations: &["Contact"],
    id: |row| row.id,
    archived: Some(|_| false),
};

pub(super) fn customer(row: &Customer, relations: &Relations) -> Json {
    let mut out = json!({
        "firstName": row.first_name, "lastName": row.last_name, "title": "", "company": row.company,
        "companyRegistrationNumber": "", "vatNumber": "", "creditAccountID": "0", "customerTypeID": "1", "discountID": "0",
        "taxCategoryID": "0", "customerID": row.id.to_string(), "createTime": "2024-01-15T11:00:00+00:00",
        "timeStamp": "2024-11-02T19:30:00+00:00", "archived": "false",
    });
    if let (true, Some(fields)) = (relations.has("Contact"), out.as_object_mut()) {
        // One phone and one e-mail, so both are objects; a guest without a mobile has an empty text there.
        let phones = if row.id.is_multiple_of(5) {
            json!("")
        } else {
            json!({ "ContactPhone": { "number": row.phone, "useType": "Mobile" } })
        };
        let contact = json!({
            "custom": "", "noEmail": "false", "noPhone": "false", "noMail": "false", "Addresses": "", "Phones": phones,
            "Emails": { "ContactEmail": { "address": row.email, "useType": "Primary" } }, "Websites": "",
            "timeStamp": "2024-11-02T19:30:00+00:00",
        });
        fields.insert("Contact".to_owned(), contact);
    }
    out
}

/// A discount of the till.
#[derive(Clone, Debug)]
pub(super) struct Discount {
    pub(super) id: u32,
    name: String,
    amount: i64,
    percent: Decimal,
    requires_customer: bool,
    archived: bool,
    at: Timestamp,
}

impl Discount {
    /// The discounts of the seed; the last one is archived.
    pub(super) fn seed(at: Timestamp) -> Vec<Self> {
        let discount = |id, name: &str, amount, percent, requires_customer, archived| Self {
            id,
            name: name.to_owned(),
            amount,
            percent: Decimal::milli(percent),
            requires_customer,
            archived,
            at,
        };
        vec![
            discount(1, "Fidélité 10 %", 0, 100, true, false),
            discount(2, "Personnel 50 %", 0, 500, false, false),
            discount(3, "Café offert", 260, 0, false, false),
            discount(4, "Ouverture 2023", 500, 0, false, true),
        ]
    }

    /// A discount from the body of a POST: a name, and either an amount or a percentage as a fraction of one.
    pub(super) fn create(id: u32, body: &Object, at: Timestamp) -> Result<Self, ApiError> {
        let mut new = Self {
            id,
            name: String::new(),
            amount: 0,
            percent: Decimal::milli(0),
            requires_customer: false,
            archived: false,
            at,
        };
        for (name, value) in body {
            match name.as_str() {
                "name" => new.name = text(name, value, 255)?,
                "discountAmount" => new.amount = amount(name, value)?,
                "discountPercent" => {
                    let percent =
                        Decimal::parse(&scalar(name, value)?).filter(|p| !p.is_negative() && *p <= Decimal::new(1, 0));
                    new.percent =
                        percent.ok_or_else(|| ApiError::bad_request("discountPercent must be <= 1.00 (100%)"))?;
                }
                "requireCustomer" => new.requires_customer = flag(name, value)?,
                _ => return Err(ApiError::bad_request(format!("Unknown field '{name}' for 'Discount'"))),
            }
        }
        new.name = not_empty("name", new.name)?;
        if (new.amount > 0) == new.percent.is_positive() {
            return Err(ApiError::unprocessable(
                "A discount has either discountAmount or discountPercent, more than 0",
            ));
        }
        Ok(new)
    }
}

const DISCOUNT_FIELDS: &[Field<Discount>] = &[
    field("discountID", Kind::Number, |row| Value::Number(row.id.into())),
    field("name", Kind::Text, |row| Value::Text(row.name.clone())),
    field("timeStamp", Kind::Time, |row| Value::time(row.at)),
];

/// The resource `Discount`.
pub(super) const DISCOUNT: Table<'static, Discount> = Table {
    name: "Discount",
    fields: DISCOUNT_FIELDS,
    sorts: &["discountID", "timeStamp"],
    relations: &[],
    id: |row| row.id,
    archived: Some(|row| row.archived),
};

pub(super) fn discount(row: &Discount) -> Json {
    object([
        ("discountID", row.id.to_string()),
        ("name", row.name.clone()),
        ("discountAmount", cents(row.amount)),
        ("discountPercent", row.percent.to_string()),
        ("requireCustomer", row.requires_customer.to_string()),
        ("archived", row.archived.to_string()),
        ("timeStamp", time(row.at)),
    ])
}

/// The account of the token.
pub(super) fn account(id: &str) -> Json {
    json!({
        "accountID": id, "name": "Le Vieux Moulin",
        "link": { "@attributes": { "href": format!("/API/V3/Account/{id}.json") } },
    })
}
