//! The office over small ledgers in memory.
