// From the window to the applicant's rating, by keyboard, 360 and 1200 px, zh and en, axe at each state: an application is
// filed at the desk, asked to be completed, supplied, decided, approved by two departments in both orders, issued and
// delivered; another is promised instead of proved, found false, and its licence rescinded; two that were issued are objected
// to (objection.mjs). The applicant looks on at every stage, without a script.
//
//   node window.mjs QUESTIONS.json     (run by window.py)
//
// QUESTIONS: {url, tokens, food, told, pictures, chromium}. What came of it is written to `told`, for window.py.
import { writeFileSync } from "node:fs";
import { asked, check, end, pictured } from "./looking.mjs";
import { acts, appointed, approves, at, because, browser, done, focus, inOffice, opened, press, reach, request, seen, settled, signs, text, write } from "./officers.mjs";
import { applicant, follows, looks, rates, rated, writes } from "./applicant.mjs";
import { objected } from "./objection.mjs";

const WORDS = { zh: "材料齐全，符合法定条件。", en: "All papers are there and in order." };
const MISSING = { zh: "请补交经营场所证明。", en: "Please bring the lease of the premises." };
let { holders: [holder], claims } = asked.food;
const SUPPLIED = `${claims.premises}二层`;
const told = { issued: [], rescinded: [], replaced: [], waiting: null };

async function type(page, selector, words) {
  await reach(page, selector);
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(words);
}

// A day is typed as its parts, in the order of the browser's own language.
async function days(page, selector, day) {
  await reach(page, selector);
  const [year, month, date] = day.split("-");
  await page.keyboard.type(month + date + year);
  check(`${selector}: a day is typed`, (await page.inputValue(selector)) === day, await page.inputValue(selector));
}

async function fills(page, form, { code }) {
  await type(page, `${form} [name=name]`, holder.name);
  await type(page, `${form} [name=code]`, code);
  await reach(page, `${form} [name=operator_kind]`);
  await page.selectOption(`${form} [name=operator_kind]`, claims.operator_kind); // Chromium opens its own list on a key
  for (const item of claims.items) {
    if (!(await page.isChecked(`[name=items][value='${item}']`))) await press(page, `[name=items][value='${item}']`, "Space");
  }
  for (const name of ["responsible_person", "domicile", "premises"]) await type(page, `${form} [name=${name}]`, claims[name]);
}

const wrongAt = (page) => page.evaluate(() => [...document.querySelectorAll("[aria-invalid]")].map((one) => {
  const said = one.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id).textContent).join(" ");
  return [one.name, said];
}));

// An application at the window: what is wrong is told at its fields, nothing typed is lost, and what is sent twice is one.
async function files(intake, language, width, promise) {
  const where = `desk-${language}-${width}${promise ? "-promise" : ""}`;
  const { page } = intake;
  await at(intake, language, width, "#list=filed");
  await press(page, ".desk-ways a[href='#file']");
  await page.locator("a[href='#file=food-operation-licence']").waitFor();
  await settled(page);
  await seen(`${where}-types`, page);
  await press(page, "a[href='#file=food-operation-licence']");
  await page.locator("[data-act=look-over]").waitFor();
  await settled(page);
  check(`${where}: the focus is at the form's heading`, (await focus(page)).startsWith("H2"), await focus(page));
  const form = "[data-act=look-over]";
  await press(page, `${form} button[type=submit]`);
  await page.locator(`${form} [aria-invalid]`).first().waitFor();
  const missing = (await wrongAt(page)).map(([name]) => name).sort();
  check(`${where}: all that is missing is told at once, each at its field`, missing.join() === "code,items,name,operator_kind,premises,responsible_person", missing);
  check(`${where}: the focus is at the first`, await page.evaluate(() => document.activeElement.name === "name"));
  await seen(`${where}-missing`, page);
  await fills(page, form, { code: `${holder.code.slice(0, -1)}${holder.code.endsWith("8") ? 9 : 8}` });
  await days(page, "[name=valid_until]", "2020-01-31");
  if (promise) await press(page, "[name=promise]", "Space");
  await press(page, `${form} button[type=submit]`);
  await page.locator("[name=code][aria-invalid]").waitFor();
  const wrong = Object.fromEntries(await wrongAt(page));
  const words = { zh: [/校验/, /早于/], en: [/check character/i, /before/i] }[language];
  check(`${where}: what the service finds wrong is told at each field`, words[0].test(wrong.code) && words[1].test(wrong.valid_until) && Object.keys(wrong).length === 2, JSON.stringify(wrong));
  check(`${where}: the focus is at the first that is wrong`, await page.evaluate(() => document.activeElement.name === "code"));
  await seen(`${where}-wrong`, page);
  check(`${where}: what was typed stays`, (await page.inputValue("[name=premises]")) === claims.premises && (await page.isChecked(`[name=items][value='${claims.items[0]}']`)));
  await type(page, "[name=code]", holder.code);
  await reach(page, "[name=valid_until]");
  await page.keyboard.press("Delete");
  for (const step of ["ArrowRight", "ArrowRight"]) { await page.keyboard.press(step); await page.keyboard.press("Delete"); }
  await press(page, `${form} button[type=submit]`);
  await page.locator("[data-act=file]").waitFor();
  check(`${where}: the focus is at what will be filed`, (await focus(page)).startsWith("H3"), await focus(page));
  await seen(`${where}-looked-over`, page);
  return sent(intake, where, language, width);
}

