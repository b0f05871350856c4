//! Stored secrets in a running host, and what is on the disk when processes are killed.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs, thread};

use moulin_e2e::Folder;
use moulin_e2e::vendor::Vendor;
use moulin_host::ConnectionState;
use moulin_host::store::SqliteStore;
use moulin_host::vault::{KeySource, NewKey, Space, Vault};

/// Names the data folder to the processes these tests start.
const DATA: &str = "MOULIN_TEST_VAULT_DATA";

fn open(data: &Path) -> Vault {
    let store = Arc::new(SqliteStore::open(data).unwrap());
    Vault::new(store, KeySource::File(data.join("vault.key")))
}

async fn read(vault: &Vault, space: Space, name: &str) -> String {
    let record = vault.get(space, name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    String::from_utf8(record.unwrap_or_else(|| panic!("{name} is lost")).value().to_vec()).unwrap()
}

/// A test of this file run as a process of its own.
struct Process {
    child: Child,
    /// Open as long as it lives: it may print more.
    _output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it and waits until it has printed `ready`.
    fn start(test: &str, data: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env(DATA, data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let ready = (&mut output).lines().map_while(Result::ok).any(|line| line.contains("ready"));
        assert!(ready, "{test} ended early");
        Self { child, _output: output }
    }

    /// SIGKILL, and waits until it is gone. False if it had ended by itself.
    fn kill(mut self) -> bool {
        let alive = self.child.try_wait().unwrap().is_none();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        alive
    }
}

#[tokio::test]
#[ignore = "run as a process by other tests"]
async fn process_that_rotates() {
    let Some(data) = env::var_os(DATA) else { return };
    let vault = open(Path::new(&data));
    println!("ready");
    loop {
        vault.rotate(NewKey::Generated).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "run as a process by other tests"]
async fn process_that_holds_a_lock() {
    let Some(data) = env::var_os(DATA) else { return };
    let _lock = open(Path::new(&data)).lock("till", Duration::ZERO).await.unwrap().unwrap();
    println!("ready");
    thread::sleep(Duration::from_secs(600));
}

#[tokio::test]
#[ignore = "run as a process by other tests"]
async fn process_that_stores_the_first_secret() {
    let Some(data) = env::var_os(DATA) else { return };
    let name = format!("process.{}", std::process::id());
    let vault = open(Path::new(&data));
    println!("ready");
    while !Path::new(&data).join("go").exists() {
        thread::yield_now();
    }
    vault.put(Space::Secrets, &name, b"value").await.unwrap();
}

#[tokio::test]
async fn a_rotation_killed_at_any_moment_leaves_every_secret_readable_with_the_key_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    for number in 0..20 {
        let space = [Space::Secrets, Space::Grants, Space::Pending][number % 3];
        vault.put(space, &format!("n{number}"), format!("value of {number}").as_bytes()).await.unwrap();
    }
    let mut found = [0_u32; 2];
    let mut killed = 0;
    for round in 0..80_u64 {
        let process = Process::start("process_that_rotates", folder.path());
        // 0 to 20 ms in steps that fall differently into a rotation, which takes some milliseconds.
        thread::sleep(Duration::from_micros(round * 7919 % 20_000));
        killed += u32::from(process.kill());
        found[usize::from(folder.path().join("vault.key.new").exists())] += 1;
        let vault = open(folder.path());
        for number in 0..20 {
            let space = [Space::Secrets, Space::Grants, Space::Pending][number % 3];
            assert_eq!(read(&vault, space, &format!("n{number}")).await, format!("value of {number}"));
        }
        assert!(!folder.path().join("vault.key.new").exists(), "round {round}: what was left was not put in order");
        // And it can be written to.
        vault.put(Space::Secrets, "round", round.to_string().as_bytes()).await.unwrap();
    }
    assert_eq!(killed, 80);
    assert!(found[1] > 0, "no rotation was killed in the middle, only between two: {found:?}");
}

#[tokio::test]
async fn a_lock_is_free_when_its_holder_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let vault = open(folder.path());
    let holder = Process::start("process_that_holds_a_lock", folder.path());
    assert!(vault.lock("till", Duration::ZERO).await.unwrap().is_none());
    assert!(holder.kill());
    assert!(vault.lock("till", Duration::ZERO).await.unwrap().is_some());
}

#[tokio::test]
async fn processes_that_make_the_key_together_agree_on_one() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let start = |_| Process::start("process_that_stores_the_first_secret", folder.path());
        let processes: Vec<_> = (0..4).map(start).collect();
        fs::write(folder.path().join("go"), "").unwrap();
        for mut process in processes {
            assert!(process.child.wait().unwrap().success());
        }
        let vault = open(folder.path());
        let names = vault.list(Space::Secrets).await.unwrap();
        assert_eq!(names.len(), 4);
        for name in names {
            assert_eq!(read(&vault, Space::Secrets, &name).await, "value");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_host_takes_a_secret_that_is_stored_or_changed_beside_it() {
    let vendor = Vendor::start(|_| None).await;
    let folder = Folder::with(&["test/hostile"]);
    let url = vendor.url();
    let connections = format!(
        r#"
        [connections.till]
        adapter = "hostile"
        base_url = "{url}"
        grants = ["{url}"]
        auth = {{ method = "bearer_token", token = {{ secret = "till.token" }} }}

        [connections.other]
        adapter = "hostile"
        base_url = "{url}"
        grants = ["{url}"]
        auth = {{ method = "bearer_token", token = "literal-token" }}
        "#
    );
    let host = folder.host("", &connections).await.unwrap();
    let state = |name: &str| host.connection(name).unwrap().status();
    assert_eq!((state("till").state, state("other").state), (ConnectionState::Unavailable, ConnectionState::Ready));
    let error = host.check("till").await.unwrap_err();
    assert_eq!(error.class(), "unavailable");
    assert!(error.to_string().contains("`moulin secret set till.token`"), "{error}");

    let beside = open(&folder.path().join("data"));
    let mut changes = host.changes();
    for token in ["first-canary-token", "second-canary-token"] {
        beside.put(Space::Secrets, "till.token", token.as_bytes()).await.unwrap();
        tokio::time::timeout(Duration::from_secs(60), changes.changed()).await.unwrap().unwrap();
        assert_eq!(state("till").state, ConnectionState::Ready, "{:?}", state("till").reason);
        assert!(!host.scrub(&format!("it is {token}!")).contains(token));
        host.check("till").await.unwrap();
        assert_eq!(vendor.seen().last().unwrap().headers["authorization"], format!("Bearer {token}"));
    }
    beside.delete(Space::Secrets, "till.token").await.unwrap();
    tokio::time::timeout(Duration::from_secs(60), changes.changed()).await.unwrap().unwrap();
    assert_eq!(state("till").state, ConnectionState::Unavailable);
}

/// Every form in which a text could be found in a file.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let hex = |upper: bool| {
        let digits = bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        digits.collect::<String>().into_bytes()
    };
    let mut forms = vec![bytes.to_vec(), hex(false), hex(true), bytes.iter().rev().copied().collect()];
    forms.push(secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
    // Base64 of the secret at each of the three places it can begin at, without the letters its neighbours share.
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for skip in 0..3 {
        let whole = &bytes[skip..skip + (bytes.len() - skip) / 3 * 3];
        let letters = whole.chunks_exact(3).flat_map(|three| {
            let bits = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
            [18, 12, 6, 0].map(|shift| ALPHABET[usize::try_from(bits >> shift & 63).unwrap()])
        });
        forms.push(letters.collect());
    }
    forms
}

/// Every file in a folder and the folders in it, links not followed.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path()),
            kind if kind.is_file() => vec![entry.path()],
            _ => Vec::new(),
        })
        .collect()
}

