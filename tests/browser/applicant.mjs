// The applicant, who follows a case by number and code and rates it: pages without a script, by keyboard, judged by axe;
// and the same in a browser that runs none. Not here: what the department does meanwhile (window.mjs).
import { asked, check, judged, pictured } from "./looking.mjs";
import { browser, person, press, reach, text, write } from "./officers.mjs";

const STAGES = {
  zh: { filed: "待受理", asked: "待补正", accepted: "待审查", granted: "待审批签发", issued: "已签发", delivered: "办结" },
  en: { filed: "waits for acceptance", asked: "waits for the applicant", accepted: "waits for examination", granted: "waits for approvals",
    issued: "issued", delivered: "over" },
};

export const applicant = (language, width) => person("", { locale: { zh: "zh-CN", en: "en" }[language], viewport: { width, height: 800 } });

const address = (language, given) => `${asked.url}/${language}/track/${given.number}`;

async function enters(page, code) {
  await write(page, "#code", code);
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
}

async function whole(name, page) {
  await judged(name, page);
  const facts = await page.evaluate(() => ({
    scripts: document.scripts.length,
    small: [...document.querySelectorAll("nav a, .switch, button, .button, input:not([type=hidden]):not([type=radio]), label:has(> input[type=radio]), select, textarea, summary")]
      .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML),
  }));
  check(`${name}: there is no script`, facts.scripts === 0);
  check(`${name}: what is pressed is 44 px high`, facts.small.length === 0, facts.small);
}

// The form, the other language, and a code that does not fit: said at its field, to be typed again.
export async function looks(someone, language, width, given) {
  const where = `track-${language}-${width}`;
  const { page } = someone;
  const other = { zh: "en", en: "zh" }[language];
  await page.goto(address(language, given));
  await whole(`${where}-form`, page);
  for (const to of [other, language]) {
    await Promise.all([page.waitForEvent("domcontentloaded"), page.locator("a.switch").press("Enter")]);
    check(`${where}: the switch stays on the case`, page.url() === address(to, given), page.url());
  }
  await enters(page, "AAAA-AAAA");
  check(`${where}: a wrong code is said at its field`, await page.evaluate(() => {
    const field = document.querySelector("#code");
    return field.getAttribute("aria-invalid") === "true" && document.getElementById(field.getAttribute("aria-describedby"))?.textContent.length > 10;
  }), await text(page));
  check(`${where}: and nothing of the case`, !(await text(page)).includes({ zh: "办理经过", en: "What was done" }[language]));
  await whole(`${where}-wrong`, page);
  await enters(page, given.code.toLowerCase());
  check(`${where}: typed again it leads to the case`, (await text(page)).includes({ zh: "办理经过", en: "What was done" }[language]), await text(page));
  const unknown = await page.goto(`${asked.url}/${language}/track/000000`);
  check(`${where}: a number that is none gets the same form`, unknown.status() === 200 && (await page.locator("#code").count()) === 1);
  await enters(page, given.code);
  check(`${where}: and the same answer`, (await page.locator("#code[aria-invalid]").count()) === 1);
}

// Where it stands, in words; what was asked and no more.
export async function follows(someone, language, width, given, stage, words) {
  const where = `track-${language}-${width}-${stage}`;
  const { page } = someone;
  await page.goto(address(language, given));
  await enters(page, given.code);
  await whole(where, page);
  if (stage === "delivered") await pictured(`track-${language}-${width}`, page);
  const said = await text(page);
  check(`${where}: says where it stands`, (await text(page, "dl strong")).toLowerCase().includes(STAGES[language][stage]), said);
  if (words) check(`${where}: says what is asked`, said.includes(words), said);
  check(`${where}: the code stands in no address`, !page.url().includes(given.code), page.url());
  await Promise.all([page.waitForEvent("domcontentloaded"), press(page, "form.actions button")]);
  check(`${where}: the other language shows it too`, !(await page.getAttribute("html", "lang")).startsWith(language) && (await page.locator(".steps").count()) > 0);
}

