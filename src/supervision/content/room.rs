//! Which of a holder's licences one is compared with: so many of the newest whose days meet its own, and so many of the rest. Each side has a
//! room of its own, so that whoever wants to hide one behind others cannot do it with licences of days that concern nobody.

/// So many of the newest are compared: of those of a type that are not past and whose days meet, and as many of the rest.
pub const COMPARED: usize = 64;

/// The room for them, which is filled from the newest on.
#[derive(Debug, Default)]
pub struct Room {
    meeting: usize,
    rest: usize,
}

impl Room {
    /// Whether there is room for one more whose days meet or do not.
    pub fn has_for(&self, meets: bool) -> bool {
        (if meets { self.meeting } else { self.rest }) < COMPARED
    }

    /// Takes one in.
    pub fn take(&mut self, meets: bool) {
        *(if meets { &mut self.meeting } else { &mut self.rest }) += 1;
    }

    /// Whether there is no room for any.
    pub fn is_full(&self) -> bool {
        !self.has_for(true) && !self.has_for(false)
    }
}
