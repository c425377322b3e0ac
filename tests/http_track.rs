//! The applicant's page: what he writes in its forms, what is refused there, and what is sent again.

#[path = "support/mod.rs"]
mod support;

use axum::http::StatusCode;
use serde_json::json;
use support::Service;
use support::applicant::{Followed, application};
use support::officers::{LEAD, Officer};

#[tokio::test]
async fn the_page_takes_letters_without_a_script() {
    let service = Service::found();
    let followed = Followed::filed(&service, &application()).await;
    let words = "&letter=complaint&text=%E7%AD%89%E4%BA%86%E5%A4%AA%E4%B9%85%0D%0A%3Cb%3E";
    let page = followed.page("zh", words).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert!(
        page.text().contains("等了太久\n&#60;b&#62;") || page.text().contains("等了太久\n&lt;b&gt;"),
        "{}",
        page.text()
    );
    assert!(page.text().contains("答复期限") && page.text().contains("投诉渠道"), "{}", page.text());
    followed.answer(LEAD, &json!({"letter": 1, "text": "We are sorry."})).await;
    let page = followed.page("en", "").await;
    assert!(page.text().contains("We are sorry.") && page.text().contains("To complain elsewhere"));
    service.check_ledger().await;
}

#[tokio::test]
async fn a_refused_letter_stays_in_its_form() {
    let service = Service::found();
    let followed = Followed::filed(&service, &application()).await;
    let typed = "&text=%E5%9C%A8%E5%90%97%0D%0A%3Cb%3E%09x";
    let kindless = followed.page("zh", &format!("&after=0{typed}")).await;
    assert_eq!(kindless.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", kindless.text());
    assert!(kindless.text().contains("在吗\n&#60;b&#62;\tx</textarea>"), "{}", kindless.text());
    assert!(kindless.text().contains("id=\"wrong-kind\"") && kindless.text().contains("缺少必填字段"));
    let empty = followed.page("en", "&after=0&letter=complaint&text=").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", empty.text());
    assert!(empty.text().contains("value=\"complaint\" checked"), "{}", empty.text());
    assert!(empty.text().contains("aria-describedby=\"wrong-letter-text\""), "{}", empty.text());
    for text in ["1", "2", "3"] {
        assert_eq!(followed.write("question", text).await.status, StatusCode::OK);
    }
    let fourth = followed.page("en", &format!("&after=3&letter=question{typed}")).await;
    assert_eq!(fourth.status, StatusCode::CONFLICT, "{}", fourth.text());
    let (text, case) = (fourth.text(), &followed.number);
    assert!(
        text.contains("at most 3 wait at once") && text.contains(case) && text.contains("\tx</textarea>"),
        "{text}"
    );
    service.check_ledger().await;
}

#[tokio::test]
async fn a_form_that_is_sent_again_writes_one_letter() {
    let service = Service::found();
    let followed = Followed::filed(&service, &application()).await;
    let page = followed.page("zh", "").await;
    assert!(page.text().contains("name=\"after\" value=\"0\""), "{}", page.text());
    let sent =
        async |after: u32| followed.page("zh", &format!("&after={after}&letter=question&text=x")).await;
    assert!(sent(0).await.text().contains("name=\"after\" value=\"1\""));
    followed.answer(LEAD, &json!({"letter": 1, "text": "y"})).await;
    for (after, letters) in [(0, 1), (1, 2), (1, 2)] {
        assert_eq!(sent(after).await.status, StatusCode::OK);
        assert_eq!(
            followed.look().await["correspondence"].as_array().unwrap().len(),
            letters,
            "after {after}"
        );
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn a_refused_rating_stays_in_its_form() {
    let service = Service::found();
    let intake = Officer::appointed(&service, LEAD, "intake", &["intake"]).await;
    let followed = Followed::filed(&service, &application()).await;
    let rate =
        async |receipt: &str, more: &str| followed.page("en", &format!("&receipt={receipt}{more}")).await;
    let early = rate(&followed.receipt, "&level=5&text=soon").await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text());
    assert!(
        early.text().contains("role=\"alert\"") && early.text().contains("<q>soon</q>"),
        "{}",
        early.text()
    );
    intake
        .takes(&service, &followed.case, "accept", &json!({"outcome": "declined", "reason": "不属本部门"}))
        .await;
    service.post(LEAD, &format!("/v1/cases/{}/deliver", followed.case), &json!({})).await;
    let unlevelled = rate(&followed.receipt, "&text=kept").await;
    assert_eq!(unlevelled.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unlevelled.text());
    assert!(
        unlevelled.text().contains("id=\"wrong-level\"") && unlevelled.text().contains("kept</textarea>")
    );
    let wrong = rate("nonsense", "&level=4&text=kept").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{}", wrong.text());
    let text = wrong.text();
    assert!(text.contains("value=\"nonsense\" autofocus aria-invalid=\"true\""), "{text}");
    assert!(text.contains("value=\"4\" checked") && text.contains("kept</textarea>"), "{text}");
    // Once rated, loading the page again rates it no second time, and another rating is refused.
    for _ in 0..2 {
        let rated = rate(&followed.receipt, "&level=4&text=kept").await;
        assert_eq!(rated.status, StatusCode::OK, "{}", rated.text());
        assert!(rated.text().contains("4 / 5"), "{}", rated.text());
    }
    let other = rate(&followed.receipt, "&level=1&text=kept").await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{}", other.text());
    assert!(other.text().contains("4 / 5") && other.text().contains("role=\"alert\""), "{}", other.text());
    service.check_ledger().await;
}
