//! Sales: what a ticket holds.

use jiff::Timestamp;

use crate::amount::tax_inside;

/// Where a sale stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaleState {
    /// Paid.
    Completed,
    /// The table has not paid yet.
    Open,
    /// Cancelled after payment; its amounts do not count.
    Voided,
}

/// How a guest paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKind {
    /// Cash.
    Cash,
    /// Cheque.
    Cheque,
    /// Bank card.
    Card,
    /// Meal voucher, at most 25 euros a day.
    MealVoucher,
    /// Contactless telephone.
    Wallet,
}

/// All payment kinds.
pub const PAYMENT_KINDS: [PaymentKind; 5] =
    [PaymentKind::Cash, PaymentKind::Cheque, PaymentKind::Card, PaymentKind::MealVoucher, PaymentKind::Wallet];

/// A line of a ticket. Amounts in cents, tax included.
#[derive(Clone, Debug)]
pub struct SaleLine {
    /// Number.
    pub id: u32,
    /// The product.
    pub item: u32,
    /// Pieces; negative on a refund.
    pub quantity: i64,
    /// Price of one piece before discount.
    pub unit_price: i64,
    /// Taken off the line; negative on the refund of a discounted line.
    pub discount: i64,
    /// VAT in per mille.
    pub vat: i64,
    /// The line given back, on a refund; else 0.
    pub parent: u32,
}

impl SaleLine {
    /// What the guest pays.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.quantity * self.unit_price - self.discount
    }

    /// The tax inside [`total`](Self::total).
    #[must_use]
    pub fn tax(&self) -> i64 {
        tax_inside(self.total(), self.vat)
    }
}

/// A payment. Amounts in cents.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Number.
    pub id: u32,
    /// How.
    pub kind: PaymentKind,
    /// What it pays of the ticket; negative on a refund.
    pub amount: i64,
    /// Given on top of `amount`.
    pub tip: i64,
}

/// A ticket.
#[derive(Clone, Debug)]
pub struct Sale {
    /// Number.
    pub id: u32,
    /// When the table ordered.
    pub opened: Timestamp,
    /// When it was paid; none while open.
    pub closed: Option<Timestamp>,
    /// Where it stands.
    pub state: SaleState,
    /// Number of the employee, from 1.
    pub employee: u32,
    /// Number of the register: 1 in the room, 2 at the bar.
    pub register: u32,
    /// Number of the regular; 0 for none.
    pub customer: u32,
    /// Lines, at least one.
    pub lines: Vec<SaleLine>,
    /// Payments; together they make the total, unless the sale is open.
    pub payments: Vec<Payment>,
}

impl Sale {
    /// Sum of the lines, tax included, tip excluded.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.lines.iter().map(SaleLine::total).sum()
    }

    /// Sum of the tips.
    #[must_use]
    pub fn tips(&self) -> i64 {
        self.payments.iter().map(|payment| payment.tip).sum()
    }

    /// When it was last touched.
    #[must_use]
    pub fn touched(&self) -> Timestamp {
        self.closed.unwrap_or(self.opened)
    }
}
