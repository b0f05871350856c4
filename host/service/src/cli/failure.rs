//! How a command fails: what is printed and the exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use moulin_host::Error;

use crate::problem::Problem;
use crate::scrub::scrubber;

/// Why a command did not do what it should.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong usage or configuration; the text says what is wrong and what to write.
    Usage(String),
    /// An operation failed.
    Call(Problem),
    /// Moulin or the machine failed.
    Other(String),
    /// Standard output cannot be written.
    Output(io::Error),
    /// Everything was said already.
    Said(u8),
}

impl Failure {
    /// Prints the failure and gives its exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let mut stderr = io::stderr().lock();
        // Standard error that is gone leaves nobody to tell.
        let _ = match self {
            Self::Usage(text) | Self::Other(text) => writeln!(stderr, "error: {}", scrubber().clean(text)),
            Self::Call(problem) => writeln!(stderr, "error: {}", scrubber().clean(&problem.to_string())),
            // Whoever read the output (`| head`) has enough of it.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Self::Output(error) => writeln!(stderr, "error: cannot write to standard output: {error}"),
            Self::Said(_) => Ok(()),
        };
        ExitCode::from(self.exit_code())
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Call(problem) => problem.exit_code(),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Other(_) | Self::Output(_) => 1,
            Self::Said(code) => *code,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Call(problem)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_failure() {
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).exit_code(), 0);
        assert_eq!(Failure::from(io::Error::from(io::ErrorKind::StorageFull)).exit_code(), 1);
    }
}
