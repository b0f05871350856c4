//! Moulin adapter of HubSpot: contacts, loyalty points, purchases as deals, notes, campaigns and lists.
//!
//! Two flavours that differ in their paths alone: `v3` (below `/crm/v3`, the specification's) and `2026-03` (the
//! vendor's dated paths).
//!
//! | file | what it maps |
//! |---|---|
//! | `describe` | what the adapter is and needs |
//! | `api` | paths, settings, the check, sending |
//! | `page` | envelopes, paging, searches |
//! | `contacts`, `contact` | asking for and changing contacts; the contact itself |
//! | `loyalty` | points, a property of the contact |
//! | `deals` | purchases |
//! | `notes`, `html` | notes, whose text is HTML |
//! | `marketing` | campaigns and lists |
//! | `error` | statuses, categories and error bodies |

#![cfg_attr(test, allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used))]

mod api;
mod contact;
mod contacts;
mod deals;
mod describe;
mod error;
mod html;
mod loyalty;
mod marketing;
mod notes;
mod page;

use moulin_adapter::crm::{
    Campaign, Contact, ContactPage, ContactPatch, ContactSearch, CrmTransaction, CrmTransactionPage,
    CrmTransactionQuery, DeleteRequest, Deletion, ListQuery, Lookup, Loyalty, LoyaltyEntry, NewCampaign, NewContact,
    NewCrmTransaction, NewLoyaltyEntry, NewNote, Note, NotePage, NoteQuery, SegmentPage,
};
use moulin_adapter::prelude::*;

/// The adapter.
#[derive(Debug)]
pub struct HubSpot;

impl Adapter for HubSpot {
    fn describe() -> Description {
        describe::description()
    }
    fn check() -> Result<Health> {
        api::check()
    }
}

impl Crm for HubSpot {
    fn list_contacts(query: ListQuery) -> Result<ContactPage> {
        contacts::list(&query)
    }
    fn search_contacts(query: ContactSearch) -> Result<ContactPage> {
        contacts::search(&query)
    }
    fn get_contact(query: Lookup) -> Result<Contact> {
        contacts::get(&query)
    }
    fn create_contact(contact: NewContact) -> Result<Contact> {
        contacts::create(&contact)
    }
    fn update_contact(patch: ContactPatch) -> Result<Contact> {
        contacts::update(&patch)
    }
    fn delete_contact(request: DeleteRequest) -> Result<Deletion> {
        contacts::delete(request)
    }
    fn get_loyalty(query: Lookup) -> Result<Loyalty> {
        loyalty::get(&query)
    }
    fn record_loyalty(entry: NewLoyaltyEntry) -> Result<LoyaltyEntry> {
        loyalty::record(entry)
    }
    fn record_transaction(transaction: NewCrmTransaction) -> Result<CrmTransaction> {
        deals::record(transaction)
    }
    fn list_transactions(query: CrmTransactionQuery) -> Result<CrmTransactionPage> {
        deals::list(&query)
    }
    fn create_note(note: NewNote) -> Result<Note> {
        notes::create(note)
    }
    fn list_notes(query: NoteQuery) -> Result<NotePage> {
        notes::list(&query)
    }
    fn create_campaign(campaign: NewCampaign) -> Result<Campaign> {
        marketing::create_campaign(&campaign)
    }
    fn list_segments(query: ListQuery) -> Result<SegmentPage> {
        marketing::segments(&query)
    }
}

moulin_adapter::export_crm!(HubSpot);
