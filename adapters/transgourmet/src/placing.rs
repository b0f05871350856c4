//! Creating, changing and cancelling orders: `POST orders`, `PUT orders/{id}`, `PUT orders/{id}/status`.

use moulin_adapter::http::{self, Request, Response, path_segment};
use moulin_adapter::prelude::*;
use moulin_adapter::suppliers::{
    OrderCancellation, OrderItem, OrderPatch, OrderPriority, OrderQuery, OrderRequest, OrderStatus, SupplierOrder,
};
use serde::Serialize;

use crate::orders;

/// How far back a lost order is looked for, and in how many pages.
const LOOK_BACK_MS: i64 = 86_400_000;
const LOOKED_AT: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    product_id: &'a str,
    #[serde(serialize_with = "moulin_adapter::read::json_number")]
    quantity: Decimal,
    unit: &'a str,
}

/// What `POST` and `PUT` take; fields that are absent are not sent.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    customer_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Item<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancellation_reason: Option<&'a str>,
}

/// Places an order.
///
/// The answer may get lost after Transgourmet has booked it. A server that does not know `Idempotency-Key` would book a
/// repetition once more, so the order is looked for by the restaurant's own number instead.
pub(crate) fn create(order: &OrderRequest) -> Result<SupplierOrder> {
    no_priority(order.priority)?;
    let body = Body {
        customer_id: crate::customer()?,
        items: Some(items(&order.items)),
        delivery_date: order.delivery_date.map(|date| date.to_string()),
        notes: order.notes.as_deref(),
        client_reference: order.client_reference.as_deref(),
        ..Body::default()
    };
    let request = keyed(http::post("/api/orders").json(&body)?, order.idempotency_key.as_deref());
    let answer = crate::send(request).and_then(|answer| orders::one(&answer, order.include_raw));
    match answer {
        Err(lost) if may_have_been_done(&lost) => booked(order)?.ok_or(lost),
        answer => answer,
    }
}

/// No answer after sending, one of a gateway that gave up waiting (502, 504), or a 2xx that cannot be read.
fn may_have_been_done(error: &Error) -> bool {
    error.is_ambiguous() || matches!(error, Error::Api(error) if matches!(error.status, None | Some(502 | 504)))
}

/// The order with the restaurant's number, if Transgourmet has it. A failure of this look is no better to know than the
/// first.
fn booked(order: &OrderRequest) -> Result<Option<SupplierOrder>> {
    let Some(reference) = &order.client_reference else { return Ok(None) };
    log::warn!(client_reference = reference.as_str(); "no answer to an order, looking whether it was booked");
    let mut query = OrderQuery {
        status: None,
        from: Some(calendar::now().saturating_sub(LOOK_BACK_MS)),
        to: None,
        client_reference: Some(reference.clone()),
        limit: None,
        cursor: None,
        include_raw: order.include_raw,
    };
    for _ in 0..LOOKED_AT {
        let page = match orders::list(&query) {
            Ok(page) => page,
            Err(error) => {
                log::warn!("the look for the order failed: {error}");
                return Ok(None);
            }
        };
        // A cancelled order of that number is an earlier one.
        if let Some(found) = page.items.into_iter().find(|order| order.status != OrderStatus::Cancelled) {
            return Ok(Some(found));
        }
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    Ok(None)
}

/// Changes an order that was not shipped; what is absent stays as it is.
pub(crate) fn update(patch: &OrderPatch) -> Result<SupplierOrder> {
    no_priority(patch.priority)?;
    if patch.items.is_none() && patch.delivery_date.is_none() && patch.notes.is_none() {
        return Err(Error::validation("nothing to change: give items, delivery_date or notes"));
    }
    let body = Body {
        customer_id: crate::customer()?,
        items: patch.items.as_deref().map(items),
        delivery_date: patch.delivery_date.map(|date| date.to_string()),
        notes: patch.notes.as_deref(),
        ..Body::default()
    };
    let request = http::put(format!("/api/orders/{}", path_segment(&patch.id))).json(&body)?;
    let answer = crate::send(keyed(request, patch.idempotency_key.as_deref()))?;
    changed(&answer, &patch.id, patch.include_raw)
}

/// Cancels an order: a change of its status.
///
/// A second attempt after a lost answer is refused as too late. So where the answer was lost the order itself says
/// whether it is cancelled.
pub(crate) fn cancel(cancellation: &OrderCancellation) -> Result<SupplierOrder> {
    let body = Body {
        customer_id: crate::customer()?,
        status: Some("CANCELLED"),
        cancellation_reason: cancellation.reason.as_deref(),
        ..Body::default()
    };
    let (id, include_raw) = (&cancellation.id, cancellation.include_raw);
    let request = http::put(format!("/api/orders/{}/status", path_segment(id))).json(&body)?;
    match crate::send(keyed(request, cancellation.idempotency_key.as_deref())) {
        Ok(answer) => changed(&answer, id, include_raw),
        Err(lost) if may_have_been_done(&lost) => match orders::get(id, include_raw) {
            Ok(order) if order.status == OrderStatus::Cancelled => Ok(order),
            _ => Err(lost),
        },
        Err(error) => Err(error),
    }
}

/// The order after a change; read again when the answer is empty.
fn changed(answer: &Response, id: &str, include_raw: bool) -> Result<SupplierOrder> {
    if answer.body().iter().all(u8::is_ascii_whitespace) {
        return orders::get(id, include_raw);
    }
    orders::one(answer, include_raw)
}

/// A repetition stays a matter of the method: a server may not know the key.
fn keyed(request: Request, key: Option<&str>) -> Request {
    request.header_opt("idempotency-key", key)
}

fn items(items: &[OrderItem]) -> Vec<Item<'_>> {
    let item = |item: &'_ OrderItem| item.quantity.normalized();
    items
        .iter()
        .map(|line| Item {
            product_id: &line.product_id,
            quantity: item(line),
            unit: line.unit.as_deref().unwrap_or("PC"),
        })
        .collect()
}

/// Transgourmet's orders have no priority. An urgent order that goes out like any other would be a broken promise.
fn no_priority(priority: Option<OrderPriority>) -> Result<()> {
    match priority {
        None | Some(OrderPriority::Normal) => Ok(()),
        Some(OrderPriority::Low | OrderPriority::High | OrderPriority::Urgent) => {
            Err(Error::invalid("priority", "Transgourmet takes none: leave it out, or say it in the notes"))
        }
    }
}

#[cfg(test)]
#[path = "placing_tests.rs"]
mod tests;
