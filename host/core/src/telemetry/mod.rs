//! What leaves the host as text: log lines, errors, and the scrubber they pass.

pub mod scrub;
