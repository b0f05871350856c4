//! The ahead-of-time cache: compiled adapters on disk.
//!
//! Compiling an adapter takes a hundred times as long as loading it compiled, so the machine code is kept under the
//! adapter's digest and wasmtime's compatibility hash. Machine code is trusted as nothing else is, therefore only files
//! of our own user and mode 0600 are read, and only whole ones: each begins with the digest of what follows. Anything
//! else is a miss and is written anew.

use std::fs::{self, File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ring::digest::{Context, Digest, SHA256, SHA256_OUTPUT_LEN, digest};
use uuid::Uuid;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A folder of compiled adapters.
#[derive(Debug)]
pub struct AotCache {
    folder: PathBuf,
    compatibility: u64,
}

impl AotCache {
    /// A cache in this folder, which is created when first written.
    pub fn new(folder: PathBuf, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Self { folder, compatibility: hasher.finish() }
    }

    /// The compiled form of this component, from the cache or else compiled and kept.
    ///
    /// # Errors
    /// What wasmtime says about the component. Trouble with the cache itself is logged and costs a compilation.
    pub fn component(&self, engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Component> {
        let file = self.file(wasm);
        match self.read(&file) {
            Ok(Some(code)) => match deserialize(engine, &code) {
                Ok(component) => return Ok(component),
                Err(error) => tracing::warn!(file = %file.display(), "compiled adapter not usable: {error:#}"),
            },
            Ok(None) => {}
            Err(error) => tracing::warn!(file = %file.display(), "compiled adapter not usable: {error}"),
        }
        let code = engine.precompile_component(wasm)?;
        if let Err(error) = self.write(&file, &code) {
            tracing::warn!(file = %file.display(), "cannot keep the compiled adapter: {error}");
        }
        deserialize(engine, &code)
    }

    fn file(&self, wasm: &[u8]) -> PathBuf {
        let digest = digest(&SHA256, wasm);
        let name: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(format!("{name}-{:016x}.cwasm", self.compatibility))
    }

    /// The machine code in a file; none if there is no file.
    fn read(&self, file: &Path) -> io::Result<Option<Vec<u8>>> {
        let mut opened = match File::open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = opened.metadata()?;
        let ours = fs::metadata(&self.folder)?.uid();
        if metadata.mode() & 0o077 != 0 || metadata.uid() != ours {
            return Err(io::Error::other("others can write it; it is compiled again"));
        }
        let mut content = Vec::new();
        opened.read_to_end(&mut content)?;
        match content.split_at_checked(SHA256_OUTPUT_LEN) {
            Some((expected, code)) if seal(file, code).as_ref() == expected => {
                Ok(Some(content.split_off(SHA256_OUTPUT_LEN)))
            }
            _ => Err(io::Error::other("damaged; it is compiled again")),
        }
    }

    /// Writes beside the file and renames, so that a reader finds a whole file or none.
    fn write(&self, file: &Path, code: &[u8]) -> io::Result<()> {
        if !self.folder.is_dir() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        }
        fs::set_permissions(&self.folder, Permissions::from_mode(0o700))?;
        let partial = file.with_extension(format!("{}.partial", Uuid::new_v4()));
        let mut options = OpenOptions::new();
        let mut opened = options.write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        opened.write_all(seal(file, code).as_ref())?;
        opened.write_all(code)?;
        opened.sync_all()?;
        fs::rename(&partial, file)
    }
}

/// Digest of the code under its file's name, so that one adapter's file renamed to another's is not believed.
fn seal(file: &Path, code: &[u8]) -> Digest {
    let mut context = Context::new(&SHA256);
    context.update(file.file_name().unwrap_or_default().as_encoded_bytes());
    context.update(code);
    context.finish()
}

#[allow(unsafe_code)]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `code` was made by `precompile_component` of this process, or read from a file that only our user can
    // write and whose digest is right.
    unsafe { Component::deserialize(engine, code) }
}
