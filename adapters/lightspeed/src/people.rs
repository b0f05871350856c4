//! Categories and customers: `GET Category`, `GET Customer`.

use moulin_adapter::pos::{Category, CategoryPage, Customer, CustomerPage, ListQuery};
use moulin_adapter::prelude::*;
use moulin_adapter::read::Row;
use serde::Deserialize;

use crate::{api, page};

pub(crate) fn categories(query: &ListQuery) -> Result<CategoryPage> {
    let cursor = query.cursor.as_deref();
    let answer = api::send(page::request("Category", query.limit, cursor, |request| request)?)?;
    let found = page::read::<CategoryRecord<'_>>(answer.text()?, &["Category"], query.include_raw)?;
    let items = found.rows.iter().map(category).collect::<Result<_>>()?;
    Ok(CategoryPage { items, next: page::forward(cursor, found.next)? })
}

pub(crate) fn customers(query: &ListQuery) -> Result<CustomerPage> {
    let cursor = query.cursor.as_deref();
    // Phone and e-mail are a relation.
    let contact = r#"["Contact"]"#;
    let answer =
        api::send(page::request("Customer", query.limit, cursor, |request| request.query("load_relations", contact))?)?;
    let found = page::read::<CustomerRecord<'_>>(answer.text()?, &["Customer"], query.include_raw)?;
    let items = found.rows.iter().map(customer).collect::<Result<_>>()?;
    Ok(CustomerPage { items, next: page::forward(cursor, found.next)? })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CategoryRecord<'a> {
    #[serde(borrow, rename = "categoryID")]
    id: Scalar<'a>,
    name: Scalar<'a>,
    #[serde(rename = "parentID")]
    parent: Scalar<'a>,
}

fn category(row: &Row<'_, CategoryRecord<'_>>) -> Result<Category> {
    let id = row.record.id.required_id("Category.categoryID")?;
    Ok(Category {
        name: row.record.name.text().unwrap_or_else(|| id.clone()),
        id,
        parent_id: row.record.parent.id(),
        raw: row.raw(),
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CustomerRecord<'a> {
    #[serde(borrow, rename = "customerID")]
    id: Scalar<'a>,
    #[serde(rename = "firstName")]
    first_name: Scalar<'a>,
    #[serde(rename = "lastName")]
    last_name: Scalar<'a>,
    company: Scalar<'a>,
    #[serde(rename = "createTime")]
    created: Scalar<'a>,
    #[serde(rename = "timeStamp")]
    time_stamp: Scalar<'a>,
    #[serde(rename = "Contact")]
    contact: OneOrMany<Contact<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Contact<'a> {
    #[serde(borrow, rename = "Phones")]
    phones: OneOrMany<Phones<'a>>,
    #[serde(rename = "Emails")]
    emails: OneOrMany<Emails<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Phones<'a> {
    #[serde(borrow, rename = "ContactPhone")]
    list: OneOrMany<Entry<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Emails<'a> {
    #[serde(borrow, rename = "ContactEmail")]
    list: OneOrMany<Entry<'a>>,
}

/// A number or an address, and what it is used for.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow, alias = "number")]
    address: Scalar<'a>,
    #[serde(rename = "useType")]
    kind: Scalar<'a>,
}

fn customer(row: &Row<'_, CustomerRecord<'_>>) -> Result<Customer> {
    let record = &row.record;
    let phones = record.contact.iter().flat_map(|contact| &contact.phones).flat_map(|phones| &phones.list);
    let emails = record.contact.iter().flat_map(|contact| &contact.emails).flat_map(|emails| &emails.list);
    Ok(Customer {
        id: record.id.required_id("Customer.customerID")?,
        first_name: record.first_name.text(),
        last_name: record.last_name.text(),
        company: record.company.text(),
        email: best(emails, "Primary"),
        phone: best(phones, "Mobile"),
        created_at: record.created.instant("Customer.createTime")?,
        updated_at: record.time_stamp.instant("Customer.timeStamp")?,
        raw: row.raw(),
    })
}

/// The entry of that kind, or else the first that is not empty.
fn best<'e, 'a: 'e>(entries: impl Iterator<Item = &'e Entry<'a>> + Clone, kind: &str) -> Option<String> {
    let preferred = entries.clone().filter(|entry| entry.kind.str().as_deref() == Some(kind));
    preferred.chain(entries).find_map(|entry| entry.address.text())
}

#[cfg(test)]
mod tests {
    use moulin_adapter::http::Response;
    use moulin_adapter::testing::Host;

    use super::*;

    fn host(body: &'static str) -> Host {
        Host::new("seed").setting("account_id", "240117").vendor(move |_| Ok(Response::new(200, &[], body)))
    }

    fn query() -> ListQuery {
        ListQuery { limit: None, cursor: None, include_raw: false }
    }

    #[test]
    fn categories_know_their_parent() {
        let body = r#"{"@attributes":{"next":"","previous":""},"Category":[{"categoryID":"2","name":"Misc","parentID":"0"},{"categoryID":"3","name":"Home","fullPathName":"Misc/Home","parentID":"2"}]}"#;
        let page = host(body).run(|| categories(&query())).unwrap();
        assert_eq!(
            page.items.iter().map(|row| (row.name.as_str(), row.parent_id.as_deref())).collect::<Vec<_>>(),
            [("Misc", None), ("Home", Some("2"))]
        );
    }

    #[test]
    fn customers_come_with_their_contact() {
        let body = r#"{"@attributes":{"count":"1"},"Customer":{"firstName":"Junior","lastName":"Doe","company":"","customerID":"11","createTime":"2021-03-21T20:03:58+00:00","timeStamp":"2021-03-21T20:03:58+00:00","archived":"false",
            "Contact":{"Phones":{"ContactPhone":[{"number":"01 02","useType":"Home"},{"number":"06 07","useType":"Mobile"}]},"Emails":{"ContactEmail":{"address":"j@example.org","useType":"Secondary"}},"Websites":""}}}"#;
        let till = host(body);
        let found = till.run(|| customers(&query())).unwrap().items.remove(0);
        assert_eq!((found.id.as_str(), found.first_name.as_deref(), found.company), ("11", Some("Junior"), None));
        assert_eq!((found.phone.as_deref(), found.email.as_deref()), (Some("06 07"), Some("j@example.org")));
        assert_eq!(found.created_at, Some(time::parse_instant("2021-03-21T20:03:58Z").unwrap()));
        assert_eq!(till.requests()[0].query_value("load_relations"), Some(r#"["Contact"]"#));
    }

    #[test]
    fn empty_relations_are_texts() {
        let body =
            r#"{"Customer":[{"customerID":"1","Contact":{"Phones":"","Emails":""}},{"customerID":"2","Contact":""}]}"#;
        let page = host(body).run(|| customers(&query())).unwrap();
        assert!(page.items.iter().all(|customer| customer.phone.is_none() && customer.email.is_none()));
    }
}
