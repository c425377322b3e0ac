use std::fs;

use clap::Parser;

use super::*;
use crate::wiring::config::ServeArgs;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

/// Starts over `home/data` and `home/keys`; what was said if it was refused.
fn start(home: &Path, flags: &[&str]) -> Result<bool, String> {
    let (data, keys) = (home.join("data"), home.join("keys"));
    let own = ["vidimus", "--data", data.to_str().unwrap(), "--keys", keys.to_str().unwrap()];
    let command = Command::try_parse_from(own.iter().chain(flags)).unwrap();
    let config = ServeConfig::from_args(command.serve).unwrap();
    assemble(&config).map(|assembled| assembled.founded).map_err(|error| error.to_string())
}

#[test]
fn a_sample_is_founded_only_where_nothing_speaks_of_a_real_authority() {
    let parent = tempfile::tempdir().unwrap();
    let home = parent.path();
    let config = home.join("vidimus.toml");
    fs::write(&config, "sample = false\n").unwrap();
    let said = start(home, &["--config", config.to_str().unwrap()]).unwrap_err();
    assert!(said.contains("vidimus init") && said.contains("nothing is founded"), "{said}");
    assert!(!home.join("keys").exists() && !home.join("data").exists(), "nothing is left behind");
    assert_eq!(start(home, &[]), Ok(true));
    assert_eq!(start(home, &["--config", config.to_str().unwrap()]), Ok(false), "it is founded now");

    // A crash while a sample's keys are made is gone on from.
    let broken = home.join("broken");
    fs::create_dir_all(broken.join("keys/private")).unwrap();
    fs::write(broken.join("keys/founding.json"), SAMPLE_BEGINS).unwrap();
    for file in fs::read_dir(home.join("keys/private")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), broken.join("keys/private").join(file.file_name())).unwrap();
    }
    for folder in ["keys", "keys/private"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(broken.join(folder), mode).unwrap();
    }
    fs::set_permissions(
        broken.join("keys/founding.json"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    assert_eq!(start(&broken, &[]), Ok(true));

    // Keys that lost their `last-signed` are never founded under anew, whether the data is there or not.
    fs::remove_file(home.join("keys/last-signed")).unwrap();
    for _ in 0..2 {
        let said = start(home, &[]).unwrap_err();
        assert!(said.contains("last-signed") && !said.contains("--data"), "{said}");
        let _gone = fs::remove_dir_all(home.join("data"));
    }
    fs::remove_dir_all(home.join("keys/private")).unwrap();
    let said = start(home, &[]).unwrap_err();
    assert!(said.contains("last-signed"), "tokens alone: {said}");
}
