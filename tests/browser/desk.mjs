// The officers' desk in Chromium, by keyboard only: each officer in a browser of his own with a key that is made there,
// from intake to delivery, 360 and 1200 px, zh and en, axe at each state; and what the desk must refuse to sign.
//
//   node desk.mjs QUESTIONS.json     (run by desk.py)
//
// QUESTIONS: {url, tokens, food, constructors, pictures, chromium}.
import { asked, check, end, judged } from "./looking.mjs";
import { acts, appointed, approves, at, because, browser, done, focus, inOffice, opened, person, press, request, seen, signs, text } from "./officers.mjs";

const WORDS = { zh: "材料齐全，符合法定条件。", en: "All papers are there and in order." };

async function withoutScript() {
  const one = await person("housing", { javaScriptEnabled: false });
  for (const language of ["zh", "en"]) {
    await one.page.goto(`${asked.url}/${language}/desk`);
    await judged(`desk-${language}-nojs`, one.page);
    const said = await text(one.page);
    check(`desk-${language}-nojs: says why, and names the commands`, said.includes("JavaScript") && said.includes("vidimus case approve"), said);
  }
  await one.context.close();
}

// The case as it comes from the service, but changed on the way.
async function tampered(one, where, id, what, change) {
  const path = `**/v1/cases/${id}`;
  await one.page.route(path, async (route) => {
    const answer = await route.fetch();
    const shown = await answer.json();
    change(shown.approvals);
    await route.fulfill({ response: answer, json: shown });
  });
  await at(one, where.split("-")[1], 1200, `#case=${id}`);
  const wrong = (await text(one.page, "#refused").catch(() => "")) || "";
  const buttons = await one.page.locator("[data-act=approve]").count();
  check(`${where}: ${what} is not signed`, buttons === 0 && /请不要签名|do not sign/.test(wrong), `${buttons} ${wrong}`);
  await seen(`${where}-refused`, one.page);
  await one.page.unroute(path);
}

// A step that comes back with a commitment that is not to the words that were written.
async function otherWords(one, where, id, step, words) {
  const path = `**/v1/cases/${id}/${step}`;
  await one.page.route(path, async (route) => {
    const answer = await route.fetch();
    const stepped = await answer.json();
    stepped.sign.salt = Buffer.alloc(32, 7).toString("base64url");
    await route.fulfill({ response: answer, json: stepped });
  });
  await acts(one, where, step, because(words));
  const alert = `[data-act=${step}] [role=alert]`;
  await one.page.locator(`${alert}:not(:empty)`).waitFor();
  const wrong = await text(one.page, alert);
  const buttons = await one.page.locator(`[data-act=sign-${step}]`).count();
  check(`${where}: a commitment to other words is not signed`, buttons === 0 && /请不要签名|do not sign/.test(wrong), `${buttons} ${wrong}`);
  await seen(`${where}-other-words`, one.page);
  await one.page.unroute(path);
}

