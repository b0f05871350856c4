//! The programs the demo runs: started, found ready, and always stopped.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Context, Failure, Result};
use crate::process::wait_until;

/// How long a program may take to come up. The service compiles its adapters the first time.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long a program may take to end after it was asked to.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Time between two looks at a service that is not ready.
const POLL: Duration = Duration::from_millis(50);

/// Lines of a log that are shown with a failure.
const LAST_LINES: usize = 20;

/// A running program. It is stopped when this value goes, whatever the reason.
pub(crate) struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Service {
    /// Starts a program whose output goes to `folder/<name>.log`, except standard output where `command` says otherwise.
    fn start(name: &'static str, command: &mut Command, folder: &Path, stdout_to_log: bool) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let file = File::create(&log).context(|| format!("cannot write {}", log.display()))?;
        command.stdin(Stdio::null());
        command.stdout(if stdout_to_log {
            Stdio::from(file.try_clone().context(|| format!("cannot write {}", log.display()))?)
        } else {
            Stdio::piped()
        });
        let child = command
            .stderr(Stdio::from(file))
            .spawn()
            .context(|| format!("cannot start {}", command.get_program().to_string_lossy()))?;
        Ok(Self { name, child, log })
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Where its log is.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// A failure of this program, with the end of its log.
    pub(crate) fn failure(&self, what: &str) -> Failure {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        Failure::new(format!("{} {what}; the end of {}:\n{}", self.name, self.log.display(), last_lines(&log)))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if !self.is_running() {
            return;
        }
        terminate(&self.child);
        if wait_until(&mut self.child, STOP_LIMIT).is_none() {
            // Too late for manners. If it ended in this moment the kill fails, and `wait` reaps it either way.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Asks a child to end, as the terminal would. Through the shell, because the standard library can only kill.
#[cfg(unix)]
fn terminate(child: &Child) {
    let _ = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &child.id().to_string()]).status();
}

#[cfg(not(unix))]
fn terminate(_: &Child) {}

fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.lines().collect();
    let skip = lines.len().saturating_sub(LAST_LINES);
    lines.iter().skip(skip).map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

/// Starts `vendors` alone of `moulin-vendors` and waits until it has printed `<name> <url>` for each; gives the URLs in
/// that order.
///
/// # Errors
/// It cannot be started, ends, or is not ready in time.
pub(crate) fn vendors<const N: usize>(
    program: &Path,
    vendors: [(&str, SocketAddr); N],
    folder: &Path,
) -> Result<(Service, [String; N])> {
    let mut command = Command::new(program);
    command.arg("--only").arg(vendors.map(|(name, _)| name).join(","));
    for (name, address) in vendors {
        command.arg(format!("--{name}")).arg(address.to_string());
    }
    let mut service = Service::start("moulin-vendors", &mut command, folder, false)?;
    let Some(output) = service.child.stdout.take() else {
        return Err(service.failure("has no output"));
    };
    let lines = lines_of(output);
    let end = Instant::now() + START_LIMIT;
    let mut urls: [Option<String>; N] = [const { None }; N];
    while urls.iter().any(Option::is_none) {
        let Ok(line) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) else {
            let what = if service.is_running() { "did not get ready" } else { "ended" };
            return Err(service.failure(what));
        };
        for (url, (name, _)) in urls.iter_mut().zip(vendors) {
            if let Some(found) = announced(&line, name) {
                *url = Some(found.to_owned());
            }
        }
    }
    Ok((service, urls.map(Option::unwrap_or_default)))
}

/// The lines of a child's output as they come. The thread reads to the end, so the child never waits for a reader.
fn lines_of(output: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
            // Nobody listens any more once all is ready; what comes then is read and dropped.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// The URL in a line such as `metro http://127.0.0.1:9102`.
fn announced<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let url = line.trim().strip_prefix(name)?.strip_prefix(' ')?.trim();
    url.starts_with("http://").then_some(url)
}

/// Starts the service and waits until `GET /healthz` answers 200 at `address`.
///
/// # Errors
/// It cannot be started, ends, or is not ready in time; with the end of its log.
pub(crate) fn moulin(command: &mut Command, address: SocketAddr, folder: &Path) -> Result<Service> {
    let mut service = Service::start("moulin", command, folder, true)?;
    let end = Instant::now() + START_LIMIT;
    while !is_healthy(address) {
        if !service.is_running() {
            return Err(service.failure("ended"));
        }
        if Instant::now() >= end {
            return Err(service.failure(&format!(
                "did not answer 200 to GET http://{address}/healthz within {} s",
                START_LIMIT.as_secs()
            )));
        }
        thread::sleep(POLL);
    }
    Ok(service)
}

/// Whether `GET /healthz` answers with status 200 within a second.
fn is_healthy(address: SocketAddr) -> bool {
    let limit = Duration::from_secs(1);
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut status = String::new();
        BufReader::new(stream.take(1024)).read_line(&mut status)?;
        Ok(is_ok(&status))
    };
    ask().unwrap_or(false)
}

