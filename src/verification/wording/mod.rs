//! What every code means and what to do, in both languages. No sentence contains anything of the evidence, so none
//! can carry personal data. Not here: names and dates, which a report shows beside it.

mod en;
mod zh;

use super::code::Code;
use super::judgement::Reason;
use crate::values::lang::Lang;

impl Code {
    /// What it means and what to do.
    pub fn text(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => zh::sentence(self),
            Lang::En => en::sentence(self),
        }
    }
}

impl Reason {
    /// What it means and what to do.
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::AllPassed => {
                lang.choose("各项核验均通过。可以采信。", "Every check passed. The licence can be relied on.")
            }
            Self::AllPassedRecorded => lang.choose(
                "各项核验均通过。这是建账以前发放、后来补录的证照，来源的可信等级见账本一项。",
                "Every check passed. It was granted before this ledger and recorded later: how far its source is trusted stands in the ledger finding.",
            ),
            Self::OtherType => lang.choose(
                "证照本身有效，但不是所要求的种类。请出示所要求的证照。",
                "The licence is valid, but not of the type asked for. Ask for the right one.",
            ),
            Self::Finding(code) => code.text(lang),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_a_sentence_of_its_own_in_each_language() {
        for lang in Lang::ALL {
            let texts: BTreeSet<_> = Code::ALL.iter().map(|code| code.text(lang)).collect();
            assert_eq!(texts.len(), Code::ALL.len());
            let end = lang.choose('。', '.');
            assert!(texts.iter().all(|text| text.ends_with(end) && !text.contains('{')), "{lang:?}");
        }
        assert!(Code::ALL.iter().all(|code| code.text(Lang::En).is_ascii()));
    }

    /// One sentence for what it means, another for what to do.
    #[test]
    fn every_text_has_two_sentences() {
        let reasons = [Reason::AllPassed, Reason::AllPassedRecorded, Reason::OtherType];
        for reason in Code::ALL.iter().map(|code| Reason::Finding(*code)).chain(reasons) {
            assert!(reason.text(Lang::Zh).matches('。').count() >= 2, "{reason:?}");
            assert!(reason.text(Lang::En).matches(". ").count() >= 1, "{reason:?}");
        }
    }
}
