//! Text as it lies at rest: a Chinese letter in two bytes instead of three, those that registers use most in one, ASCII as
//! it is. Any text comes back; bytes that were not written so are refused. Not here: what the text says.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Letters of one byte, from [`ONE`] on: they make a third of what business registers say.
const OFTEN: [char; 31] = [
    '、', '；', '品', '经', '务', '公', '的', '工', '服', '司', '南', '市', '有', '限', '售', '业', '批',
    '产', '销', '设', '营', '区', '及', '技', '术', '发', '，', '。', '（', '）', '人',
];
/// The first byte of letters of two.
const TWO: u8 = 0x80;
/// The byte of the first letter of one.
const ONE: u8 = 0xE0;
/// Before a letter in three bytes: one of no range.
const THREE: u8 = 0xFF;
/// Ranges of letters of two bytes: the number of the first letter, its scalar value, how many.
const RANGES: [(u16, u32, u16); 5] = [
    (0x0000, 0x4E00, 0x5200),
    (0x5200, 0x3000, 0x0100),
    (0x5300, 0xFF00, 0x0100),
    (0x5400, 0x2000, 0x0100),
    (0x5500, 0x0080, 0x0B00),
];

/// Text at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letters(pub(super) String);

impl Serialize for Letters {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&write(&self.0))
    }
}

impl<'de> Deserialize<'de> for Letters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        read(bytes).map(Self).ok_or_else(|| D::Error::custom("not letters at rest"))
    }
}

/// Text to bytes.
pub(super) fn write(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for letter in text.chars() {
        if let Ok(ascii @ 0..=0x7F) = u8::try_from(letter) {
            bytes.push(ascii);
        } else if let Some(place) = OFTEN.iter().position(|often| *often == letter) {
            bytes.push(ONE + u8::try_from(place).unwrap_or_default());
        } else if let Some(number) = number_of(letter) {
            let [high, low] = number.to_be_bytes();
            bytes.extend([TWO | high, low]);
        } else {
            let [_, high, middle, low] = u32::from(letter).to_be_bytes();
            bytes.extend([THREE, high, middle, low]);
        }
    }
    bytes
}

/// Bytes to text.
pub(super) fn read(bytes: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 2);
    let mut left = bytes.iter().copied();
    while let Some(first) = left.next() {
        text.push(match first {
            0..TWO => char::from(first),
            TWO..ONE => letter_of(u16::from_be_bytes([first & !TWO, left.next()?]))?,
            ONE..THREE => *OFTEN.get(usize::from(first - ONE))?,
            THREE => char::from_u32(u32::from_be_bytes([0, left.next()?, left.next()?, left.next()?]))?,
        });
    }
    Some(text)
}

fn number_of(letter: char) -> Option<u16> {
    RANGES.iter().find_map(|(number, first, count)| {
        let offset = u32::from(letter).checked_sub(*first).and_then(|offset| u16::try_from(offset).ok())?;
        (offset < *count).then(|| number + offset)
    })
}

fn letter_of(number: u16) -> Option<char> {
    RANGES.iter().find_map(|(first, scalar, count)| {
        let offset = number.checked_sub(*first).filter(|offset| offset < count)?;
        char::from_u32(scalar + u32::from(offset))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_comes_back() {
        let every: String = (0..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
        let bytes = write(&every);
        assert_eq!(read(&bytes).as_ref(), Some(&every));
        for letter in every.chars() {
            let length = write(letter.encode_utf8(&mut [0; 4])).len();
            assert!(length <= letter.len_utf8().max(4), "{letter:?}");
        }
    }

    #[test]
    fn chinese_takes_two_thirds_at_most() {
        let said = "批发兼零售：预包装食品（具体项目以审批部门核准的为准）；长期";
        assert!(write(said).len() * 3 <= said.len() * 2, "{}", write(said).len());
        assert_eq!(write("a\u{1}\"").as_slice(), b"a\x01\"");
    }

    #[test]
    fn what_was_not_written_so_is_refused() {
        for bad in [&[0x80][..], &[0xFF, 0, 0xD8, 0], &[0xFF, 0x11, 0, 0], &[0xFF, 0, 1]] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(read(&[0xFE]).as_deref(), Some("人"));
    }
}
