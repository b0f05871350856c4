//! What `wit-bindgen` makes of the contract.
//!
//! Types and imports are generated once, in [`common`]; the exports of each interface once more, in a module of their
//! own, so that an adapter of a till carries nothing of the other three domains: the worlds of `wit/adapter` are put
//! together from these parts by the `export_…!` macros. Names here are the contract's; the rest of the crate re-exports
//! them.
//!
//! The only place with `unsafe` code: the calling convention of the component model.

/// Types and imports of every package of the contract.
pub mod common {
    wit_bindgen::generate!({
        inline: "
            package moulin:sdk;
            world everything {
                include moulin:adapter/imports@1.0.0;
                import moulin:adapter/types@1.0.0;
                import moulin:pos/types@1.0.0;
                import moulin:suppliers/types@1.0.0;
                import moulin:booking/types@1.0.0;
                import moulin:crm/types@1.0.0;
            }
        ",
        path: [
            "../../wit/types", "../../wit/host", "../../wit/pos", "../../wit/suppliers", "../../wit/booking",
            "../../wit/crm", "../../wit/adapter",
        ],
        world: "everything",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq],
        // Two decimals that differ only in trailing zeros are equal: see `decimal.rs`.
        additional_derives_ignore: ["decimal"],
    });
}

/// The export of one interface, on the types of [`common`].
macro_rules! export {
    ($module:ident, $world:literal, $macro:literal, $types:literal => $($path:tt)*) => {
        #[doc = concat!("Exports of the interface `", stringify!($module), "`.")]
        pub mod $module {
            wit_bindgen::generate!({
                inline: $world,
                path: [
                    "../../wit/types", "../../wit/host", "../../wit/pos", "../../wit/suppliers", "../../wit/booking",
                    "../../wit/crm", "../../wit/adapter",
                ],
                with: {
                    "moulin:types/types@1.0.0": crate::bindings::common::moulin::types::types,
                    $types: $($path)*,
                },
                pub_export_macro: true,
                export_macro_name: $macro,
            });
        }
    };
}

export!(
    adapter, "package moulin:sdk; world adapter { export moulin:adapter/adapter@1.0.0; }", "export_adapter",
    "moulin:adapter/types@1.0.0" => crate::bindings::common::moulin::adapter::types
);
export!(
    pos, "package moulin:sdk; world pos { export moulin:pos/pos@1.0.0; }", "export_pos",
    "moulin:pos/types@1.0.0" => crate::bindings::common::moulin::pos::types
);
export!(
    suppliers, "package moulin:sdk; world suppliers { export moulin:suppliers/suppliers@1.0.0; }", "export_suppliers",
    "moulin:suppliers/types@1.0.0" => crate::bindings::common::moulin::suppliers::types
);
export!(
    booking, "package moulin:sdk; world booking { export moulin:booking/booking@1.0.0; }", "export_booking",
    "moulin:booking/types@1.0.0" => crate::bindings::common::moulin::booking::types
);
export!(
    crm, "package moulin:sdk; world crm { export moulin:crm/crm@1.0.0; }", "export_crm",
    "moulin:crm/types@1.0.0" => crate::bindings::common::moulin::crm::types
);
