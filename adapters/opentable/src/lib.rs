//! Moulin adapter of OpenTable.
