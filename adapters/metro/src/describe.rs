//! What the adapter is and needs.

use moulin_adapter::describe::{adapter, api_key, flavor, remaining_signal, setting, window};
use moulin_adapter::prelude::Description;

pub(crate) fn description() -> Description {
    adapter("metro", env!("CARGO_PKG_VERSION"), "Metro France", "Catalogue, availability and orders at Metro France.")
        .setting(setting(
            "client_number",
            "Customer number",
            "Your number as a Metro customer, such as FR-778812. Sent with every request; leave it empty if your key \
         already stands for one customer.",
        ))
        .auth(api_key("X-API-KEY"))
        .limit("requests", window(120, 60_000))
        .limit("burst", window(20, 1_000))
        .signal(remaining_signal(Some("X-RateLimit-Limit"), "X-RateLimit-Remaining", Some("X-RateLimit-Reset")))
        .flavor(flavor("v1", "Customer API v1", "https://api.metro.fr").supports(&[
            "suppliers.list-catalog",
            "suppliers.search-products",
            "suppliers.get-product",
            "suppliers.check-availability",
            "suppliers.create-order",
            "suppliers.get-order",
            "suppliers.list-orders",
            "suppliers.update-order",
            "suppliers.cancel-order",
            "suppliers.get-delivery-schedule",
            "suppliers.get-account",
        ]))
        .build()
}

#[cfg(test)]
mod tests {
    use moulin_adapter::describe::AuthKind;

    #[test]
    fn the_key_goes_into_the_vendors_header_and_nothing_is_required() {
        let description = super::description();
        assert_eq!(description.id, "metro");
        assert!(matches!(&description.auth[0].kind, AuthKind::ApiKey(scheme) if scheme.header == "X-API-KEY"));
        assert!(description.settings.iter().all(|setting| !setting.required && !setting.secret));
        assert_eq!(description.flavors[0].operations.len(), 11);
    }
}
