//! Flags, the file and the defaults, and what is refused.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArgs,
}

fn config(flags: &[&str]) -> Result<ServeConfig, ConfigError> {
    ServeConfig::from_args(Command::try_parse_from([&["vidimus"], flags].concat()).unwrap().serve)
}

fn with_file(text: &str, flags: &[&str]) -> Result<ServeConfig, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vidimus.toml");
    std::fs::write(&path, text).unwrap();
    config(&[&["--config", path.to_str().unwrap()], flags].concat())
}

#[test]
fn nothing_said_is_the_sample() {
    let config = config(&[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((config.data, config.keys), (PathBuf::from("./data"), PathBuf::from("./keys/dev")));
    assert_eq!((config.public_url, config.schemas, config.passphrase_file), (None, None, None));
    assert_eq!((config.tick.as_millis(), config.clock_gap.as_secs()), (1_000, 30 * 86_400));
    assert_eq!((config.witness_every.as_secs(), config.witness_within), (10, None));
}

#[test]
fn a_flag_comes_before_the_file_and_the_file_before_the_default() {
    let file = "listen = \"[::1]:9000\"\ntick = \"500ms\"\nclock_gap = \"90d\"\npublic_url = \"https://a.cn/\"\nwitness_within = \"1h\"\n";
    let config = with_file(file, &["--tick", "2s", "--witness-within", "10m"]).unwrap();
    assert_eq!(config.witness_within, Some(Duration::from_secs(600)));
    assert_eq!(with_file(file, &["--witness-every", "1h"]), Err(ConfigError::Within));
    assert_eq!(config.listen.to_string(), "[::1]:9000");
    assert_eq!(config.tick, Duration::from_secs(2));
    assert_eq!(config.clock_gap, Duration::from_secs(90 * 86_400));
    assert_eq!(config.public_url.unwrap().as_str(), "https://a.cn");
    assert_eq!(config.data, PathBuf::from("./data"));
}

/// Runs only in the process that the next test starts: the environment cannot be changed safely in this one.
#[test]
fn in_an_environment() {
    if std::env::var_os("VIDIMUS_TEST_ENVIRONMENT").is_none() {
        return;
    }
    let config =
        with_file("tick = \"3s\"\ndata = \"/file\"\nkeys = \"/file\"\n", &["--data", "/flag"]).unwrap();
    assert_eq!((config.data, config.keys), (PathBuf::from("/flag"), PathBuf::from("/environment")));
    assert_eq!(config.tick, Duration::from_secs(3));
}

#[test]
fn a_flag_comes_before_the_environment_and_the_environment_before_the_file() {
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "wiring::config::tests::in_an_environment"])
        .envs([("VIDIMUS_TEST_ENVIRONMENT", "1"), ("VIDIMUS_DATA", "/environment")])
        .env("VIDIMUS_KEYS", "/environment")
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_bad_file_names_key_line_and_cure() {
    let said = |text: &str| {
        let error = with_file(text, &[]).unwrap_err().to_string();
        error.split_once("vidimus.toml:").unwrap().1.to_owned()
    };
    let unknown = said("data = \"d\"\ntik = \"1s\"\n");
    assert!(unknown.starts_with("2: tik: unknown field `tik`, expected one of `listen`"), "{unknown}");
    let span = said("\n\ntick = \"1 second\"\n");
    assert!(span.starts_with("3: tick: ") && span.contains("500ms"), "{span}");
    let url = said("public_url = \"ftp://a\"");
    assert!(url.starts_with("1: public_url: ") && url.contains("https://HOST"), "{url}");
    assert!(said("listen = 8080").starts_with("1: listen: "));
    assert!(said("tick = \"1s\"\ntick = \"2s\"\n").starts_with("2: tick: "), "twice");
    assert!(said("[server]\n").starts_with("1: unknown field `server`"));
    assert!(said("listen").starts_with("1: "));
    let missing = config(&["--config", "/nowhere/vidimus.toml"]).unwrap_err().to_string();
    assert!(missing.starts_with("/nowhere/vidimus.toml: ") && missing.contains("--config"), "{missing}");
    let large = with_file(&"#".repeat(LARGEST + 1), &[]);
    assert!(matches!(large, Err(ConfigError::Large { found, .. }) if found == LARGEST + 1));
}

#[test]
fn tls_and_proxies() {
    let read =
        config(&["--tls-cert", "c.pem", "--tls-key", "k.pem", "--trusted-proxy", "10.0.0.0/8,::1"]).unwrap();
    assert_eq!(read.tls, Some(("c.pem".into(), "k.pem".into())));
    assert_eq!(read.trusted_proxies, ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    assert_eq!((read.address_rate, read.token_rate), (Some(1000), None));
    let half = config(&["--tls-cert", "c.pem"]).unwrap_err().to_string();
    assert!(half.contains("--tls-key"), "{half}");
    let file = "trusted_proxy = [\"192.0.2.7\"]\naddress_rate = 0\ntoken_rate = 5\n";
    let read = with_file(file, &[]).unwrap();
    assert_eq!(read.trusted_proxies, ["192.0.2.7/32".parse().unwrap()]);
    assert_eq!((read.address_rate, read.token_rate), (None, Some(5)));
    let bad = with_file("trusted_proxy = [\"x\"]\n", &[]).unwrap_err().to_string();
    assert!(bad.contains("1: trusted_proxy: ") && bad.contains("10.0.0.0/8"), "{bad}");
}

#[test]
fn bad_flags_are_refused() {
    for bad in [
        ["--listen", "8080"],
        ["--tick", "0s"],
        ["--clock-gap", "30"],
        ["--public-url", "a.cn"],
        ["--public-url", "https://"],
        ["--public-url", "https://a.cn/?q"],
        ["--public-url", "https://u@a.cn"],
        ["--public-url", "https://A.cn"],
        ["--trusted-proxy", "10.0.0.0/33"],
        ["--trusted-proxy", "proxy.example"],
        ["--address-rate", "-1"],
        ["--token-rate", "many"],
    ] {
        assert!(Command::try_parse_from(["vidimus", bad[0], bad[1]]).is_err(), "{bad:?}");
    }
}
