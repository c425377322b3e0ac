//! The portal's pages: what they say is what the JSON routes say, in both languages, without a script; and what they
//! say of a question that cannot be answered.

#![expect(clippy::unwrap_used, clippy::panic, clippy::string_slice, reason = "a test ends where it fails")]

#[path = "support/mod.rs"]
mod support;

use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::Value;
use support::{Answered, Service, business_licence};

/// Pages that all see alike, below the language.
const PAGES: [&str; 14] = [
    "",
    "/types",
    "/types/business-licence",
    "/types/identity-attestation",
    "/matters",
    "/matters/open-a-restaurant",
    "/powers",
    "/departments",
    "/departments/market-regulation",
    "/ledger",
    "/service",
    "/help",
    "/problems",
    "/problems/no-power",
];

async fn page(service: &Service, path: &str) -> Answered {
    service.ask(Method::GET, path).header("accept", "text/html").send().await
}

/// Every text of these members, in a language where it has two.
fn texts(value: &Value, lang: &str, members: &[&str]) -> Vec<String> {
    let said = |item: &Value, name: &&str| {
        // A name, or a pointer to one further down.
        let found = item.get(*name).or_else(|| item.pointer(name)).unwrap_or(&Value::Null);
        found
            .as_str()
            .or_else(|| found[lang].as_str())
            .unwrap_or_else(|| panic!("{name}: {item:#}"))
            .to_owned()
    };
    let items = value["items"].as_array().unwrap();
    assert!(!items.is_empty());
    items.iter().flat_map(|item| members.iter().map(move |name| said(item, name))).collect()
}

/// As a template writes a text.
fn escaped(text: &str) -> String {
    text.replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

#[tokio::test]
async fn every_page_is_there_in_both_languages_and_needs_no_script() {
    let service = Service::found();
    service.issue(&business_licence()).await;
    service.authority.publish().unwrap();
    for below in PAGES {
        for (lang, tag, other) in [("zh", "zh-CN", "en"), ("en", "en", "zh")] {
            let path = format!("/{lang}{below}");
            let found = page(&service, &path).await;
            assert_eq!(found.status, StatusCode::OK, "{path}: {}", found.text());
            let text = found.text();
            assert!(text.contains(&format!("<html lang=\"{tag}\">")), "{path}");
            assert!(text.contains(&format!("class=\"switch\" href=\"/{other}{below}\"")), "{path}: {text}");
            for hreflang in ["zh-CN", "en"] {
                assert!(text.contains(&format!("rel=\"alternate\" hreflang=\"{hreflang}\"")), "{path}");
            }
            assert!(!text.contains("<script") && !text.contains("style=\""), "{path}");
            assert_eq!(text.matches("<h1").count(), 1, "{path}");
            assert!(text.contains("样例市") || text.contains("Sample City"), "{path}");
            // Law 0, section 4: what the sample's approvals are worth is said on every page.
            assert!(text.contains("不证明有人批准") || text.contains("prove form, not people"), "{path}");
            let head = service.ask(Method::HEAD, &path).header("accept", "text/html").send().await;
            assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0), "{path}");
        }
    }
    service.check_ledger().await;
}

