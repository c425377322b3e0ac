//! The binary `vidimus`: everything it does stands in `vidimus::cli`.

use std::process::ExitCode;

/// Small pieces are made and thrown away on every thread at once; the C library's allocator is slow at that.
#[cfg(feature = "server")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vidimus::cli::run()
}
