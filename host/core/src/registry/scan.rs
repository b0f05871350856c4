//! Looks through the folder and takes what changed into service.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::SystemTime;

use super::verify::{self, Inspection, Verified};
use super::{ExportCheck, Generation, Refusal, Registry};
use crate::config::Limits;
use crate::contract::v1::exports;
use crate::engine::Engine;
use crate::model::Instant;
use crate::model::adapter::{AuthKind, Description};
use crate::telemetry::scrub::Scrubber;

/// No adapter is larger: a Python one is 18 MB.
const LARGEST_MIB: u64 = 128;

/// What is known of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// As it was when last read; a file that looks the same is not read again.
    stamp: Option<Stamp>,
    /// The adapter it is, if it ever was one.
    pub(super) id: Option<String>,
    /// SHA-256 of what is in service from it.
    sha256: Option<String>,
    /// Why its present content is not in service.
    pub(super) refusal: Option<(Refusal, Instant)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    size: u64,
    inode: u64,
}

impl Registry {
    /// Reads the folder and takes new and changed files into service. One scan at a time; `Ok(true)` if anything
    /// changed.
    ///
    /// # Errors
    /// What the system says if the folder cannot be read. A file that is refused is no error here.
    pub(crate) async fn scan(&self) -> std::io::Result<bool> {
        let _one_at_a_time = self.scanning.lock().await;
        let mut files: Vec<PathBuf> = fs::read_dir(&self.folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
            .collect();
        files.sort();
        let mut known = self.files.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (gone, _) in known.extract_if(.., |path, _| !files.contains(path)) {
            // It stays in service: a file is often replaced by removing it first.
            tracing::info!(file = %gone.display(), "adapter file removed; what it held stays in service until a restart");
        }
        let mut changed = false;
        for path in files {
            changed |= self.look_at(&path, &mut known).await;
        }
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(changed)
    }

    /// Takes one file into service if it changed and is good.
    async fn look_at(&self, path: &Path, known: &mut BTreeMap<PathBuf, Known>) -> bool {
        let stamp = stamp(path);
        let before = known.get(path).cloned().unwrap_or_default();
        if stamp.is_some() && before.stamp == stamp {
            return false;
        }
        let mut now = Known { stamp, ..before.clone() };
        let outcome = self.load(path, &before, known).await;
        let changed = match outcome {
            Ok(None) => {
                now.refusal = None;
                false
            }
            Ok(Some(generation)) => {
                now.id = Some(generation.description.id.clone());
                now.sha256 = Some(generation.sha256.clone());
                now.refusal = None;
                self.put_into_service(Arc::new(generation));
                true
            }
            Err(refusal) => {
                let stays = before.id.as_deref().and_then(|id| self.current(id));
                match stays {
                    Some(stays) => tracing::error!(
                        file = %path.display(), "adapter refused: it {refusal}. {stays:?} stays in service"
                    ),
                    None => tracing::error!(file = %path.display(), "adapter refused: it {refusal}"),
                }
                now.refusal = Some((refusal, Instant::now()));
                true
            }
        };
        known.insert(path.to_owned(), now);
        changed
    }

    /// The generation a file holds; none if it is the one in service already.
    async fn load(
        &self,
        path: &Path,
        before: &Known,
        known: &BTreeMap<PathBuf, Known>,
    ) -> Result<Option<Generation>, Refusal> {
        let wasm = read(path)?;
        let sha256 = verify::sha256(&wasm);
        if before.sha256.as_ref() == Some(&sha256) {
            return Ok(None);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let Verified { description, interfaces, prepared, exports } =
            verify::verify(&self.engine, &wasm, &name, &self.limits, &self.scrubber, &self.checks).await?;
        let other = known.iter().find(|(file, known)| *file != path && known.id.as_ref() == Some(&description.id));
        if let Some((other, _)) = other {
            let other = other.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Err(Refusal::Duplicate { id: description.id, other });
        }
        // Base and token URLs receive credentials: a file that is copied into a running host cannot choose new ones.
        if let Some(in_service) = self.current(&description.id) {
            let known = reach(&in_service.description);
            let origins: Vec<_> = reach(&description).difference(&known).cloned().collect();
            if !origins.is_empty() {
                return Err(Refusal::AsksForMore { origins });
            }
        }
        let number = self.next_generation();
        let file = path.to_owned();
        let loaded_at = Instant::now();
        Ok(Some(Generation { number, description, interfaces, sha256, file, loaded_at, prepared, exports }))
    }

    fn put_into_service(&self, generation: Arc<Generation>) {
        let (id, version, number) =
            (generation.description.id.clone(), generation.description.version.clone(), generation.number);
        match self.swap(generation) {
            Some(old) => tracing::info!(
                adapter = %id, %version, generation = number,
                "adapter replaced; {} calls finish on {old:?}", Arc::strong_count(&old) - 1
            ),
            None => tracing::info!(adapter = %id, %version, generation = number, "adapter in service"),
        }
    }
}

/// Everywhere an adapter's description leads: base, token and further URLs up to their path.
fn reach(description: &Description) -> BTreeSet<String> {
    let tokens = description.auth.iter().filter_map(|scheme| match &scheme.kind {
        AuthKind::Oauth2AuthorizationCode(scheme) => Some(&scheme.token.url),
        AuthKind::Oauth2ClientCredentials(token) => Some(&token.url),
        AuthKind::JwtBearer(scheme) => Some(&scheme.token.url),
        AuthKind::ApiKey(_) | AuthKind::BearerToken(_) | AuthKind::Basic => None,
    });
    let bases = description.flavors.iter().map(|flavor| &flavor.base_url);
    let urls = bases.chain(tokens).chain(&description.origins);
    // By text: a template such as `https://www.zohoapis.{data_center}` is no URL yet.
    urls.map(|url| url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")).collect()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some(Stamp { modified: metadata.modified().ok(), size: metadata.len(), inode: metadata.ino() })
}

fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    let unreadable = |error: std::io::Error| Refusal::Unreadable(error.to_string());
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST_MIB << 20 {
        return Err(Refusal::TooLarge { limit_mib: LARGEST_MIB });
    }
    fs::read(path).map_err(unreadable)
}

/// Verifies a file without taking it into service.
pub(crate) async fn inspect(
    engine: &Engine,
    path: &Path,
    limits: &Limits,
    checks: &[ExportCheck],
) -> Result<Inspection, Refusal> {
    let wasm = read(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let verified = verify::verify(engine, &wasm, &name, limits, &Scrubber::default(), checks).await?;
    let component = verified.prepared.component();
    let exports = component.component_type().exports(engine.wasmtime()).map(|(name, _)| name.to_owned()).collect();
    Ok(Inspection {
        sha256: verify::sha256(&wasm),
        size: wasm.len() as u64,
        domains: verified.interfaces.iter().map(|interface| exports::domain(interface).to_owned()).collect(),
        imports: verify::import_names(engine, component),
        exports,
        description: verified.description,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::adapter::Flavor;

    fn describing(base_url: &str, origins: &[&str]) -> Description {
        let flavor =
            Flavor { id: "v1".to_owned(), title: String::new(), base_url: base_url.to_owned(), operations: Vec::new() };
        Description {
            id: "metro".to_owned(),
            version: "1.0.0".to_owned(),
            vendor: "Metro".to_owned(),
            summary: String::new(),
            documentation: None,
            settings: Vec::new(),
            auth: Vec::new(),
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
            limits: Vec::new(),
            signals: Vec::new(),
            flavors: vec![flavor],
        }
    }

    #[test]
    fn a_new_path_is_no_new_reach_but_a_new_host_is() {
        let known = reach(&describing("https://api.metro.example/v1", &[]));
        assert!(reach(&describing("https://api.metro.example/v2", &[])).is_subset(&known));
        for asks in [
            describing("https://api.metro.example.evil.example/v1", &[]),
            describing("http://api.metro.example/v1", &[]),
            describing("https://api.metro.example/v1", &["https://evil.example"]),
        ] {
            assert!(!reach(&asks).is_subset(&known), "{asks:?}");
        }
    }
}
