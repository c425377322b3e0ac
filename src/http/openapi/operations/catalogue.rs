//! The public lists.

use serde_json::{Value, json};

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, get, named};

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        get("/v1/types", "listTypes")
            .says("证照目录", "Licence types in force")
            .answers(200, "All of them.", &[Content::Json("TypeList")])
            .refuses(&[Kind::UnknownField]),
        get("/v1/types/{code}", "showType")
            .says("证照类型", "A licence type")
            .part("code", "Slug or 证照类型代码.", example("business-licence"))
            .answers(200, "The type at its newest version.", &[Content::Json("LicenceType")])
            .refuses(&[Kind::NotFound, Kind::UnknownField]),
        get("/types/{slug}/{version}", "showTypeMetadata")
            .says("类型元数据", "SD-JWT VC type metadata")
            .note("The address that `vct` names in credentials; the bytes never change.")
            .part("slug", "Of the type.", example("business-licence"))
            .part("version", "1, 2, …", json!({"type": "integer", "minimum": 1, "example": 1}))
            .answers(200, "The metadata.", &[Content::Json("TypeMetadata")])
            .refuses(&[Kind::NotFound]),
        get("/v1/departments", "listDepartments")
            .says("部门", "Departments")
            .answers(200, "All of them, withdrawn ones too.", &[Content::Json("DepartmentList")])
            .refuses(&[Kind::UnknownField]),
        get("/v1/powers", "listPowers")
            .says("权力清单", "Who may issue what, where, on what basis")
            .query("at", "As it stood then; not later than now, which is the default.", named("Time"))
            .answers(200, "The list; empty before the first entry.", &[Content::Json("PowerList")])
            .refuses(&[Kind::Validity]),
        get("/v1/officers", "listOfficers")
            .says("经办人", "Officers of departments, by number, key and roles")
            .note("Who has left, or whose days are over, is listed too; nobody is named.")
            .query("department", "Slug or credit code.", example("market-regulation"))
            .query("at", "As it stood then; not later than now, which is the default.", named("Time"))
            .answers(200, "All of them.", &[Content::Json("OfficerList")])
            .refuses(&[Kind::NotFound, Kind::Validity]),
        get("/v1/calendars", "listCalendars")
            .says("工作日历", "Working days, year by year")
            .note("The exceptions from Monday to Friday as the ledger has them; promised days are counted by these.")
            .answers(200, "The newest of each year.", &[Content::Json("CalendarList")])
            .refuses(&[Kind::UnknownField]),
    ]
}

fn example(text: &str) -> Value {
    json!({"type": "string", "example": text})
}
