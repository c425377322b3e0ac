//! Verdicts, expectations, questions about the past, and the report as the contract writes it.
