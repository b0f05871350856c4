//! What the registry shows to people.

use std::path::PathBuf;
use std::sync::{PoisonError, Weak};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Registry;
use crate::contract::v1::exports::domain;
use crate::model::Instant;

/// An adapter as an operator sees it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AdapterStatus {
    /// Its identifier; absent for a file that never was an adapter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its version in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The vendor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// What it does, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Domains it has operations of.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Its file.
    pub file: PathBuf,
    /// SHA-256 of what is in service, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Counts up with every change of any adapter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Since when it is in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_at: Option<Instant>,
    /// Why the file's present content is not in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalStatus>,
}

/// Why a file's present content is not in service.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RefusalStatus {
    /// The reason, and what to do.
    pub reason: String,
    /// When it was refused.
    pub at: Instant,
}

/// A generation that was replaced and is kept by the calls that began with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetiringStatus {
    /// The adapter.
    pub id: String,
    /// The version of it that these calls finish on.
    pub version: String,
    /// The generation's number.
    pub generation: u64,
}

impl Registry {
    /// Replaced generations that calls still finish on, oldest first. One that is not here has given its memory back.
    pub fn retiring(&self) -> Vec<RetiringStatus> {
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = retired.iter().filter_map(Weak::upgrade);
        alive
            .map(|generation| RetiringStatus {
                id: generation.description.id.clone(),
                version: generation.description.version.clone(),
                generation: generation.number,
            })
            .collect()
    }

    /// Every adapter in service and every file that is refused.
    pub fn status(&self) -> Vec<AdapterStatus> {
        let files = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let refusal = |path: &PathBuf| {
            let (refusal, at) = files.get(path)?.refusal.as_ref()?;
            Some(RefusalStatus { reason: format!("it {refusal}"), at: *at })
        };
        let in_service = self.all();
        let mut status: Vec<_> = in_service
            .iter()
            .map(|generation| AdapterStatus {
                id: Some(generation.description.id.clone()),
                version: Some(generation.description.version.clone()),
                vendor: Some(generation.description.vendor.clone()),
                summary: Some(generation.description.summary.clone()),
                domains: generation.interfaces.iter().map(|interface| domain(interface).to_owned()).collect(),
                file: generation.file.clone(),
                sha256: Some(generation.sha256.clone()),
                generation: Some(generation.number),
                loaded_at: Some(generation.loaded_at),
                refusal: refusal(&generation.file),
            })
            .collect();
        for path in files.keys().filter(|path| in_service.iter().all(|generation| generation.file != **path)) {
            status.push(AdapterStatus {
                id: None,
                version: None,
                vendor: None,
                summary: None,
                domains: Vec::new(),
                file: path.clone(),
                sha256: None,
                generation: None,
                loaded_at: None,
                refusal: refusal(path),
            });
        }
        status
    }
}
