//! What the real store's files show of tokens.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::*;
use super::kit::{Account, Reply, Vendor, access, back, parameter, state};
use crate::store::SqliteStore;
use crate::vault::KeySource;

const ACCESS: &str = "canary-access-7f3a/+91";
const REFRESH: &str = "canary-refresh-c0de/+17";

/// Every file below a folder, with its mode and its bytes.
fn files(folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            found.push((path.display().to_string(), mode, std::fs::read(&path).unwrap()));
        }
    }
    found
}

#[tokio::test]
async fn no_token_verifier_or_state_is_in_the_files_and_all_are_for_the_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (data, key) = (folder.path().join("data"), folder.path().join("key"));
    std::fs::create_dir(&data).unwrap();
    let store = Arc::new(SqliteStore::open(&data).unwrap());
    let vault = Vault::new(store, KeySource::File(key.clone()));
    let pair = |n: u32| Reply::pair(&format!("{ACCESS}-{n}"), &format!("{REFRESH}-{n}"));
    let vendor = Vendor::new(Duration::ZERO, move |n, _| pair(n as u32));
    let account = Account::at(&vendor);
    let owner = Owner { connection: "till".to_owned(), vault: vault.clone() };
    let scheme = Scheme::AuthorizationCode(Box::new(account.consent.clone()));
    let process = Arc::new(Credentials::new(scheme, owner, vendor.clone(), &Scrubber::default()).unwrap());

    // One link that is used, one that waits.
    let link = process.begin(&back(), None).await.unwrap();
    let waiting = process.begin(&back(), None).await.unwrap();
    let parameters = [("state", state(&link)), ("code", "canary-code-5ee5".to_owned())];
    let callback = Callback::new(parameters.map(|(name, value)| (name.to_owned(), value)));
    complete(&vault, &callback, None, |_| Ok(process.clone())).await.unwrap();
    let first = process.header().await.unwrap().unwrap();
    assert!(process.renew(&first).await.unwrap());
    assert_eq!(access(&process).await.unwrap(), format!("{ACCESS}-1"));

    let verifier = vendor.seen()[0]["code_verifier"].clone();
    let (used, unused) = (state(&link), state(&waiting));
    let secrets = [ACCESS, REFRESH, "canary-", "s3cr3t/+value", &verifier, &used, &unused];
    let forms: Vec<Vec<u8>> = secrets
        .iter()
        .flat_map(|secret| {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            [
                secret.as_bytes().to_vec(),
                url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>().into_bytes(),
                STANDARD.encode(secret).trim_end_matches('=').as_bytes().to_vec(),
                URL_SAFE_NO_PAD.encode(secret).into_bytes(),
                hex.into_bytes(),
            ]
        })
        .collect();
    let found = files(&data);
    // The search finds what is there: the connection's name stands in clear.
    assert!(found.iter().any(|(_, _, bytes)| memchr::memmem::find(bytes, b"till").is_some()));
    for (name, mode, bytes) in &found {
        assert_eq!(*mode, 0o600, "{name}");
        for form in &forms {
            let text = String::from_utf8_lossy(form);
            assert!(memchr::memmem::find(bytes, form).is_none(), "{name} has {text}");
        }
    }
    assert_eq!(files(folder.path()).iter().find(|(name, ..)| Path::new(name) == key).unwrap().1, 0o600);
    assert!(parameter(&waiting, "code_challenge").is_some());
}
