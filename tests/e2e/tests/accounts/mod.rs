//! Accounts at simulated authorization servers, used through the test adapter `accounts`.

#![allow(dead_code, reason = "each test file uses a part of this one")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, SystemTime};

use moulin_e2e::Folder;
use moulin_host::auth::{AccountState, AccountStatus, Callback, ConnectError, Link};
use moulin_host::{Host, config};
use moulin_vendors::oauth::{Decision, OAuth, OAuthOptions, Profile, consent};
use moulin_vendors::recording::Recorded;
use url::Url;

/// The redirect URI that is registered at every simulated vendor.
pub const BACK: &str = "http://127.0.0.1:8080/oauth/callback";

/// The client that every simulated vendor knows.
pub const CLIENT: &str = "client_id = \"demo-client\", client_secret = \"demo-secret\"";

/// The only connection.
pub const NAME: &str = "account";

/// A file with the configuration, in the folder of an account.
const CONFIG: &str = "moulin.toml";

/// Names that folder to a process that a test starts.
const FOLDER: &str = "MOULIN_TEST_ACCOUNT";

/// A vendor, and a data folder for hosts that use an account there.
pub struct Account {
    pub server: OAuth,
    folder: Folder,
}

impl Account {
    /// A vendor of this flavour with an account that a person connects.
    pub async fn with_consent(flavor: &str, profile: Profile) -> Self {
        Self::new(flavor, OAuthOptions::new(profile), |server| {
            format!(
                "{}\nauth = {{ method = \"oauth2_authorization_code\", {CLIENT} }}",
                vendors_urls(server, &server.authorize_url())
            )
        })
        .await
    }

    /// A vendor, with the connection's configuration besides adapter, flavour and grants.
    pub async fn new(flavor: &str, options: OAuthOptions, toml: impl FnOnce(&OAuth) -> String) -> Self {
        let server = OAuth::start(options).await.unwrap();
        let folder = Folder::with(&["test/accounts"]);
        let text = format!(
            "[host]\nadapters = {:?}\ndata = {:?}\nwatch = false\n\n[connections.{NAME}]\nadapter = \"accounts\"\n\
             flavor = \"{flavor}\"\ngrants = [\"{}\"]\nmax_concurrency = 50\n{}\n",
            folder.adapters(),
            folder.path().join("data"),
            server.url(),
            toml(&server)
        );
        std::fs::write(folder.path().join(CONFIG), text).unwrap();
        Self { server, folder }
    }

    /// A host on the account's data folder.
    pub async fn host(&self) -> Host {
        start(self.folder.path()).await
    }

    /// The folder with everything in it.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A host whose account a person has connected.
    pub async fn connected(&self) -> Host {
        let host = self.host().await;
        self.connect(&host).await.unwrap();
        host
    }

    /// A person opens the link, agrees and is sent back.
    pub async fn connect(&self, host: &Host) -> Result<Link, ConnectError> {
        let link = link(host).await;
        let redirect = consent(link.url.as_str(), Decision::Allow).await.unwrap();
        host.complete_authorisation(&Callback::from_url(&redirect.url).unwrap(), None).await?;
        Ok(link)
    }

    /// Every request so far but those of the person, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        let authorize = self.server.authority().profile().authorize_paths;
        self.server.requests().into_iter().filter(|request| !authorize.contains(&request.path)).collect()
    }

    /// The access token that the API saw last.
    pub fn last_used(&self) -> String {
        let used = self.requests().into_iter().rfind(|request| request.path == "/whoami").unwrap();
        used.header("authorization").unwrap().split_once(' ').unwrap().1.to_owned()
    }
}

/// The vendor's URLs as configuration.
pub fn vendors_urls(server: &OAuth, authorize: &str) -> String {
    let (url, token) = (server.url(), server.token_url());
    format!("base_url = \"{url}\"\nauthorization_url = \"{authorize}\"\ntoken_url = \"{token}\"")
}

/// A host on the folder of an account.
async fn start(folder: &Path) -> Host {
    let text = std::fs::read_to_string(folder.join(CONFIG)).unwrap();
    Host::start(config::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))).await.unwrap()
}

/// A link for a person to connect the account by.
pub async fn link(host: &Host) -> Link {
    host.authorise(NAME, &BACK.parse().unwrap(), None).await.unwrap_or_else(|error| panic!("{error}"))
}

/// How the account stands.
pub fn status(host: &Host) -> AccountStatus {
    host.connections().remove(0).account.unwrap()
}

/// Asks the vendor who this is; the text of the error says why not.
pub async fn check(host: &Host) -> Result<Option<String>, String> {
    host.check(NAME).await.map(|health| health.account).map_err(|error| error.to_string())
}

/// As [`check`], for those that must succeed.
pub async fn check_succeeds(host: &Host) {
    check(host).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(status(host).state, AccountState::Connected);
}

/// Waits until the access token has expired, as the host knows it.
pub async fn expired(host: &Host) {
    let end = status(host).token_expires_at.unwrap().as_millis();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let left = u64::try_from(end).unwrap().saturating_sub(u64::try_from(now).unwrap());
    assert!(left < 10_000, "the token lives for {left} ms more, too long for a test");
    tokio::time::sleep(Duration::from_millis(left + 5)).await;
}

/// Parameters as on the wire, decoded. Those that differ from run to run stand as `*`.
pub fn parameters(encoded: &str) -> BTreeMap<String, String> {
    let url: Url = format!("http://parameters/?{encoded}").parse().unwrap();
    let pairs = url.query_pairs().into_owned().map(|(name, value)| (name.clone(), masked(&name, value)));
    let pairs: Vec<(String, String)> = pairs.collect();
    let map: BTreeMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "a parameter came twice: {encoded}");
    map
}

/// The same for a JSON object of texts.
pub fn members(json: &str) -> BTreeMap<String, String> {
    let map: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"));
    map.into_iter().map(|(name, value)| (name.clone(), masked(&name, value))).collect()
}

fn masked(name: &str, value: String) -> String {
    let changing = ["state", "code", "code_challenge", "code_verifier", "refresh_token", "assertion"];
    if changing.contains(&name) && value.len() >= 16 { "*".to_owned() } else { value }
}

/// A test of the same file run as a process of its own, with the folder of an account.
pub struct Process {
    pub child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts an ignored test.
    pub fn start(test: &str, folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// The host of such a process; none when the test was started by hand.
    pub async fn host() -> Option<Host> {
        let folder = std::env::var_os(FOLDER)?;
        Some(start(Path::new(&folder)).await)
    }

    /// The next line with this word that it prints; none when it ends without one.
    pub fn line(&mut self, word: &str) -> Option<String> {
        (&mut self.output).lines().map_while(Result::ok).find(|line| line.contains(word))
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