fn is_ok(status_line: &str) -> bool {
    let mut words = status_line.split_whitespace();
    words.next().is_some_and(|version| version.starts_with("HTTP/1.")) && words.next() == Some("200")
}

/// The usual address if nobody listens there, or else one the system gives.
///
/// # Errors
/// The machine has no free port.
pub(crate) fn free_address(usual: u16) -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", usual))
        .or_else(|_| TcpListener::bind(("127.0.0.1", 0)))
        .context(|| "no free port on 127.0.0.1".to_owned())?;
    listener.local_addr().context(|| "no free port on 127.0.0.1".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_vendor_is_ready_when_it_says_its_url() {
        assert_eq!(announced("metro http://127.0.0.1:9102\n", "metro"), Some("http://127.0.0.1:9102"));
        assert_eq!(announced("metro http://127.0.0.1:9102", "lightspeed"), None);
        assert_eq!(announced("metropole http://127.0.0.1:9102", "metro"), None);
        assert_eq!(announced("metro starts", "metro"), None);
    }

    #[test]
    fn a_taken_port_is_replaced_by_a_free_one() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let found = free_address(port).unwrap();
        assert_ne!(found.port(), port);
        assert_ne!(found.port(), 0);
        assert!(found.ip().is_loopback());
    }

    #[test]
    fn only_status_200_is_healthy() {
        assert!(is_ok("HTTP/1.1 200 OK\r\n"));
        assert!(!is_ok("HTTP/1.1 503 Service Unavailable\r\n"));
        assert!(!is_ok("200 OK"));
        assert!(!is_ok(""));
    }

    #[test]
    fn a_failure_shows_the_end_of_the_log() {
        let log = (1..=30).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
        let shown = last_lines(&log);
        assert_eq!(shown.lines().count(), 20);
        assert!(shown.starts_with("  11\n") && shown.ends_with("  30"));
        assert_eq!(last_lines(""), "");
    }

    #[cfg(unix)]
    mod programs {
        use super::*;
        use crate::process::script;

        fn folder(name: &str) -> PathBuf {
            let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            folder
        }

        fn runs(pid: u32) -> bool {
            Command::new("kill").args(["-0", &pid.to_string()]).stderr(Stdio::null()).status().unwrap().success()
        }

        #[test]
        fn a_service_is_stopped_when_it_goes() {
            let folder = folder("stop");
            let service = Service::start("sleeper", Command::new("sleep").arg("600"), &folder, true).unwrap();
            let pid = service.child.id();
            assert!(runs(pid));
            drop(service);
            assert!(!runs(pid));
            fs::remove_dir_all(&folder).unwrap();
        }

        #[test]
        fn ready_lines_are_read_and_an_early_end_is_reported_with_the_log() {
            let folder = folder("vendors");
            let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
            let program =
                script(&folder, "program", "#!/bin/sh\necho starting\necho metro http://127.0.0.1:7\nexec sleep 600");
            let (service, urls) = vendors(&program, [("metro", address)], &folder).unwrap();
            assert_eq!(urls, ["http://127.0.0.1:7"]);
            drop(service);
            let program = script(&folder, "program", "#!/bin/sh\necho the port is taken >&2; exit 3");
            let failure = vendors(&program, [("metro", address)], &folder).err().unwrap().to_string();
            assert!(failure.contains("the port is taken"), "{failure}");
            fs::remove_dir_all(&folder).unwrap();
        }

        #[test]
        fn the_service_is_ready_when_its_health_answers() {
            let folder = folder("health");
            let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
            let address = listener.local_addr().unwrap();
            let answers = thread::spawn(move || {
                for answer in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
                    let (mut stream, _) = listener.accept().unwrap();
                    // The whole request, or the unread rest would reset the connection under the answer.
                    let request: Vec<_> = BufReader::new(&stream)
                        .lines()
                        .map(std::result::Result::unwrap)
                        .take_while(|line| !line.is_empty())
                        .collect();
                    assert_eq!(request.first().unwrap(), "GET /healthz HTTP/1.1");
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
            let service = moulin(Command::new("sleep").arg("600"), address, &folder).unwrap();
            answers.join().unwrap();
            drop(service);
            let failure = moulin(Command::new("sh").args(["-c", "echo bad key >&2; exit 2"]), address, &folder);
            assert!(failure.err().unwrap().to_string().contains("bad key"));
            fs::remove_dir_all(&folder).unwrap();
        }
    }
}
