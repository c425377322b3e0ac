//! One JSON line a figure.

use serde_json::{Value, json};

/// Product beside floor, both in `unit`; medians of rounds that took turns.
pub fn ratio(bench: &str, unit: &str, rounds: &[(f64, f64)]) {
    let product = median(rounds.iter().map(|(product, _)| *product).collect());
    let floor = median(rounds.iter().map(|(_, floor)| *floor).collect());
    let ratio = median(rounds.iter().map(|(product, floor)| product / floor).collect());
    line(&json!({
        "bench": bench, "product": round(product), "floor": round(floor), "ratio": round(ratio), "unit": unit,
        "rounds": rounds.len(),
    }));
}

/// A figure that has no floor.
pub fn alone(bench: &str, unit: &str, product: f64) {
    line(&json!({"bench": bench, "product": round(product), "floor": null, "ratio": null, "unit": unit}));
}

/// The middle one.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Three digits that mean something, more where they stand before the point.
fn round(figure: f64) -> f64 {
    let digits = (2.0 - figure.abs().max(1e-9).log10().floor()).max(0.0);
    let scale = 10_f64.powf(digits);
    (figure * scale).round() / scale
}

fn line(value: &Value) {
    println!("{value}");
}
