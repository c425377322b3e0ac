//! The house as it should be: a new room is entered here and in `ARCHITECTURE.md`.

/// Rooms by floor, from the ground up. `main` and `lib` are doors, not rooms: they stand on top.
const FLOORS: [&[&str]; 8] = [
    &["values"],
    &["crypto"],
    &["jose", "cose", "merkle", "note"],
    &["x509", "sd_jwt", "status_list", "catalogue", "ledger", "qr", "pdf"],
    &["law", "verification", "supervision", "ades"],
    &["authority", "witness"],
    &["store", "keyring", "http", "pages", "audit"],
    &["wiring", "cli", "main", "lib"],
];

/// The floor of a room.
pub fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Words that no floor up to this one says outside its tests.
pub const UNSAID: [(usize, &[&str]); 3] = [
    (
        4,
        &[
            "async",
            ".await",
            "tokio",
            "std::thread",
            "std::io::stdin",
            "OsRng",
            "getrandom",
            "Instant",
            "std::time::SystemTime",
            "tracing",
        ],
    ),
    (
        5,
        &[
            "std::fs",
            "std::net",
            "std::process",
            "std::time::Instant",
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "axum",
            "File::",
        ],
    ),
    (6, &["std::env", "env::var", "clap", "anyhow", "println!", "eprintln!", "print!", "eprint!"]),
];

/// Crates and the only rooms that may name them.
pub const ALONE: [(&str, &[&str]); 15] = [
    // The operating system's randomness is fetched in wiring; ring's own, for P-256, cannot be replaced.
    ("ring::", &["crypto", "wiring"]),
    ("SystemRandom", &["crypto", "wiring"]),
    ("ed25519_dalek", &["crypto"]),
    ("curve25519_dalek", &["crypto"]),
    ("rcgen", &["x509"]),
    ("x509_parser", &["x509"]),
    ("sled", &["store"]),
    ("jsonschema", &["catalogue"]),
    ("postcard", &["audit", "authority", "store"]),
    ("axum", &["http", "pages", "cli"]),
    ("tower_http", &["http"]),
    // An auditor writes a page where no server is.
    ("askama", &["pages", "http", "audit"]),
    ("ureq", &["audit", "cli", "wiring"]),
    ("clap", &["cli", "wiring"]),
    ("qrcodegen", &["qr", "pages", "http"]),
];

/// Lines of a file, its tests at the bottom included.
pub const LONGEST: usize = 400;
/// Lines of a file that holds nothing but tests or what they are made of.
pub const LONGEST_OF_TESTS: usize = 500;
/// Lines of the file in the middle.
pub const MEDIAN: usize = 180;
/// Files that may be longer: path, lines, and why they cannot be split.
pub const LONGER: [(&str, usize, &str); 0] = [];
