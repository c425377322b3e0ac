//! The binary `vidimus`: everything it does stands in `vidimus::cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    vidimus::cli::run()
}