#[tokio::test]
async fn the_desk_is_a_frame_around_our_own_script_and_nothing_else() {
    let service = Service::found();
    for (lang, command) in [("zh", "vidimus case approve 办件"), ("en", "vidimus case approve CASE")] {
        let desk = page(&service, &format!("/{lang}/desk")).await;
        assert_eq!(desk.status, StatusCode::OK, "{}", desk.text());
        let text = desk.text();
        assert_eq!(text.matches("<script").count(), 1);
        assert!(text.contains("<script type=\"module\" src=\"/assets/desk/main.js\"></script>"));
        assert!(
            text.contains(command) && text.contains("<noscript>") && !text.contains("style=\""),
            "{text}"
        );
        let policy = desk.header("content-security-policy").to_owned();
        for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "form-action 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(desk.header("cache-control"), "no-store");
    }
    let script = service.ask(Method::GET, "/assets/desk/main.js").send().await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(script.header("cache-control"), "no-cache");
    let tag = script.header("etag").to_owned();
    let again = service.ask(Method::GET, "/assets/desk/main.js").header("if-none-match", &tag).send().await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    // Every module that one names is there.
    let mut waiting = vec!["main.js".to_owned()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let module = service.ask(Method::GET, &format!("/assets/desk/{name}")).send().await;
        assert_eq!(module.status, StatusCode::OK, "{name}");
        let text = module.text();
        waiting.extend(
            text.lines()
                .filter_map(|line| line.strip_prefix("import ")?.split("\"./").nth(1))
                .map(|rest| rest.trim_end_matches("\";").to_owned()),
        );
    }
    assert!(seen.len() > 10, "{seen:?}");
    for wrong in ["/zh/desk?x=1", "/assets/desk/none.js", "/assets/desk", "/assets/../Cargo.js"] {
        let found = page(&service, wrong).await;
        assert!(found.status.is_client_error(), "{wrong}: {}", found.status);
    }
}

#[tokio::test]
async fn pages_say_what_the_lists_say() {
    let service = Service::found();
    for lang in ["zh", "en"] {
        for (api, below, members) in [
            ("/v1/types", "/types", &["name", "type"][..]),
            ("/v1/departments", "/departments", &["name", "code", "region", "department"][..]),
            (
                "/v1/powers",
                "/powers",
                &[
                    "department_name",
                    "region",
                    "basis",
                    "type",
                    "/responsibility/office",
                    "/responsibility/complaints",
                ][..],
            ),
        ] {
            let listed = service.get(api).await.json();
            let shown = page(&service, &format!("/{lang}{below}")).await;
            for text in texts(&listed, lang, members) {
                assert!(shown.text().contains(&escaped(&text)), "{lang}{below} does not say {text}");
            }
        }
        let one = service.get("/v1/types/identity-attestation").await.json();
        let shown = page(&service, &format!("/{lang}/types/identity-attestation")).await;
        for claim in one["claims"].as_array().unwrap() {
            assert!(shown.text().contains(&escaped(claim["label"][lang].as_str().unwrap())), "{claim}");
        }
        assert!(shown.text().contains(&escaped(one["inferable"][lang].as_str().unwrap())));
        let withheld =
            one["claims"].as_array().unwrap().iter().filter(|claim| claim["may_be_withheld"] == true);
        let word = if lang == "zh" { ">可以不出示<" } else { ">may be withheld<" };
        assert_eq!(shown.text().matches(word).count(), withheld.count());
        assert_eq!(
            page(&service, &format!("/{lang}/types/{}", one["type_code"].as_str().unwrap())).await.status,
            200
        );
    }
    let checkpoint = service.get("/ledger/checkpoint").await;
    let ledger = page(&service, "/en/ledger").await;
    for line in checkpoint.text().lines() {
        assert!(ledger.text().contains(line), "{line}");
    }
    for key in service.get("/ledger/vkey").await.text().lines() {
        assert!(ledger.text().contains(key), "{key}");
    }
}

