//! Running other programs: steps with a heading and a duration, quiet commands with a time limit.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Context, Failure, Result};
use crate::workspace::Workspace;

/// How often a child with a time limit is looked at.
const POLL: Duration = Duration::from_millis(20);

/// Does one step of a task under a heading and says how long it took.
///
/// # Errors
/// The step's own failure, with the step's name and the command (`repeat`) that does it alone.
pub(crate) fn step<T>(name: &str, repeat: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n==> {name}");
    let start = Instant::now();
    let outcome = work().map_err(|failure| {
        Failure::new(format!("step `{name}` failed: {failure}\n       repeat it alone with: {repeat}"))
    })?;
    println!("    {name}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(outcome)
}

/// A step that is one cargo command.
///
/// # Errors
/// As [`step`], when cargo cannot be started or fails.
pub(crate) fn cargo_step(workspace: &Workspace, name: &str, line: &[&str]) -> Result<()> {
    let repeat = format!("cargo {}", line.join(" "));
    step(name, &repeat, || run(workspace.cargo().args(line)))
}

/// Runs a command to its end with the terminal's streams.
///
/// # Errors
/// It cannot be started, or ends with another code than zero.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().context(|| format!("cannot start {program}"))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{program} ended with {status}"))) }
}

/// What a command in `folder` prints on standard output, without the space around it; none when it cannot run or fails.
pub(crate) fn answer<I, S>(folder: &Path, program: impl AsRef<OsStr>, arguments: I) -> Option<String>
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let output = Command::new(program)
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !output.status.success() {
        return None;
    }
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Runs a command without its output and tells whether it succeeded in time; a command that is late is ended.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else { return false };
    match wait_until(&mut child, limit) {
        Some(success) => success,
        None => {
            // It did not end by itself; if the kill fails it has ended meanwhile, and `wait` reaps it either way.
            let _ = child.kill();
            let _ = child.wait();
            false
        }
    }
}

/// Waits for a child to end. None: it still runs after `limit`. A child that cannot be waited for counts as failed.
pub(crate) fn wait_until(child: &mut Child, limit: Duration) -> Option<bool> {
    let end = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Err(_) => return Some(false),
            Ok(None) if Instant::now() >= end => return None,
            Ok(None) => thread::sleep(POLL),
        }
    }
}

/// Puts a shell script where it can be run, for tests.
///
/// Another process writes the file: had this one, a child that another test starts in that moment would hold the file
/// open for writing, and running it would fail with "text file busy".
#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
pub(crate) fn script(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let (source, program) = (folder.join("source.sh"), folder.join(name));
    std::fs::write(&source, text).unwrap();
    run(Command::new("install").args(["-m", "755"]).args([&source, &program])).unwrap();
    program
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_failing_step_names_itself_and_its_repetition() {
        let failure =
            step("lints", "cargo clippy", || Err::<(), _>(Failure::new("3 warnings"))).unwrap_err().to_string();
        assert!(
            failure.contains("`lints`") && failure.contains("3 warnings") && failure.ends_with("cargo clippy"),
            "{failure}"
        );
    }

    #[test]
    fn a_command_that_hangs_is_ended_and_counts_as_failed() {
        let start = Instant::now();
        assert!(!succeeds_within(Command::new("sleep").arg("60"), Duration::from_millis(50)));
        assert!(start.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn exit_codes_decide() {
        assert!(succeeds_within(&mut Command::new("true"), Duration::from_secs(30)));
        assert!(!succeeds_within(&mut Command::new("false"), Duration::from_secs(30)));
        assert!(!succeeds_within(&mut Command::new("/nonexistent/program"), Duration::from_secs(30)));
        assert!(run(&mut Command::new("false")).is_err());
        assert_eq!(answer(Path::new("/"), "echo", [" a b "]).as_deref(), Some("a b"));
        assert_eq!(answer(Path::new("/"), "false", [""; 0]), None);
    }
}
