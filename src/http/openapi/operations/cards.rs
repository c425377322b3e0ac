//! Cards, for everybody to see, and for supervisors.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, Who, dry_run, get, post};

/// What can be done about a card.
const ABOUT_ONE: [&str; 4] = ["showCard", "orderCard", "answerCard", "releaseCard"];

/// The rows.
pub fn operations() -> Vec<Operation> {
    vec![
        get("/v1/cards", "listCards")
            .says("黄牌、红牌", "Cards that the rules of supervision raised")
            .note("In their order, as the ledger has them; what followed each is told with it.")
            .query(
                "department",
                "Slug or credit code.",
                json!({"type": "string", "example": "market-regulation"}),
            )
            .query("open", "Only those that are not released.", json!({"type": "boolean"}))
            .query("after", "`next` of the page before.", json!({"type": "integer", "minimum": 0}))
            .answers(200, "A page.", &[Content::Json("CardPage")])
            .leads(&ABOUT_ONE, "card", "/items/0/card")
            .leads(&["listCards"], "after", "/next")
            .refuses(&[Kind::NotFound]),
        card(get("/v1/cards/{card}", "showCard"))
            .says("查看", "Show a card")
            .answers(200, "The card.", &[Content::Json("Card")])
            .refuses(&[Kind::UnknownField]),
        step("/v1/cards/{card}/order", "orderCard", "CardOrder")
            .says("督办", "Order an answer")
            .note("By a supervisor of another department. That it is late raises a card of its own."),
        step("/v1/cards/{card}/answer", "answerCard", "CardAnswer")
            .says("答复", "Say what was done")
            .note("By a supervisor of the card's department."),
        step("/v1/cards/{card}/release", "releaseCard", "CardRelease")
            .says("解除", "Release a card")
            .note("By a supervisor of another department. Whoever it stopped may sign again."),
    ]
}

/// About one card.
fn card(operation: Operation) -> Operation {
    operation.part("card", "Its number.", json!({"type": "integer", "minimum": 1})).refuses(&[Kind::NotFound])
}

/// What a supervisor does: asked first what would be signed, then entered with the signature.
fn step(path: &'static str, name: &'static str, body: &'static str) -> Operation {
    card(post(path, name))
        .by(Who::Department)
        .with(dry_run())
        .takes(&[Content::Json(body)])
        .answers(200, "What is to be signed; or a dry run.", &[Content::Json("CardStepped")])
        .answers(201, "Entered.", &[Content::Json("CardStepped")])
        .refuses(&[Kind::IllegalTransition, Kind::NotReady, Kind::Outdated])
        .refuses(&[Kind::NotOfficer, Kind::ApprovalSignature, Kind::InvalidClaim, Kind::UnknownField])
}
