//! Records to issue: real registrations where there are some beside `VIDIMUS_VECTORS`, else an example; as many as wanted,
//! since each time around the register every company has another code.

use serde_json::Value;
use vidimus::catalogue::{Catalogue, LicenceType};
use vidimus::values::identifiers::CreditCode;

/// Department that may issue them.
pub const DEPARTMENT: &str = "market-regulation";
/// Their type.
const TYPE: &str = "business-licence";
/// What a code is made of.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Makes issue requests.
pub struct Records {
    requests: Vec<Value>,
    next: usize,
}

impl Records {
    /// The register, and what it says where there is none.
    pub fn open() -> Self {
        let catalogue = Catalogue::built_in().unwrap();
        let licence_type = catalogue.find(TYPE).unwrap();
        let register = std::env::var("VIDIMUS_VECTORS").ok();
        let register = register.map(|vectors| format!("{vectors}/../business-registrations.csv"));
        let requests = match register.filter(|path| std::path::Path::new(path).exists()) {
            Some(path) => of_table(&path, licence_type),
            None => {
                eprintln!("no register beside VIDIMUS_VECTORS: the type's example instead");
                vec![
                    serde_json::from_slice(include_bytes!(
                        "../../schemas/types/business-licence/1/example.json"
                    ))
                    .unwrap(),
                ]
            }
        };
        Self { requests, next: 0 }
    }

    /// The next requests, no holder twice.
    pub fn take(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.one()).collect()
    }

    fn one(&mut self) -> String {
        let (round, place) = (self.next / self.requests.len(), self.next % self.requests.len());
        self.next += 1;
        let mut request = self.requests[place].clone();
        let code = request["holders"][0]["code"].as_str().unwrap();
        request["holders"][0]["code"] = renumbered(code, round).into();
        request.to_string()
    }
}

fn of_table(path: &str, licence_type: &LicenceType) -> Vec<Value> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(Result::unwrap);
    let requests = rows.filter_map(|row| {
        let cells: Vec<String> = row.iter().map(str::to_owned).collect();
        let request = licence_type.columns().request(licence_type.slug(), &header, &cells).ok()?;
        // A few rows of a real register have codes that are none.
        let code = request["holders"][0]["code"].as_str()?;
        code.parse::<CreditCode>().is_ok().then_some(request)
    });
    requests.collect()
}

/// The code with its serial moved on by a number of rounds, and the check character that goes with it.
fn renumbered(code: &str, round: usize) -> String {
    if round == 0 {
        return code.to_owned();
    }
    let letters: Vec<char> = ALPHABET.chars().collect();
    let mut places: Vec<usize> =
        code[..17].chars().map(|letter| letters.iter().position(|known| *known == letter).unwrap()).collect();
    let mut carry = round;
    for place in places[8..17].iter_mut().rev() {
        carry += *place;
        *place = carry % letters.len();
        carry /= letters.len();
    }
    let body: String = places.iter().map(|place| letters[*place]).collect();
    let checked = letters.iter().map(|letter| format!("{body}{letter}"));
    checked.into_iter().find(|code| code.parse::<CreditCode>().is_ok()).expect("one check character fits")
}
