//! Which licence type a text names, as somebody at a counter would write it: `无犯罪证明`, `需要营业执照副本`, `driver's
//! license`. By names alone, the same for everybody: the type's own in both languages, its related item, and the synonyms
//! of `schemas/synonyms.toml`. A text may name several. It had better miss one than find one that is not meant: what a
//! miss costs is a need that is written down. Not here: whether anybody may issue it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::LicenceType;
use crate::values::identifiers::Slug;

/// What a proof is called whatever it proves, and what is asked for of it; the longer before what it ends with.
const ENDINGS: [&str; 9] = ["复印件", "证明书", "原件", "副本", "证明", "证书", "证件", "凭证", "证"];
/// What is done with a proof.
const BEGINNINGS: [&str; 7] = ["需要", "须", "开具", "出具", "提供", "提交", "办理"];
/// The same of English names.
const ENGLISH_ENDINGS: [&str; 6] =
    ["attestation", "certificate", "certification", "registration", "licence", "register"];
/// Parts of names that name nothing by themselves.
const GENERIC: [&str; 13] = [
    "记录",
    "关系",
    "登记",
    "注册",
    "许可",
    "经营",
    "居民",
    "食品",
    "社会",
    "保险",
    "营业",
    "执照",
    "机动车",
];
/// What turns a name into its contrary: 无房产, 非亲属关系, 犯罪记录 within 无犯罪记录.
const NEGATIONS: [char; 4] = ['无', '非', '不', '未'];
/// Between the proofs of a list.
const BETWEEN: [&str; 12] = ["、", "，", ",", "；", ";", "/", "和", "及", "与", "或", " and ", " or "];

static SYNONYMS: LazyLock<BTreeMap<Slug, Vec<String>>> = LazyLock::new(|| synonyms().unwrap_or_default());

fn synonyms() -> Result<BTreeMap<Slug, Vec<String>>, toml::de::Error> {
    toml::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/synonyms.toml")))
}

impl LicenceType {
    /// Whether a text names this type, alone or among others.
    pub fn is_named_in(&self, text: &str) -> bool {
        if self.is_called(text.trim()) {
            return true;
        }
        let mut parts = vec![text.to_lowercase()];
        for between in BETWEEN {
            parts = parts.iter().flat_map(|part| part.split(between)).map(str::to_owned).collect();
        }
        parts.iter().map(|part| plain(part)).any(|part| self.is_named_by(&part))
    }

    /// Whether one part of a text, already plain, names it.
    fn is_named_by(&self, part: &str) -> bool {
        let name = plain(&self.name().zh);
        let item = plain(&self.rules().catalogue.related_item.zh);
        let english = plain(&self.name().en);
        let said = core(part);
        let known = SYNONYMS.get(self.slug()).map(Vec::as_slice).unwrap_or_default();
        says(part, &name)
            || part.contains(&english)
            || english_core(part) == english_core(&english)
            || [&name, &item].into_iter().any(|whole| ends_in(said, core(whole)))
            || is_part_of(said, core(&name))
            || known.iter().any(|synonym| core(&plain(synonym)) == said)
    }
}

/// Letters, digits and characters alone, small and of one width; one spelling of licence.
fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => u32::from(c).checked_sub(0xfee0).and_then(char::from_u32).unwrap_or(c),
        c => c,
    };
    let kept = text.chars().map(narrow).filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect::<String>().replace("license", "licence")
}

/// What a name is about: without what is done with it and what any proof is called.
fn core(name: &str) -> &str {
    std::iter::successors(Some(name), |name| shorter(name)).last().unwrap_or(name)
}

fn shorter(name: &str) -> Option<&str> {
    let begun = BEGINNINGS.iter().find_map(|beginning| name.strip_prefix(beginning));
    begun.or_else(|| ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)))
}

fn english_core(name: &str) -> &str {
    ENGLISH_ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// Whether a text says a name somewhere, and not its contrary.
fn says(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| !text.get(..at).is_some_and(|before| before.ends_with(NEGATIONS)))
}

/// Whether a text ends in a name, and not in its contrary.
fn ends_in(text: &str, name: &str) -> bool {
    let before = text.strip_suffix(name).filter(|_| name.chars().nth(1).is_some());
    before.is_some_and(|before| !before.ends_with(NEGATIONS))
}