#[tokio::test]
async fn no_file_holds_a_secret_in_any_form_and_none_can_be_read_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let vault = open(&data);
    let secrets = ["first-canary-8Jq2mXw5", "second-canary-Vb7tRz0L", "third-canary-Kp4nYc9H"];
    let needles: Vec<_> = secrets.iter().flat_map(|secret| forms(secret)).collect();
    for secret in secrets {
        // Changed, removed, and stored again: traces of earlier records must not be readable either.
        for space in [Space::Secrets, Space::Grants, Space::Pending] {
            vault.put(space, "name", secret.as_bytes()).await.unwrap();
            let record = vault.get(space, "name").await.unwrap();
            vault.swap(space, "name", record.as_ref(), secret.as_bytes()).await.unwrap().unwrap();
        }
        vault.rotate(NewKey::Generated).await.unwrap();
        let _lock = vault.lock("till", Duration::ZERO).await.unwrap().unwrap();
        let found = files(&data);
        for name in ["moulin.sqlite", "moulin.sqlite-wal", "moulin.sqlite-shm", "vault.key", "locks/till"] {
            assert!(found.contains(&data.join(name)), "{name} is not among {found:?}");
        }
        for file in found {
            let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{}", file.display());
            let bytes = fs::read(&file).unwrap();
            for needle in &needles {
                let held = bytes.windows(needle.len()).any(|window| window == needle);
                assert!(!held, "{} holds {:?}", file.display(), String::from_utf8_lossy(needle));
            }
        }
    }
    // The search itself finds what is there.
    let store = SqliteStore::open(&data).unwrap();
    moulin_host::store::Store::put(&store, "plain", "k", secrets[0].into(), 10).await.unwrap();
    let bytes: Vec<_> = files(&data).iter().flat_map(|file| fs::read(file).unwrap()).collect();
    assert!(bytes.windows(needles[0].len()).any(|window| window == needles[0]));
}
