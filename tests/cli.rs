//! The command line as it is seen: help texts and what is said where nothing can be done. `TRYCMD=overwrite` writes them
//! anew.
#![cfg(feature = "server")]

#[test]
fn what_is_seen() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd");
}
