//! What a deal has no field for stands in its description, in lines of its own that people can read:
//!
//! ```text
//! Table 4, anniversaire
//! Items: 2 × Café, 1 × Menu
//! Ref: 4711
//! At: 2025-04-01T14:30:05+02:00
//! ```

use moulin_adapter::prelude::*;

const ITEMS: &str = "Items: ";
const REFERENCE: &str = "Ref: ";
const AT: &str = "At: ";

/// A description and what is in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Labelled {
    pub(crate) description: Option<String>,
    pub(crate) items: Option<String>,
    pub(crate) reference: Option<String>,
    pub(crate) at: Option<Instant>,
}

impl Labelled {
    /// As one text. Line ends inside of items and reference become blanks.
    pub(crate) fn write(&self) -> String {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut lines = Vec::new();
        lines.extend(self.description.clone());
        lines.extend(self.items.as_ref().map(|text| format!("{ITEMS}{}", one_line(text))));
        lines.extend(self.reference.as_ref().map(|text| format!("{REFERENCE}{}", one_line(text))));
        lines.extend(self.at.map(|at| format!("{AT}{}", calendar::format_local(at))));
        lines.join("\n")
    }

    /// Takes the lines off the end, each at most once; what stands before is the description.
    pub(crate) fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut lines: Vec<&str> = text.lines().collect();
        while let Some(line) = lines.last().map(|line| line.trim()) {
            if line.is_empty() {
                lines.pop();
            } else if let Some(found) = line.strip_prefix(ITEMS).filter(|_| read.items.is_none()) {
                read.items = Some(found.to_owned());
                lines.pop();
            } else if let Some(found) = line.strip_prefix(REFERENCE).filter(|_| read.reference.is_none()) {
                read.reference = Some(found.to_owned());
                lines.pop();
            } else if let Some(Ok(at)) = line.strip_prefix(AT).filter(|_| read.at.is_none()).map(time::parse_instant) {
                read.at = Some(at);
                lines.pop();
            } else {
                break;
            }
        }
        read.description = Some(lines.join("\n").trim().to_owned()).filter(|text| !text.is_empty());
        read
    }
}

#[cfg(test)]
mod tests {
    use moulin_adapter::testing::Host;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        Host::new("vendor").run(|| {
            let whole = Labelled {
                description: Some("Table 4\nanniversaire".into()),
                items: Some("2 × Café, 1 × Menu".into()),
                reference: Some("4711".into()),
                at: Some(time::parse_instant("2025-04-01T12:30:05.120Z").unwrap()),
            };
            assert_eq!(
                whole.write(),
                "Table 4\nanniversaire\nItems: 2 × Café, 1 × Menu\nRef: 4711\nAt: 2025-04-01T14:30:05.120+02:00"
            );
            assert_eq!(Labelled::read(&whole.write()), whole);
            assert_eq!(Labelled::read(""), Labelled::default());
        });
    }

    #[test]
    fn what_people_write_stays_the_description() {
        let read = Labelled::read("Ref: a\nsaid at the table\nAt: noon\n\nItems: x\n");
        assert_eq!(read.description.as_deref(), Some("Ref: a\nsaid at the table\nAt: noon"));
        assert_eq!((read.items.as_deref(), read.reference, read.at), (Some("x"), None, None));
    }
}
