//! The holders of a request: how many, codes of a type that is allowed and with a right check character, roles.

use crate::catalogue::licence_type::LicenceType;
use crate::catalogue::refusal::{ClaimRule, RequestError, RequestErrorKind, below};
use crate::catalogue::request::HolderRequest;
use crate::catalogue::rules::RoleRule;
use crate::values::identifiers::{
    CodeType, CreditCodeError, HolderCode, HolderCodeError, ResidentNumberError, Slug,
};

/// A holder with a well-formed code.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    name: String,
    code: HolderCode,
    role: Option<Slug>,
}

impl Holder {
    /// Name, not normalised.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Code with its type.
    pub fn code(&self) -> &HolderCode {
        &self.code
    }

    /// Role, where the type names roles.
    pub fn role(&self) -> Option<&Slug> {
        self.role.as_ref()
    }
}

impl LicenceType {
    pub(super) fn check_holders(
        &self,
        requests: &[HolderRequest],
        pointer: String,
    ) -> Result<Vec<Holder>, RequestError> {
        let (min, max, found) = (self.rules().holders.min, self.rules().holders.max, requests.len());
        if !(min..=max).contains(&found) {
            return Err(RequestError::rule(pointer, ClaimRule::Count { min, max, found }));
        }
        let mut holders: Vec<Holder> = Vec::with_capacity(found);
        for request in requests {
            let holder = self.check_holder(request)?;
            if holders.iter().any(|other| other.code == holder.code) {
                return Err(RequestError::rule(below(&request.pointer, "code"), ClaimRule::Twice));
            }
            holders.push(holder);
        }
        self.check_roles(requests, &holders, pointer)?;
        Ok(holders)
    }

    /// Each role as often as its rule says: one too many is at fault itself, one too few is missing from the list.
    fn check_roles(
        &self,
        requests: &[HolderRequest],
        holders: &[Holder],
        pointer: String,
    ) -> Result<(), RequestError> {
        for RoleRule { role, min, max, .. } in &self.rules().holders.roles {
            let (min, max) = (*min, *max);
            let with_role = || requests.iter().zip(holders).filter(|(_, holder)| holder.role() == Some(role));
            let found = with_role().count();
            if (min..=max).contains(&found) {
                continue;
            }
            let spare = with_role().nth(max).map(|(request, _)| below(&request.pointer, "role"));
            let rule = ClaimRule::Role { role: role.to_string(), min, max, found };
            return Err(RequestError::rule(spare.unwrap_or(pointer), rule));
        }
        Ok(())
    }

    pub(super) fn check_holder(&self, request: &HolderRequest) -> Result<Holder, RequestError> {
        let at = |member: &str| below(&request.pointer, member);
        let allowed = &self.rules().holders.code_types;
        let code_type = allowed.iter().find(|allowed| allowed.as_str() == request.code_type);
        let code_type = *code_type.ok_or_else(|| {
            let options = allowed.iter().map(ToString::to_string).collect();
            RequestError::rule(at("code_type"), ClaimRule::OneOf { options })
        })?;
        let code = HolderCode::parse(code_type, &request.code).map_err(|problem| {
            RequestError::at(at("code"), code_refusal(code_type, &request.code, problem))
        })?;
        let role = self.check_role(request.role.as_deref(), at("role"))?;
        Ok(Holder { name: request.name.clone(), code, role })
    }

    pub(super) fn check_role(
        &self,
        role: Option<&str>,
        pointer: String,
    ) -> Result<Option<Slug>, RequestError> {
        let roles = &self.rules().holders.roles;
        match role {
            None if roles.is_empty() => Ok(None),
            None => Err(RequestError::at(pointer, RequestErrorKind::Missing)),
            Some(_) if roles.is_empty() => Err(RequestError::rule(pointer, ClaimRule::NoRoles)),
            Some(role) => match roles.iter().find(|known| known.role.as_str() == role) {
                Some(known) => Ok(Some(known.role.clone())),
                None => {
                    let options = roles.iter().map(|known| known.role.to_string()).collect();
                    Err(RequestError::rule(pointer, ClaimRule::OneOf { options }))
                }
            },
        }
    }
}

pub(super) fn code_refusal(code_type: CodeType, code: &str, problem: HolderCodeError) -> RequestErrorKind {
    match problem {
        HolderCodeError::CreditCode(CreditCodeError::Check { expected, found })
        | HolderCodeError::ResidentNumber(ResidentNumberError::Check { expected, found }) => {
            RequestErrorKind::CheckDigit { code: shown(code_type, code), expected, found }
        }
        other => RequestErrorKind::InvalidClaim(ClaimRule::Code(other)),
    }
}

/// An organisation's code is public; of a person's the middle is hidden, since answers end up in logs.
fn shown(code_type: CodeType, code: &str) -> String {
    if code_type.is_organisation() {
        return code.to_owned();
    }
    let last = code.chars().count().saturating_sub(1);
    code.chars().enumerate().map(|(n, c)| if n == 0 || n == last { c } else { '*' }).collect()
}
