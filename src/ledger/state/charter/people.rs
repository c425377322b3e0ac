//! Reading of the charter: officers and what stops them, how types are issued, and which days are worked. Not here: the clock of a case
//! (`deadline`).

use super::Charter;
use super::held::{Held, Moment};
use crate::crypto::KeyId;
use crate::ledger::body::{
    CalendarPublished, CardNumber, OfficerAppointed, OfficerId, ProcessPublished, Role, SupervisionPublished,
    Year,
};
use crate::values::identifiers::{CreditCode, Slug};
use crate::values::time::Date;

impl Charter {
    /// All officers ever, with every appointment, the newest last.
    pub fn officers(&self) -> impl Iterator<Item = (&OfficerId, &Vec<Held<OfficerAppointed>>)> {
        self.officers.iter()
    }

    /// Every appointment of an officer, the newest last; none where there is no such officer.
    pub fn appointments(&self, officer: &OfficerId) -> &[Held<OfficerAppointed>] {
        self.officers.get(officer).map_or(&[], Vec::as_slice)
    }

    /// The newest appointment of an officer.
    pub fn officer(&self, officer: &OfficerId) -> Option<&Held<OfficerAppointed>> {
        self.appointments(officer).last()
    }

    /// The newest appointment that names a key, of whomever.
    pub fn officer_of_key(&self, key: &KeyId) -> Option<&Held<OfficerAppointed>> {
        self.officers.values().filter_map(|appointed| appointed.last()).find(|held| held.value.key == *key)
    }

    /// Whether a key was ever an officer's.
    pub fn was_officer_key(&self, key: &KeyId) -> Option<&OfficerId> {
        let had =
            |appointed: &&Vec<Held<OfficerAppointed>>| appointed.iter().any(|held| held.value.key == *key);
        self.officers.iter().find(|(_, appointed)| had(appointed)).map(|(officer, _)| officer)
    }

    /// The officer whose key this is, if he has this role in this department for an entry at this moment, and his key
    /// counts.
    pub fn officer_acting(
        &self,
        key: &KeyId,
        department: &CreditCode,
        role: Role,
        moment: Moment,
    ) -> Option<&Held<OfficerAppointed>> {
        let day = moment.time.date(self.offset()?);
        self.department(department).filter(|held| held.counts_at(moment.index))?;
        self.key(key).filter(|held| held.counts_at(moment.index))?;
        self.officer_of_key(key).filter(|held| {
            let OfficerAppointed { department: own, from, until, roles, .. } = &held.value;
            held.counts_at(moment.index)
                && own == department
                && roles.contains(&role)
                && *from <= day
                && until.is_none_or(|until| day <= until)
        })
    }

    /// By which rules cards are raised: every publication, the newest last.
    pub fn supervision(&self) -> &[Held<SupervisionPublished>] {
        &self.supervision
    }

    /// The card that keeps an officer from signing now.
    pub fn stopped(&self, officer: &OfficerId) -> Option<CardNumber> {
        self.stops.iter().find(|(_, held)| held.in_force() && held.value == *officer).map(|(card, _)| *card)
    }

    /// How a version of a type is issued; `None` where it is issued without a case.
    pub fn process(&self, licence_type: &Slug, version: u64) -> Option<&Held<ProcessPublished>> {
        self.processes.get(&(licence_type.clone(), version))
    }

    /// All processes ever.
    pub fn processes(&self) -> impl Iterator<Item = &Held<ProcessPublished>> {
        self.processes.values()
    }

    /// The years whose working days are published.
    pub fn calendars(&self) -> impl Iterator<Item = &Year> {
        self.calendars.keys()
    }

    /// Every calendar of a year, the newest last.
    pub fn calendars_of(&self, year: Year) -> &[Held<CalendarPublished>] {
        self.calendars.get(&year).map_or(&[], Vec::as_slice)
    }

    /// The newest calendar of a year.
    pub fn calendar(&self, year: Year) -> Option<&Held<CalendarPublished>> {
        self.calendars_of(year).last()
    }

    /// The last of so many working days after a day.
    pub fn working_days_after(&self, start: Date, days: u64) -> Option<Date> {
        let (mut day, mut left) = (start, days);
        while left > 0 {
            day = day.next()?;
            left -= u64::from(self.is_working(day));
        }
        Some(day)
    }

    /// Whether a day is worked: as its year's calendar says, else from Monday to Friday.
    pub fn is_working(&self, day: Date) -> bool {
        let year = Year::try_from(day.year()).unwrap_or(0);
        let exceptions = self.calendar(year).map(|held| held.value.exceptions.as_slice()).unwrap_or_default();
        match exceptions.iter().find(|exception| exception.date == day) {
            Some(exception) => exception.working,
            None => !day.is_weekend(),
        }
    }
}
