//! One JSON line a figure.

use serde_json::{Map, Value, json};

use super::house::Process;

/// Rounds that take turns with the floor.
const ROUNDS: usize = 5;

/// Product beside floor, both in `unit`; medians of rounds that took turns.
pub fn ratio(bench: &str, unit: &str, rounds: &[(f64, f64)]) {
    let (product, floor, ratio) = medians(rounds);
    line(&json!({
        "bench": bench, "product": product, "floor": floor, "ratio": ratio, "unit": unit, "rounds": rounds.len(),
    }));
}

/// Of the first, of the second, of what one is to the other in the same round.
fn medians(rounds: &[(f64, f64)]) -> (f64, f64, f64) {
    let of = |figure: fn(&(f64, f64)) -> f64| round(median(rounds.iter().map(figure).collect()));
    (of(|(product, _)| *product), of(|(_, other)| *other), of(|(product, other)| product / other))
}

/// Product beside somebody else's program that does the like, both in `unit`; medians of rounds that took turns.
pub fn beside(bench: &str, peer: &str, unit: &str, rounds: &[(f64, f64)]) {
    let (product, other, ratio) = medians(rounds);
    line(&json!({
        "bench": bench, "product": product, "peer": other, "ratio": ratio, "unit": unit, "rounds": rounds.len(),
        "name": peer,
    }));
}

/// How things stand in the middle of a long bench.
pub fn sample(bench: &str, figures: &[(&str, f64)]) {
    let mut object = Map::from_iter([("bench".to_owned(), json!(bench))]);
    object.extend(figures.iter().map(|(name, figure)| ((*name).to_owned(), json!(round(*figure)))));
    line(&Value::Object(object));
}

/// A figure that has no floor.
pub fn alone(bench: &str, unit: &str, product: f64) {
    line(&json!({"bench": bench, "product": round(product), "floor": null, "ratio": null, "unit": unit}));
}

/// The same, with the microseconds of a core that the service itself took for each: what is not in it went by in waiting,
/// in the system's work for others, and in whoever asked.
pub fn ratio_of(
    process: Process,
    bench: &str,
    unit: &str,
    count: usize,
    mut round: impl FnMut() -> (f64, f64),
) {
    let (rounds, cpu): (Vec<_>, Vec<_>) = (0..ROUNDS)
        .map(|_| {
            let before = process.cpu();
            let figures = round();
            (figures, (process.cpu() - before) * 1e6 / count as f64)
        })
        .unzip();
    let (product, floor, ratio) = medians(&rounds);
    line(&json!({
        "bench": bench, "product": product, "floor": floor, "ratio": ratio, "unit": unit, "rounds": rounds.len(),
        "cpu_us": self::round(median(cpu)),
    }));
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
