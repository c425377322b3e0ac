//! The one way all three are read: digits and marks at fixed places, nothing optional.

use super::TimeError;

/// The numbers in `text`, which must have the given form: in it the digit `n` stands for a digit of the `n`th number,
/// any other character for itself.
pub(super) fn numbers<const N: usize>(text: &str, form: &'static str) -> Result<[i64; N], TimeError> {
    if text.len() != form.len() {
        return Err(TimeError::Length { form, expected: form.len(), found: text.len() });
    }
    let mut numbers = [0; N];
    for (position, (found, wanted)) in text.bytes().zip(form.bytes()).enumerate() {
        let fits = if wanted.is_ascii_digit() { found.is_ascii_digit() } else { found == wanted };
        if !fits {
            return Err(TimeError::Form { form, position });
        }
        if let Some(number) = numbers.get_mut(usize::from(wanted.wrapping_sub(b'0'))) {
            *number = *number * 10 + i64::from(found - b'0');
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::time::{Date, Time, UtcOffset};

    #[test]
    fn errors_say_where() {
        assert_eq!(
            "2026-11-22t06:00:00.123Z".parse::<Time>(),
            Err(TimeError::Form { form: "0000-11-22T33:44:55.666Z", position: 10 })
        );
        assert_eq!("2026-02-30".parse::<Date>(), Err(TimeError::NoSuchDay { year: 2026, month: 2, day: 30 }));
        assert_eq!("+18:01".parse::<UtcOffset>(), Err(TimeError::Offset { hours: 18, minutes: 1 }));
    }
}
