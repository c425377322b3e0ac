//! The check character of ISO/IEC 7064 MOD 37,36 (hybrid system over `0-9A-Z`), as the licence identifiers of
//! GB/T 36904 use it, and the mis-implementation of it that is found in the field.
//!
//! The variant is told apart so that a verifier can say what it sees; nothing here makes it.

/// A character outside `0-9A-Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("character {position} ({found:?}) is not one of 0-9A-Z")]
pub struct NotAlphanumeric {
    /// Position in characters, from 0.
    pub position: usize,
    /// What stands there.
    pub found: char,
}

/// What a check character turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The one of ISO/IEC 7064.
    Iso,
    /// The one of a wide-spread wrong program: letters valued one too high. Never to be accepted as [`Check::Iso`].
    LegacyVariant,
    /// Neither.
    Bad,
}

const ALPHABET: [char; 36] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K',
    'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z',
];

/// The check character over `payload`.
pub fn check_character(payload: &str) -> Result<char, NotAlphanumeric> {
    let product = hybrid_product(payload, |value| value)?;
    Ok(letter((37 - product) % 36))
}

/// Judges `check` as the check character over `payload`.
pub fn judge(payload: &str, check: char) -> Result<Check, NotAlphanumeric> {
    if check == check_character(payload)? {
        Ok(Check::Iso)
    } else if check == legacy_character(payload)? {
        Ok(Check::LegacyVariant)
    } else {
        Ok(Check::Bad)
    }
}

/// The wrong program's character. It counts letters from 11, takes a sum above 37 modulo 37 first where a letter
/// was added, and ends one character too early.
fn legacy_character(payload: &str) -> Result<char, NotAlphanumeric> {
    let product = hybrid_product(payload, |value| if value < 10 { value } else { value + 1 })?;
    Ok(letter(36 - product))
}

/// The running product of the hybrid system, 1 to 36.
fn hybrid_product(payload: &str, weigh: impl Fn(usize) -> usize) -> Result<usize, NotAlphanumeric> {
    let mut product = 36;
    for (position, found) in payload.chars().enumerate() {
        let value = ALPHABET.iter().position(|c| *c == found).ok_or(NotAlphanumeric { position, found })?;
        let added = weigh(value);
        let mut sum = product + added;
        // Reached only where letters count from 11; see `legacy_character`.
        if added != value && sum > 37 {
            sum %= 37;
        }
        sum %= 36;
        product = if sum == 0 { 36 } else { sum } * 2 % 37;
    }
    Ok(product)
}

/// The character of a value below 36.
fn letter(value: usize) -> char {
    ALPHABET.get(value).copied().unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Payload, ISO character, legacy character: identifiers found in public code, without OID and dots.
    const FOUND: [(&str, char, char); 6] = [
        ("11100000000013338W01111430000006122244L20230000403001", 'U', 'T'),
        ("11100000000013338W01111430000006122244L20230000403002", 'S', 'R'),
        ("11100000000013338W00911330105002500287C2025052201002", '0', 'Z'),
        ("11100000MB03271699022340100000000016001", '9', '4'),
        ("11100000000013338W08711370800MB2855918437080001202411010001001", '3', 'G'),
        ("11100000000013661B006113700000045046442209FA4E88F9E4C878F3E9BED2CE7EA49001", 'D', 'M'),
    ];

    #[test]
    fn the_worked_examples() {
        assert_eq!(check_character("A1B2"), Ok('6'));
        assert_eq!(check_character("A12425GABC1234002"), Ok('M'));
        assert_eq!(check_character("11100000MB0143028R00111110105MB0000001C2026000000001001"), Ok('G'));
        for (payload, iso, legacy) in FOUND {
            assert_eq!(judge(payload, iso), Ok(Check::Iso), "{payload}");
            assert_eq!(judge(payload, legacy), Ok(Check::LegacyVariant), "{payload}");
            let other = ALPHABET.into_iter().find(|c| *c != iso && *c != legacy).unwrap();
            assert_eq!(judge(payload, other), Ok(Check::Bad), "{payload}");
        }
        assert_eq!(judge("a", '0'), Err(NotAlphanumeric { position: 0, found: 'a' }));
        assert_eq!(check_character("1.2"), Err(NotAlphanumeric { position: 1, found: '.' }));
    }

    #[test]
    fn every_substitution_and_adjacent_transposition_is_caught() {
        let (payload, check, _) = FOUND[0];
        let whole: Vec<char> = payload.chars().chain([check]).collect();
        let is_good = |typed: &[char]| {
            let (last, front) = typed.split_last().unwrap();
            check_character(&front.iter().collect::<String>()) == Ok(*last)
        };
        assert!(is_good(&whole));
        for place in 0..whole.len() {
            for other in ALPHABET.into_iter().filter(|c| *c != whole[place]) {
                let mut typed = whole.clone();
                typed[place] = other;
                assert!(!is_good(&typed), "{other} at {place}");
            }
        }
        for place in 1..whole.len() {
            let mut typed = whole.clone();
            typed.swap(place - 1, place);
            assert!(typed == whole || !is_good(&typed), "swap at {place}");
        }
    }
}
