//! A QR code (ISO/IEC 18004) as inline SVG: whole modules, so that it stays crisp at every size. Not here: what it
//! holds.

use qrcodegen::{QrCode, QrCodeEcc};

/// Modules of quiet margin.
const MARGIN: i32 = 4;

/// The drawing's side in modules, margin included, and its dark modules as one path.
pub struct Drawing {
    /// In modules.
    pub side: i32,
    /// `d` of a path.
    pub path: String,
}

/// Draws a text at error correction level M; none if it is too long for any code.
pub fn draw(text: &str) -> Option<Drawing> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + MARGIN, y + MARGIN));
        }
    }
    Some(Drawing { side: code.size() + 2 * MARGIN, path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finder_in_the_corner() {
        let drawing = draw("HTTP://A.TEST/?n=1&c=2").unwrap();
        assert!(drawing.side >= 21 + 8);
        assert!(drawing.path.starts_with("M4 4h1v1h-1zM5 4h1v1h-1z"));
        assert!(draw(&"x".repeat(4000)).is_none());
    }
}