#[tokio::test]
async fn the_power_list_is_asked_by_a_form() {
    let service = Service::found();
    let count = async |query: &str| {
        let found = page(&service, &format!("/en/powers?{query}")).await;
        assert_eq!(found.status, StatusCode::OK, "{query}: {}", found.text());
        found.text().matches("<td data-label=\"Legal basis\"").count()
    };
    let listed = service.get("/v1/powers").await.json();
    let items = listed["items"].as_array().unwrap();
    let of = |name: &str, value: &str| items.iter().filter(|item| item[name] == value).count();
    assert_eq!(count("").await, items.len());
    // What a form sends that was not filled in.
    assert_eq!(count("at=&department=&type=&q=").await, items.len());
    assert_eq!(count("at=2026-11-22").await, items.len());
    assert_eq!(count("at=2026-11-21").await, 0);
    let police = of("department", "public-security");
    assert!(police > 0 && police < items.len());
    assert_eq!(count("department=public-security").await, police);
    assert_eq!(count("type=business-licence").await, 1);
    assert_eq!(count("department=public-security&type=business-licence").await, 0);
    assert_eq!(count("q=DRIVING+430700").await, 1);
    // The English page has no Chinese to find; the Chinese one has.
    assert_eq!(count("q=%E8%90%A5%E4%B8%9A").await, 0);
    let chinese = page(&service, "/zh/powers?q=%E8%90%A5%E4%B8%9A%E6%89%A7%E7%85%A7").await;
    assert_eq!(chinese.text().matches("<td data-label=\"法律依据\"").count(), 1);
    assert_eq!(count("q=nothing+of+the+kind").await, 0);
    // What is asked wrongly is given back, with what is wrong beside it.
    for (at, said) in [
        ("2026-11-23", "today or earlier"),
        ("yesterday", "written like 2026-11-22"),
        ("2026-02-30", "written like"),
    ] {
        let found = page(&service, &format!("/en/powers?at={at}&q=market")).await;
        assert_eq!(found.status, StatusCode::UNPROCESSABLE_ENTITY, "{at}");
        let text = found.text();
        assert!(text.contains(&format!("value=\"{at}\"")) && text.contains("value=\"market\""), "{text}");
        assert!(text.contains("aria-invalid=\"true\"") && text.contains(said), "{text}");
    }
    let odd = page(&service, "/zh/powers?colour=red").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(odd.text().contains("colour") || odd.text().contains("没有这个查询参数"), "{}", odd.text());
    let script = page(&service, "/en/powers?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!script.text().contains("<script"), "{}", script.text());
}

#[tokio::test]
async fn the_ledger_counts_its_days_and_the_service_its_age() {
    let service = Service::found();
    let founded = service.authority.published().range.size();
    service.clock.forward(Duration::from_secs(3 * 24 * 3600));
    service.issue(&business_licence()).await;
    service.authority.publish().unwrap();
    let ledger = page(&service, "/en/ledger").await;
    for (day, count) in [("22 November 2026", founded), ("24 November 2026", 0), ("25 November 2026", 1)] {
        let row = format!(">{day}</time></td><td class=\"figure\">{count}</td>");
        assert!(ledger.text().contains(&row), "{row}: {}", ledger.text());
    }
    assert!(ledger.text().contains("<code>licence.issued</code>"));
    service.clock.forward(Duration::from_secs(2 * 3600));
    let fine = page(&service, "/en/service").await;
    assert!(
        fine.text().contains("Everything works") && fine.text().contains("(2 hours ago)"),
        "{}",
        fine.text()
    );
    assert!(fine.text().contains(&format!("{}/status/1", support::BASE)), "{}", fine.text());
    assert!(!fine.text().contains("lapsed"));
    service.clock.forward(Duration::from_secs(2 * 24 * 3600));
    assert!(page(&service, "/en/service").await.text().contains("lapsed"), "nobody published since");
    service.check_ledger().await;
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let service = Service::found();
    let first = page(&service, "/zh/departments").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && first.header("cache-control") == "no-cache", "{tag}");
    let again = service.ask(Method::GET, "/zh/departments").header("if-none-match", &tag).send().await;
    assert_eq!(
        (again.status, again.body.len(), again.header("etag")),
        (StatusCode::NOT_MODIFIED, 0, tag.as_str())
    );
    let other = service.ask(Method::GET, "/en/departments").header("if-none-match", &tag).send().await;
    assert_eq!(other.status, StatusCode::OK);
    assert_eq!(page(&service, "/zh").await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_language_of_the_path() {
    let service = Service::found();
    for (path, lang) in [
        ("/zh/nowhere", "zh-CN"),
        ("/en/nowhere", "en"),
        ("/en/types/none", "en"),
        ("/zh/departments/none", "zh-CN"),
        ("/en/problems/none", "en"),
        ("/en/departments/%E9%83%A8", "en"),
    ] {
        let found = page(&service, path).await;
        assert_eq!(found.status, StatusCode::NOT_FOUND, "{path}");
        assert!(found.text().contains(&format!("<html lang=\"{lang}\">")), "{path}");
    }
    for path in ["/zh/", "/en/", "/zh/check", "/en/check"] {
        let found = page(&service, path).await;
        assert_eq!((found.status, found.header("location")), (StatusCode::SEE_OTHER, &path[..3]));
    }
}

#[tokio::test]
async fn a_result_can_be_filed() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let credential = issued["credential"].as_str().unwrap();
    let form = |more: &str| format!("evidence={credential}{more}");
    let ask = |path: &str, more: &str| {
        let ask = service.ask(Method::POST, path).header("accept", "text/html");
        ask.body("application/x-www-form-urlencoded", form(more))
    };
    let shown = ask("/en/check", "").send().await;
    let size = service.authority.published().range.size();
    for said in [
        "<code>R-",
        "22 November 2026 14:00:00",
        &format!("<dt>Ledger size</dt><dd>{size}</dd>"),
        "formaction=\"/zh/check\"",
    ] {
        assert!(shown.text().contains(said), "{said}: {}", shown.text());
    }
    let filed = ask("/en/check", "&sign=true").send().await;
    let report = filed.json();
    let number = report["report"].as_str().unwrap();
    assert_eq!(
        filed.header("content-disposition"),
        format!("attachment; filename=\"{number}.vidimus-report.json\"")
    );
    assert_eq!(
        (report["verdict"].as_str(), report["findings"].as_array().unwrap().len()),
        (Some("valid"), 7)
    );
    assert_eq!(report["signed"].as_str().unwrap().split('.').count(), 3);
    let unread = service.ask(Method::POST, "/zh/check").header("accept", "text/html");
    let unread = unread.body("application/x-www-form-urlencoded", "evidence=hello&sign=true").send().await;
    assert_eq!(unread.status, StatusCode::UNPROCESSABLE_ENTITY);
    service.check_ledger().await;
}

#[tokio::test]
async fn a_pickup_is_the_same_in_both_languages() {
    let service = Service::found();
    let issued = service.issue(&business_licence()).await;
    let make = format!("/v1/licences/{}/pickup", issued["handle"].as_str().unwrap());
    let made = service.post("market-regulation", &make, &serde_json::json!({})).await.json();
    let (id, code) = (made["pickup"].as_str().unwrap(), made["code"].as_str().unwrap());
    for (lang, heading, other) in [("zh", "领取电子证照", "en"), ("en", "Fetch your licence", "zh")] {
        let here = format!("/{lang}/pickup/{id}");
        let unnamed = service.ask(Method::GET, &format!("/pickup/{id}")).header("accept", "text/html");
        for asked in [page(&service, &here).await, unnamed.header("accept-language", lang).send().await] {
            let text = asked.text();
            assert_eq!(asked.status, StatusCode::OK, "{text}");
            for said in [
                heading,
                &format!("action=\"{here}\""),
                &format!("class=\"switch\" href=\"/{other}/pickup/{id}\""),
            ] {
                assert!(text.contains(said), "{said}: {text}");
            }
        }
        let post = |code: &str| {
            let ask = service.ask(Method::POST, &here).header("accept", "text/html");
            ask.body("application/x-www-form-urlencoded", format!("code={code}")).send()
        };
        let wrong = post("AAAA-AAAA").await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{}", wrong.text());
        assert!(wrong.text().contains(&format!("href=\"/{other}/pickup/{id}\"")), "{}", wrong.text());
        let shown = post(code).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
        let text = shown.text();
        assert!(text.contains(issued["licence_number"].as_str().unwrap()), "{text}");
        assert!(text.contains(&format!("formaction=\"/{other}/pickup/{id}\"")), "{text}");
        // The code stands in no address, on paper neither.
        let printed = page(&service, &format!("{here}?code={code}")).await;
        assert!(!printed.text().contains(&format!("?code={code}")), "{}", printed.text());
    }
    service.check_ledger().await;
}