function changed(credential, change) {
  const [head, payload] = credential.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  change(claims);
  return `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
}

// One case from intake to delivery.
async function walk(language, width, application, staff) {
  const where = `desk-${language}-${width}`;
  const { intake, examiner, signer, second } = staff;
  const filed = await request("POST", "/v1/cases", intake.department, application);
  check(`${where}: a case is filed`, filed.status === 201, JSON.stringify(filed.json));
  const id = filed.json.case;
  await opened(intake, language, width, "filed", id);
  await seen(`${where}-case`, intake.page);
  const said = await text(intake.page);
  check(`${where}: the case is shown with its number, its holder and its deadline`, [filed.json.number, application.holders[0].name,
    { zh: "工作日", en: "working day" }[language]].every((one) => said.includes(one)), said);
  if (staff.hidden) {
    const proved = await intake.page.locator(".proofs summary").innerText();
    check(`${where}: says which licences prove what was applied for`, /数源部门证照证明|Proved by licences/.test(proved), proved);
    await press(intake.page, ".proofs summary");
    const proofs = Object.values((await request("GET", `/v1/cases/${id}`, intake.department)).json.sources);
    const told = await text(intake.page, ".proofs");
    check(`${where}: by their handles`, proofs.length > 2 && proofs.every((one) => told.includes(one)), told);
    await seen(`${where}-proofs`, intake.page);
  } else {
    check(`${where}: nothing is called proved that is not`, (await intake.page.locator(".proofs").count()) === 0);
  }
  await signs(intake, where, "accept");
  if (staff.mayExamine) {
    await acts(intake, where, "examine", because(WORDS[language]));
    await intake.page.locator("[data-act=examine] [role=alert]:not(:empty)").waitFor();
    const told = await text(intake.page, "[data-act=examine] [role=alert]");
    check(`${where}: who accepted does not examine, and is told`, /分离|Two parts that one person may not take/.test(told), told);
    await seen(`${where}-separation`, intake.page);
  }
  await opened(examiner, language, width, "accepted", id);
  await acts(examiner, where, "examine");
  await examiner.page.locator("[name=reason][aria-invalid]").waitFor();
  check(`${where}: a missing reason is asked for at its field`, (await focus(examiner.page)).startsWith("TEXTAREA"), await focus(examiner.page));
  await signs(examiner, where, "examine", because(WORDS[language]));
  await opened(signer, language, width, "examined", id);
  await otherWords(signer, where, id, "decide", WORDS[language]);
  await opened(signer, language, width, "examined", id);
  await signs(signer, where, "decide", because(WORDS[language]));
  const name = application.holders[0].name;
  check(`${where}: what the licence will say is shown`, (await text(signer.page, ".approvals")).includes(name));
  await tampered(signer, where, id, "a claim that was changed", (approvals) => {
    approvals.credential = changed(approvals.credential, (claims) => { claims.valid_until = "2099-12-31"; });
  });
  if (staff.hidden) {
    await tampered(signer, where, id, "a disclosure that was changed", (approvals) => {
      const [salt, member] = JSON.parse(Buffer.from(approvals.disclosures[0], "base64url").toString());
      approvals.disclosures[0] = Buffer.from(JSON.stringify([salt, member, "样例"])).toString("base64url");
    });
    await tampered(signer, where, id, "a disclosure that stands twice", (approvals) => { approvals.disclosures.push(approvals.disclosures[0]); });
  }
  await tampered(signer, where, id, "a statement about another case", (approvals) => {
    const statement = Buffer.from(approvals.sign.statement, "base64url").toString().replaceAll(id, `${id.slice(0, -1)}${id.endsWith("0") ? 1 : 0}`);
    approvals.sign.statement = Buffer.from(statement).toString("base64url");
  });
  await tampered(signer, where, id, "a statement of another ledger", (approvals) => {
    const lines = Buffer.from(approvals.sign.statement, "base64url").toString().split("\n");
    lines[1] = "elsewhere.example/ledger";
    approvals.sign.statement = Buffer.from(lines.join("\n")).toString("base64url");
  });
  await approves(signer, where, language, width, id);
  await acts(signer, where, "issue");
  await signer.page.locator("[data-act=issue] [role=alert]:not(:empty)").waitFor();
  check(`${where}: not before all have approved`, true);
  await approves(second, `${where}-second`, language, width, id);
  await opened(intake, language, width, "granted", id);
  await acts(intake, where, "issue");
  await done(intake, where, "issue");
  await acts(intake, where, "deliver");
  await done(intake, where, "deliver");
  await seen(`${where}-over`, intake.page);
  const shown = await request("GET", `/v1/cases/${id}`, intake.department);
  check(`${where}: the case is over`, shown.json.state === "delivered" && shown.json.steps.length === 6, JSON.stringify(shown.json.steps));
}

async function leaves(one) {
  await press(one.page, "#leave");
  await one.page.locator("[name=token]").waitFor();
  const left = await one.page.evaluate(() => sessionStorage.length);
  check("who leaves takes the token along, and keeps the key", left === 0 && (await one.page.evaluate(async () => (await indexedDB.databases()).length)) === 1);
}

async function unappointed(one, language) {
  const filed = await request("POST", "/v1/cases", one.department, asked.food);
  await at(one, language, 360, `#case=${filed.json.case}`);
  const said = await text(one.page);
  check("whose key is nobody's is offered nothing to sign", (await one.page.locator("[data-act=accept]").count()) === 0 && said.includes({ zh: "尚未任命", en: "not appointed" }[language]), said);
  await seen(`desk-${language}-360-unappointed`, one.page);
  await at(one, language, 360, "#case=017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  check("a case that is not there is said", (await one.page.locator("[role=alert]").count()) === 1, await text(one.page));
}

try {
  await withoutScript();
  const staff = {};
  const people = [["intake", "market-regulation", ["intake", "examiner"], "zh", 360], ["examiner", "market-regulation", ["examiner"], "en", 1200],
    ["signer", "market-regulation", ["signer"], "zh", 1200], ["elsewhere", "housing", ["signer"], "en", 360],
    ["window", "housing", ["intake", "signer"], "zh", 1200], ["builder", "housing", ["examiner"], "en", 360]];
  for (const [name, department, roles, language, width] of people) {
    staff[name] = await appointed(name, department, roles, language, width);
    if (name === "intake") await unappointed(staff[name], language);
    await inOffice(name, staff[name], language);
  }
  const shop = { intake: staff.intake, examiner: staff.examiner, signer: staff.signer, second: staff.elsewhere, mayExamine: true };
  const site = { intake: staff.window, examiner: staff.builder, signer: staff.elsewhere, second: staff.window, hidden: true };
  await walk("zh", 360, asked.food, shop);
  await walk("en", 1200, asked.food, shop);
  await walk("en", 360, asked.constructors[0], site);
  await walk("zh", 1200, asked.constructors[1], site);
  await leaves(staff.intake);
  for (const [name, one] of Object.entries(staff)) check(`${name}: the console is silent`, one.complaints.length === 0, one.complaints.join("\n"));
} catch (error) {
  check("the desk broke off", false, error.stack);
}
await browser.close();
end();
