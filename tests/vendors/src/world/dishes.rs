//! The restaurant's own dishes, as the till sells them.

/// A course of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Starters.
    Starter,
    /// Main courses.
    Main,
    /// Cheese.
    Cheese,
    /// Desserts.
    Dessert,
    /// Set menus.
    Menu,
    /// Side dishes.
    Side,
}

/// A dish: name, course, price in cents (tax included), cost in cents.
pub(super) type Dish = (&'static str, Course, i64, i64);

use Course::{Cheese, Dessert, Main, Menu, Side, Starter};

/// Sixty dishes.
pub(super) const DISHES: &[Dish] = &[
    ("Soupe à l'oignon gratinée", Starter, 950, 210),
    ("Œuf mayonnaise", Starter, 650, 120),
    ("Œuf parfait, crème de cèpes", Starter, 1250, 330),
    ("Terrine de campagne maison", Starter, 1050, 260),
    ("Foie gras mi-cuit, chutney de figues", Starter, 1950, 690),
    ("Salade de chèvre chaud", Starter, 1150, 290),
    ("Velouté de potimarron", Starter, 900, 170),
    ("Carpaccio de betterave, feta", Starter, 1050, 230),
    ("Tartare de saumon à l'aneth", Starter, 1450, 480),
    ("Poireaux vinaigrette, noisettes", Starter, 950, 190),
    ("Escargots de Bourgogne, les six", Starter, 1250, 380),
    ("Huîtres fines de claire n° 3, les six", Starter, 1650, 620),
    ("Rillettes de maquereau", Starter, 1050, 270),
    ("Assiette de charcuterie", Starter, 1550, 510),
    ("Burrata, tomates anciennes", Starter, 1350, 430),
    ("Magret de canard, sauce au miel", Main, 2350, 780),
    ("Confit de canard, pommes sarladaises", Main, 2250, 690),
    ("Entrecôte grillée, sauce au poivre", Main, 2690, 980),
    ("Bavette à l'échalote", Main, 2050, 640),
    ("Steak tartare, frites maison", Main, 1950, 620),
    ("Blanquette de veau à l'ancienne", Main, 2150, 650),
    ("Bœuf bourguignon", Main, 2100, 610),
    ("Souris d'agneau au thym", Main, 2550, 870),
    ("Suprême de volaille, jus corsé", Main, 1950, 520),
    ("Poulet fermier rôti", Main, 1890, 500),
    ("Filet de bar, beurre blanc", Main, 2590, 920),
    ("Dos de cabillaud, purée de céleri", Main, 2350, 790),
    ("Sole meunière", Main, 3450, 1450),
    ("Moules marinières, frites", Main, 1790, 450),
    ("Quenelles de brochet, sauce Nantua", Main, 1990, 560),
    ("Risotto aux champignons", Main, 1850, 420),
    ("Lasagnes de légumes", Main, 1690, 360),
    ("Tarte fine aux tomates", Main, 1590, 310),
    ("Burger du Moulin", Main, 1850, 560),
    ("Croque-monsieur, salade", Main, 1350, 320),
    ("Omelette aux fines herbes", Main, 1250, 230),
    ("Salade César", Main, 1650, 440),
    ("Choucroute garnie", Main, 2190, 700),
    ("Andouillette AAAAA, moutarde", Main, 1950, 580),
    ("Cassoulet de Castelnaudary", Main, 2290, 720),
    ("Assiette de trois fromages", Cheese, 1050, 320),
    ("Planche de fromages affinés", Cheese, 1650, 520),
    ("Saint-marcellin rôti", Cheese, 950, 280),
    ("Faisselle, coulis ou crème", Cheese, 650, 140),
    ("Crème brûlée à la vanille", Dessert, 850, 150),
    ("Mousse au chocolat", Dessert, 800, 140),
    ("Tarte Tatin, crème fraîche", Dessert, 950, 190),
    ("Profiteroles au chocolat", Dessert, 1050, 230),
    ("Île flottante", Dessert, 750, 110),
    ("Paris-Brest", Dessert, 1050, 260),
    ("Baba au rhum", Dessert, 1100, 240),
    ("Moelleux au chocolat", Dessert, 950, 180),
    ("Café gourmand", Dessert, 1050, 240),
    ("Sorbets, trois boules", Dessert, 850, 170),
    ("Formule midi: plat et entrée ou dessert", Menu, 2190, 620),
    ("Menu du marché: entrée, plat, dessert", Menu, 2850, 820),
    ("Menu du Moulin: quatre services", Menu, 4900, 1560),
    ("Menu enfant", Menu, 1250, 340),
    ("Frites maison", Side, 550, 90),
    ("Salade verte", Side, 450, 80),
];