/// Whether a text is a part of a name by which it can be told.
fn is_part_of(text: &str, name: &str) -> bool {
    text.chars().nth(1).is_some() && !GENERIC.contains(&text) && says(name, text)
}

#[cfg(test)]
mod tests {
    use super::super::Catalogue;
    use super::*;

    fn named(text: &str) -> Vec<String> {
        let catalogue = Catalogue::built_in().unwrap();
        let found = catalogue.iter().filter(|licence_type| licence_type.is_named_in(text));
        found.map(|licence_type| licence_type.slug().to_string()).collect()
    }

    #[test]
    fn a_text_names_the_type_that_attests_it() {
        for (text, slug) in [
            ("无犯罪记录证明", "no-criminal-record"),
            ("无犯罪证明", "no-criminal-record"),
            ("开具 个人“无犯罪记录”证明书(原件)", "no-criminal-record"),
            ("亲属关系证明", "kinship-attestation"),
            ("直系亲属关系证明", "kinship-attestation"),
            ("亲属证明", "kinship-attestation"),
            ("户口本复印件", "household-register"),
            ("身份证", "identity-attestation"),
            ("居民身份证复印件", "identity-attestation"),
            ("需要营业执照副本", "business-licence"),
            ("加盖公章的营业执照扫描件", "business-licence"),
            ("食品经营许可证", "food-operation-licence"),
            ("驾驶证", "driving-licence"),
            ("Driver’s License", "driving-licence"),
            ("driving licence", "driving-licence"),
            ("婚姻证明", "marriage-registration"),
            ("Marriage certificate", "marriage-registration"),
            ("结婚登记证明", "marriage-registration"),
            ("房产证", "real-estate-title"),
            ("不动产登记证明", "real-estate-title"),
            ("建造师注册证书", "constructor-registration"),
            ("完税凭证", "tax-payment"),
            ("税收完税证明", "tax-payment"),
            ("ＴＡＸ　payment certificate", "tax-payment"),
            ("社保证明", "social-insurance"),
            ("social-insurance", "social-insurance"),
            ("11100000000013127D904", "no-criminal-record"),
        ] {
            assert_eq!(named(text), [slug], "{text}");
        }
    }

    #[test]
    fn a_list_names_all_of_them() {
        let mut found = named("身份证、户口簿和无犯罪记录证明");
        found.sort();
        assert_eq!(found, ["household-register", "identity-attestation", "no-criminal-record"]);
        assert_eq!(named("business licence and marriage certificate").len(), 2);
    }

    #[test]
    fn what_is_only_near_is_not_meant() {
        for text in [
            "证明你妈是你妈",
            "证明",
            "证",
            "许可证",
            "登记证明",
            "关系证明",
            "居民证明",
            "保险证明",
            "收入证明",
            "学历证书",
            "学生身份证明",
            "单身证明",
            "无婚姻登记记录证明",
            "无房产证明",
            "非亲属关系证明",
            "犯罪记录证明",
            "动产证明",
            "无营业执照证明",
            "机动车驾驶人身体条件证明",
            "卫生许可证",
            "居住证",
            "出生医学证明",
            "certificate",
            "proof of income",
            "identity theft report",
            "licence",
        ] {
            assert_eq!(named(text), Vec::<String>::new(), "{text}");
        }
    }

    /// Every type by its own names, and by every synonym, and no other.
    #[test]
    fn names_and_synonyms_are_of_one_type_each() {
        let catalogue = Catalogue::built_in().unwrap();
        let synonyms = synonyms().unwrap();
        for (slug, names) in &synonyms {
            assert!(catalogue.latest(slug).is_some(), "there is no type {slug}");
            for name in names {
                assert_eq!(named(name), [slug.as_str()], "{name}");
            }
        }
        for licence_type in catalogue.iter() {
            let (name, item) = (licence_type.name(), &licence_type.rules().catalogue.related_item);
            for text in [&name.zh, &name.en, &item.zh] {
                assert_eq!(named(text), [licence_type.slug().as_str()], "{text}");
            }
        }
    }
}
