//! Whole judgements: at least one case for every code, and the bullets of law 0, section 10.

mod cases;
mod verdicts;
