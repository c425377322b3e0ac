use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::super::suite::Counter;
use super::*;

const NOW: &str = "2026-11-22T12:00:00.000Z";
const LATER: &str = "2027-11-22T12:00:00.000Z";

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn slug(text: &str) -> Slug {
    text.parse().unwrap()
}

fn housing() -> Caller {
    Caller::Department { code: "11100000000013127D".parse().unwrap(), slug: slug("housing") }
}

fn issue(tables: &TokenTable, name: &str, caller: Caller, entropy: &Counter) -> Result<NewToken, TokenError> {
    tables.issue(&slug(name), caller, time(NOW), time(LATER), entropy)
}

#[test]
fn a_token_stands_for_its_caller_until_its_end() {
    let keys = tempfile::tempdir().unwrap();
    let (tokens, entropy) = (TokenTable::create(keys.path()).unwrap(), Counter::default());
    let new = issue(&tokens, "housing", housing(), &entropy).unwrap();
    let operator = issue(&tokens, "operator", Caller::Operator, &entropy).unwrap();
    assert_eq!(new.text.len(), 43);
    assert_eq!(
        fs::read_to_string(keys.path().join("tokens/housing.token")).unwrap(),
        format!("{}\n", *new.text)
    );
    for file in ["tokens/housing.token", "tokens.json"] {
        let mode = fs::metadata(keys.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600, "{file}");
    }
    assert!(!fs::read_to_string(keys.path().join("tokens.json")).unwrap().contains(new.text.as_str()));

    let again = TokenTable::load(keys.path()).unwrap();
    for table in [&tokens, &again] {
        assert_eq!(table.authenticate(&new.text, time(NOW)), Ok(housing()));
        assert_eq!(table.authenticate(&operator.text, time(NOW)), Ok(Caller::Operator));
        assert_eq!(table.authenticate(&new.text, time(LATER).plus(-1)), Ok(housing()));
        assert_eq!(table.authenticate(&new.text, time(LATER)), Err(TokenRefusal::Expired));
        for unknown in ["", "housing", &format!("{} ", *new.text), new.text.get(1..).unwrap(), &new.id] {
            assert_eq!(table.authenticate(unknown, time(NOW)), Err(TokenRefusal::Unknown), "{unknown}");
        }
    }
    assert_eq!(tokens.list().unwrap().len(), 2);
}

#[test]
fn a_running_server_notices_what_a_command_does() {
    let keys = tempfile::tempdir().unwrap();
    let (server, entropy) = (TokenTable::create(keys.path()).unwrap(), Counter::default());
    let command = TokenTable::load(keys.path()).unwrap();
    let new = issue(&command, "auditor", Caller::Auditor, &entropy).unwrap();
    assert_eq!(server.authenticate(&new.text, time(NOW)), Ok(Caller::Auditor));
    assert_eq!(command.revoke("auditor", time(NOW)).unwrap().id(), new.id);
    assert_eq!(server.authenticate(&new.text, time(NOW)), Err(TokenRefusal::Revoked));
    assert_eq!(server.authenticate(&new.text, time(LATER)), Err(TokenRefusal::Revoked));
    assert!(!new.path.exists());
    assert!(matches!(command.revoke("auditor", time(NOW)), Err(TokenError::NoSuch { .. })));

    let second = issue(&command, "auditor", Caller::Auditor, &entropy).unwrap();
    let path = keys.path().join("tokens.json");
    fs::write(&path, "{").unwrap();
    assert_eq!(server.authenticate(&second.text, time(NOW)), Err(TokenRefusal::Unknown), "not read in time");
    assert_eq!(server.authenticate(&new.text, time(NOW)), Err(TokenRefusal::Revoked), "the last one stays");
    fs::remove_file(&path).unwrap();
    assert_eq!(server.authenticate(&new.text, time(NOW)), Err(TokenRefusal::Revoked));
    assert!(matches!(
        issue(&server, "x", Caller::Auditor, &entropy),
        Err(TokenError::Keys(KeysError::Missing { .. }))
    ));
}

#[test]
fn one_live_token_a_name() {
    let keys = tempfile::tempdir().unwrap();
    let (tokens, entropy) = (TokenTable::create(keys.path()).unwrap(), Counter::default());
    let first = issue(&tokens, "housing", housing(), &entropy).unwrap();
    let taken = issue(&tokens, "housing", housing(), &entropy).err().unwrap();
    assert!(taken.to_string().contains("vidimus token revoke housing"), "{taken}");
    let after = time(LATER);
    assert!(matches!(
        tokens.issue(&slug("tax"), housing(), after, after, &entropy),
        Err(TokenError::Expiry { .. })
    ));

    let second = tokens.issue(&slug("housing"), housing(), after, after.plus(1000), &entropy).unwrap();
    assert_eq!(tokens.authenticate(&first.text, after), Err(TokenRefusal::Expired));
    assert_eq!(tokens.authenticate(&second.text, after), Ok(housing()));
    tokens.revoke(&first.id, after).unwrap();
    assert!(second.path.exists(), "the file is the second's by now");
    assert_eq!(tokens.authenticate(&second.text, after), Ok(housing()));
    tokens.revoke("housing", after).unwrap();
    assert_eq!(tokens.authenticate(&second.text, after), Err(TokenRefusal::Revoked));
}

#[test]
fn tables_that_are_not_ours_are_refused() {
    let keys = tempfile::tempdir().unwrap();
    assert!(TokenTable::load(keys.path()).is_err(), "none there");
    drop(TokenTable::create(keys.path()).unwrap());
    drop(TokenTable::create(keys.path()).unwrap());
    let path = keys.path().join("tokens.json");
    for bad in [
        "",
        "[]",
        r#"{"version":2,"tokens":[]}"#,
        r#"{"version":1,"tokens":[],"more":1}"#,
        r#"{"version":1,"version":1,"tokens":[]}"#,
        r#"{"version":1,"tokens":[{"name":"a"}]}"#,
    ] {
        fs::write(&path, bad).unwrap();
        assert!(
            matches!(
                TokenTable::load(keys.path()).err(),
                Some(TokenError::Keys(KeysError::Unreadable { .. }))
            ),
            "{bad}"
        );
    }
    fs::write(&path, r#"{"version":1,"tokens":[]}"#).unwrap();
    assert!(TokenTable::load(keys.path()).is_ok());
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    assert!(matches!(TokenTable::load(keys.path()).err(), Some(TokenError::Keys(KeysError::Exposed { .. }))));
}

#[test]
fn tokens_made_at_once_are_all_kept() {
    let keys = tempfile::tempdir().unwrap();
    let (tokens, entropy) = (TokenTable::create(keys.path()).unwrap(), Counter::default());
    std::thread::scope(|scope| {
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            let (tokens, entropy) = (&tokens, &entropy);
            scope.spawn(move || issue(tokens, name, Caller::Auditor, entropy).unwrap());
        }
    });
    assert_eq!(tokens.list().unwrap().len(), 8);
}