// The answer to the first request is lost on its way; the second finds it filed already.
async function sent(intake, where, language, width) {
  const { page, department } = intake;
  const waiting = async () => (await request("GET", "/v1/cases?state=filed", department)).json.items.length;
  const before = await waiting();
  await page.route("**/v1/cases", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await press(page, "[data-act=file] button[type=submit]");
  await page.locator("[data-act=file] [role=alert]:not(:empty)").waitFor();
  check(`${where}: a lost connection is said`, /未能连接|cannot be reached/.test(await text(page, "[data-act=file] [role=alert]")));
  intake.complaints.splice(0, intake.complaints.length, ...intake.complaints.filter((one) => !one.includes("ERR_FAILED")));
  await press(page, "[data-act=file] button[type=submit]");
  await page.locator(".receipt").waitFor();
  check(`${where}: what is sent again is filed once`, (await waiting()) === before + 1, `${before} ${await waiting()}`);
  check(`${where}: the focus is at the receipt`, (await focus(page)).startsWith("H2"), await focus(page));
  const [number, code, receipt] = await Promise.all(["#number", "#code", "#rating-receipt"].map((one) => text(page, one)));
  check(`${where}: number, code and rating receipt are there`, [number, code, receipt].every((one) => one.length > 5), `${number} ${code}`);
  await seen(`${where}-receipt`, page);
  await page.emulateMedia({ media: "print" });
  const printed = await page.evaluate(() => ({ text: document.body.innerText, left: [...document.querySelectorAll("nav, button, .switch")].filter((one) => one.getClientRects().length).length }));
  check(`${where}: the receipt is printed, and nothing else`, printed.left === 0 && [number, code, receipt].every((one) => printed.text.includes(one)), printed.text);
  const sheets = (await page.pdf({ preferCSSPageSize: true })).toString("latin1").match(/\/Type\s*\/Page\b/g) ?? [];
  check(`${where}: the receipt is one sheet`, sheets.length === 1, sheets.length);
  await page.emulateMedia({ media: "screen" });
  await press(page, "#desk a[href^='#case=']");
  await page.locator(".steps").waitFor();
  const { hash } = new URL(page.url());
  await at(intake, language, width, hash); // what moved for the paper is not counted
  return { number, code, receipt, id: hash.slice("#case=".length) };
}

async function supplies(intake, where, language, width, id) {
  const { page } = intake;
  await opened(intake, language, width, "asked", id);
  const said = await text(page);
  check(`${where}: what was asked stands at the form, and no clock runs`, said.includes(MISSING[language]), said);
  check(`${where}: the application stands there as it was`, (await page.inputValue("[name=premises]")) === claims.premises && (await page.inputValue("[name=code]")) === holder.code);
  await type(page, "[data-act=supply] [name=premises]", "x".repeat(1025));
  await press(page, "[data-act=supply] button[type=submit]");
  await page.locator("[name=premises][aria-invalid]").waitFor();
  await seen(`${where}-supply`, page);
  await type(page, "[data-act=supply] [name=premises]", SUPPLIED);
  await press(page, "[data-act=supply] button[type=submit]");
  await page.locator("[data-act=supply-it]").waitFor();
  check(`${where}: the focus is at what it will be`, (await focus(page)).startsWith("H4") && (await text(page, ".signing")).includes(SUPPLIED));
  await seen(`${where}-supplied`, page);
  await press(page, "[data-act=supply-it] button");
  await done(intake, where, "supply-it");
}

// Both approve in this order, then the department issues and delivers.
async function concluded(staff, where, language, width, id, order, look) {
  for (const [place, name] of order.entries()) await approves(staff[name], `${where}-${place}`, language, width, id);
  await opened(staff.intake, language, width, "granted", id);
  await acts(staff.intake, where, "issue");
  await done(staff.intake, where, "issue");
  await look("issued");
  await acts(staff.intake, where, "deliver");
  await done(staff.intake, where, "deliver");
}

async function walk(staff, language, width, order) {
  const where = `desk-${language}-${width}`;
  const given = await files(staff.intake, language, width, false);
  const { id } = given;
  const someone = await applicant(language, width);
  const look = (stage, words) => follows(someone, language, width, given, stage, words);
  await looks(someone, language, width, given);
  await writes(language, width, given);
  await look("filed");
  await signs(staff.intake, where, "ask", because(MISSING[language]));
  await look("asked", MISSING[language]);
  await supplies(staff.intake, where, language, width, id);
  await opened(staff.intake, language, width, "filed", id);
  await signs(staff.intake, where, "accept");
  await look("accepted");
  await opened(staff.examiner, language, width, "accepted", id);
  await signs(staff.examiner, where, "examine", because(WORDS[language]));
  await opened(staff.signer, language, width, "examined", id);
  check(`${where}: what was supplied is what is decided`, (await text(staff.signer.page)).includes(SUPPLIED));
  await signs(staff.signer, where, "decide", because(WORDS[language]), (page) => pictured(`desk-sign-${language}-${width}`, page, ".steps"));
  await look("granted");
  await concluded(staff, where, language, width, id, order, look);
  await look("delivered");
  await rates(someone, language, width, given, 5);
  const shown = (await request("GET", `/v1/cases/${id}`, "market-regulation")).json;
  told.issued.push(shown.licence);
  check(`${where}: the case is over and rated`, shown.state === "delivered" && shown.rating === 5, JSON.stringify(shown.steps));
  await someone.context.close();
}

// 告知承诺: decided on a promise, which is found false; rated badly, and rectified.
async function promised(staff, language, width, order) {
  const where = `desk-${language}-${width}-promised`;
  const given = await files(staff.intake, language, width, true);
  const { id } = given;
  const someone = await applicant(language, width);
  await signs(staff.intake, where, "accept");
  await opened(staff.signer, language, width, "accepted", id);
  await signs(staff.signer, where, "decide", because(WORDS[language]));
  await concluded(staff, where, language, width, id, order, () => {});
  await rates(someone, language, width, given, 1, { zh: "等了太久。", en: "It took too long." }[language]);

  const { supervisor } = staff;
  await opened(supervisor, language, width, "check", id);
  await signs(supervisor, where, "check", async (page, form) => {
    await reach(page, `${form} [name=truth]`);
    await page.selectOption(`${form} [name=truth]`, "false");
    await because({ zh: "现场与承诺不符。", en: "The premises are not as promised." }[language])(page, form);
  });
  await seen(`${where}-broken`, supervisor.page);
  const said = await text(supervisor.page, ".broken");
  check(`${where}: the page tells that the licence is to be rescinded`, { zh: /撤销/, en: /rescinded/ }[language].test(said), said);
  await press(supervisor.page, "[data-act=rescind] button");
  await supervisor.page.locator("[data-act=rescind] [name=reason][aria-invalid]").waitFor();
  await write(supervisor.page, "[data-act=rescind] [name=reason]", { zh: "承诺不实，依法撤销。", en: "The promise was false." }[language]);
  await press(supervisor.page, "[data-act=rescind] button");
  await done(supervisor, where, "rescind");
  const after = await text(supervisor.page);
  check(`${where}: the case says what became of the licence`, { zh: "撤销", en: "rescinded" }[language] && (await supervisor.page.locator("[data-act=rescind]").count()) === 0 && after.includes({ zh: "撤销", en: "rescinded" }[language]), after);
  told.rescinded.push((await request("GET", `/v1/cases/${id}`, "market-regulation")).json.licence);

  await opened(supervisor, language, width, "rectify", id);
  const mended = { zh: "已约谈窗口人员，并向申请人致歉。", en: "The window was spoken to, and the applicant was told so." }[language];
  await signs(supervisor, where, "rectify", because(mended));
  await rated(someone, language, width, given, 1, mended);
  await someone.context.close();
}

// Who has left is told so, and is offered nothing to sign.
async function gone(one, language, id) {
  const { page } = one;
  await at(one, language, 360, "#key");
  const own = await text(page);
  const { officer } = (await request("GET", "/v1/officers", "operator")).json.items.find((item) => own.includes(item.key));
  const left = await request("POST", "/v1/operator/ceremonies", "operator", { officer_left: { officer } });
  check("an officer leaves", left.status === 201, JSON.stringify(left.json));
  await at(one, language, 360, "#key");
  const said = await text(page);
  check("who has left is told so", said.includes({ zh: "已不再任用", en: "no longer" }[language]), said);
  await seen(`desk-${language}-360-gone`, page);
  await at(one, language, 360, `#case=${id}`);
  check("and is offered nothing to sign", (await page.locator("[data-act=accept], [data-act=decline]").count()) === 0);
}

async function filtered(intake) {
  for (const due of ["late", "today", "week"]) {
    await at(intake, "zh", 360, `#list=filed&due=${due}`);
    const expected = due === "week" ? 0 : 1;
    check(`filter ${due}: an empty list says so, and why`, (await intake.page.locator("#desk .empty").count()) === expected, await text(intake.page));
    await seen(`desk-zh-360-due-${due}`, intake.page);
  }
}

try {
  const staff = {};
  const people = [["intake", "market-regulation", ["intake"], "zh", 360], ["examiner", "market-regulation", ["examiner"], "en", 360],
    ["signer", "market-regulation", ["signer"], "zh", 1200], ["supervisor", "market-regulation", ["supervisor"], "en", 1200], ["elsewhere", "housing", ["signer"], "zh", 360]];
  for (const [name, department, roles, language, width] of people) {
    staff[name] = await appointed(name, department, roles, language, width);
    await inOffice(name, staff[name], language);
  }
  await walk(staff, "zh", 360, ["signer", "elsewhere"]);
  await walk(staff, "en", 1200, ["elsewhere", "signer"]);
  await walk(staff, "en", 360, ["elsewhere", "signer"]);
  await walk(staff, "zh", 1200, ["signer", "elsewhere"]);
  await promised(staff, "zh", 1200, ["elsewhere", "signer"]);
  await objected(staff, "zh", 360, told.issued[0], concluded, told);
  await objected(staff, "en", 1200, told.issued[1], concluded, told);
  const barred = await request("POST", "/v1/cases?dry_run=true", "market-regulation", { ...asked.food, promise: true });
  check("who promised falsely promises no more", barred.status === 403 && barred.json.type.endsWith("/promise-barred"), JSON.stringify(barred.json));
  holder = { ...holder, name: "样例市大雪餐饮店", code: "91430700MA4L16JQ9C" };
  await promised(staff, "en", 360, ["signer", "elsewhere"]);
  told.waiting = (await request("POST", "/v1/cases", "market-regulation", asked.food)).json;
  await filtered(staff.intake);
  await gone(staff.intake, "en", told.waiting.case);
  for (const [name, one] of Object.entries(staff)) check(`${name}: the console is silent`, one.complaints.length === 0, one.complaints.join("\n"));
} catch (error) {
  check("the window broke off", false, error.stack);
}
writeFileSync(asked.told, JSON.stringify(told));
await browser.close();
end();