// The rating, in a browser without scripts; a wrong receipt first.
export async function rates(someone, language, width, given, level, words) {
  const where = `track-${language}-${width}-nojs`;
  const options = { locale: { zh: "zh-CN", en: "en" }[language], viewport: { width, height: 800 }, javaScriptEnabled: false };
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const rating = "form:has([name=receipt])";
  const fill = async (receipt) => {
    await page.goto(address(language, given));
    await enters(page, given.code);
    await judged(`${where}-${level}`, page);
    await write(page, `${rating} [name=receipt]`, receipt);
    await reach(page, `${rating} [name=level]`);
    for (let step = 5; step > level; step--) await page.keyboard.press("ArrowDown");
    if (level === 5) await page.keyboard.press("Space");
    check(`${where}: level ${level} is chosen`, await page.isChecked(`${rating} [name=level][value='${level}']`));
    if (words) await write(page, `${rating} [name=text]`, words);
    await Promise.all([page.waitForEvent("domcontentloaded"), press(page, `${rating} button`)]);
  };
  await fill("not-the-receipt");
  const kept = await page.evaluate(() => {
    const field = document.querySelector("[name=receipt]");
    const told = document.getElementById(field.getAttribute("aria-describedby"))?.textContent ?? "";
    return { told, receipt: field.value, level: document.querySelector("[name=level]:checked")?.value, words: document.querySelector("form:has([name=receipt]) textarea").value };
  });
  check(`${where}: a wrong receipt rates nothing, and is told at its field`, kept.told.length > 5, kept.told);
  check(`${where}: what was typed stays`, kept.receipt === "not-the-receipt" && kept.level === String(level) && kept.words === (words ?? ""), JSON.stringify(kept));
  await judged(`${where}-${level}-refused`, page);
  await fill(given.receipt);
  await rated(someone, language, width, given, level, words ?? "");
  await context.close();
}

export async function rated(someone, language, width, given, level, words) {
  const { page } = someone;
  await page.goto(address(language, given));
  await enters(page, given.code);
  const said = await text(page);
  check(`track-${language}-${width}: it is rated ${level}, once`, said.includes(`${level} / 5`) && said.includes(words) && (await page.locator("[name=receipt]").count()) === 0, said);
  await whole(`track-${language}-${width}-rated-${level}`, page);
}

// A letter, in a browser without scripts: an empty one is told at its field with what was chosen kept; loading the page again
// after it was sent writes no second one; a fourth that waits is refused, and its text stays.
export async function writes(language, width, given) {
  const where = `letters-${language}-${width}-nojs`;
  const options = { locale: { zh: "zh-CN", en: "en" }[language], viewport: { width, height: 800 }, javaScriptEnabled: false };
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const letter = "form:has([name=letter])";
  const send = async (text) => {
    await page.locator(`${letter} textarea`).fill(text);
    await Promise.all([page.waitForEvent("domcontentloaded"), press(page, `${letter} button`)]);
  };
  const count = () => page.locator(".letters > li").count();
  await page.goto(address(language, given));
  await enters(page, given.code);
  await page.evaluate(() => document.querySelectorAll("[required]").forEach((one) => one.removeAttribute("required")));
  await reach(page, `${letter} [name=letter]`);
  await page.keyboard.press("ArrowDown");
  await send("");
  check(`${where}: an empty letter is told at its field`, await page.evaluate(() => {
    const field = document.querySelector("#letter-text");
    return field.getAttribute("aria-invalid") === "true" && document.getElementById(field.getAttribute("aria-describedby"))?.textContent.length > 3;
  }), await text(page));
  check(`${where}: and what was chosen stays`, await page.isChecked(`${letter} [name=letter][value=complaint]`));
  await judged(`${where}-empty`, page);
  await send("one\ttab");
  check(`${where}: it is written`, (await count()) === 1, await text(page));
  await page.reload();
  check(`${where}: loading the page again writes no second`, (await count()) === 1, await text(page));
  for (const text of ["two", "three", "four"]) {
    await page.locator(`${letter} [name=letter][value=question]`).check();
    await send(text);
  }
  check(`${where}: a fourth that waits is refused, and stays in its form`, (await count()) === 3 && (await page.inputValue(`${letter} textarea`)) === "four"
    && (await page.locator(`${letter} [role=alert]`).count()) === 1, await text(page));
  await judged(`${where}-refused`, page);
  await context.close();
}
