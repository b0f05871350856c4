//! Who works and who eats here.

use super::dice::Dice;

/// An employee of the till: first and last name. The number is the position plus one.
pub const EMPLOYEES: &[(&str, &str)] = &[
    ("Camille", "Renard"),
    ("Julien", "Marchand"),
    ("Sofia", "Benali"),
    ("Thomas", "Lefèvre"),
    ("Inès", "Carpentier"),
    ("Mathieu", "Roche"),
];

const FIRST_NAMES: &[&str] = &[
    "Anne",
    "Benoît",
    "Chloé",
    "David",
    "Élodie",
    "François",
    "Gaëlle",
    "Hugo",
    "Irène",
    "Jérôme",
    "Karim",
    "Léa",
    "Maëlys",
    "Nicolas",
    "Océane",
    "Pauline",
    "Quentin",
    "Rachel",
    "Stéphane",
    "Zoé",
];

const LAST_NAMES: &[&str] = &[
    "Aubert",
    "Barbier",
    "Chevalier",
    "Dupuis",
    "Étienne",
    "Faure",
    "Girard",
    "Hamon",
    "Imbert",
    "Joly",
    "Klein",
    "Lacroix",
    "Müller",
    "Noël",
    "Ozanne",
    "Perrin",
    "Quéré",
    "Rivière",
    "Sauvage",
    "N'Diaye",
];

/// A regular guest known to the till.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Number, from 1.
    pub id: u32,
    /// First name.
    pub first_name: &'static str,
    /// Last name.
    pub last_name: &'static str,
    /// Company, for some.
    pub company: &'static str,
    /// E-mail, in the reserved domain `example.fr`.
    pub email: String,
    /// Mobile phone, from the range ARCEP keeps for fiction (06 39 98).
    pub phone: String,
}

/// Forty regulars.
pub(super) fn customers(seed: u64) -> Vec<Customer> {
    let mut dice = Dice::new(seed, 1);
    (1..=40u32)
        .map(|id| {
            let first_name = dice.pick(FIRST_NAMES).copied().unwrap_or_default();
            let last_name = dice.pick(LAST_NAMES).copied().unwrap_or_default();
            Customer {
                id,
                first_name,
                last_name,
                company: if id % 8 == 0 { "Atelier Bastille SARL" } else { "" },
                email: format!("client{id:02}@example.fr"),
                phone: format!("+3363998{:04}", dice.below(10_000)),
            }
        })
        .collect()
}
