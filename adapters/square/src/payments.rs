//! Asking for payments: `GET /v2/payments`, `GET /v2/payments/{id}`.

use moulin_adapter::http::{self, path_segment};
use moulin_adapter::pos::{Transaction, TransactionLookup, TransactionPage, TransactionQuery};
use moulin_adapter::prelude::*;
use moulin_adapter::read;

use crate::page::{self, Place};
use crate::{api, orders, payment};

/// The vendor's largest page.
const MAX_LIMIT: u32 = 100;

pub(crate) fn list(query: &TransactionQuery) -> Result<TransactionPage> {
    let place = Place::of(query.cursor.as_deref())?;
    let location = match &query.location_id {
        Some(location) => location.clone(),
        None => api::location()?,
    };
    let request = http::get("/v2/payments")
        .query("begin_time", time::format_instant(query.from))
        .query("end_time", time::format_instant(query.to))
        .query("sort_field", "CREATED_AT")
        .query("sort_order", "ASC")
        .query("location_id", &location)
        .query("limit", query.limit.unwrap_or(MAX_LIMIT).clamp(1, MAX_LIMIT))
        .query_opt("cursor", place.cursor);
    let answer = api::send(request)?;
    let found = page::read::<payment::Payment<'_>>(&answer, "payments", query.include_raw)?;
    let all = found.rows.iter().map(payment::transaction).collect::<Result<Vec<_>>>()?;
    let (mut items, next) = place.cut(all, query.limit, found.next)?;
    // The vendor does not say whether the end belongs to the period, and filters neither by status.
    items.retain(|sale| sale.occurred_at >= query.from && sale.occurred_at < query.to);
    items.retain(|sale| query.status.is_none_or(|status| sale.status == status));
    if query.with_lines {
        orders::add_lines(&mut items)?;
    }
    Ok(TransactionPage { items, next })
}

pub(crate) fn get(query: &TransactionLookup) -> Result<Transaction> {
    let answer = api::send(http::get(format!("/v2/payments/{}", path_segment(&query.id))))?;
    let row = read::row(api::one(&answer, "payment")?, query.include_raw)?;
    let mut sale = [payment::transaction(&row)?];
    if query.with_lines {
        orders::add_lines(&mut sale)?;
    }
    let [sale] = sale;
    Ok(sale)
}
