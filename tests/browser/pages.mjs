// Looks at the pages with Chromium and axe: 360 and 1200 px, zh and en, with and without JavaScript, by keyboard only.
//
//   node pages.mjs QUESTIONS.json     (run by pages.py; beside node_modules with playwright-core and axe-core)
//
// QUESTIONS: {url, credential, number, code, pickup: {path, code}, pictures, profile, chromium}. The public pages are
// looked at in light and dark, every link of theirs is followed, and each is printed to PDF. Prints `ok` and
// `FAILED` lines and the number of each.
import { join } from "node:path";
import { asked, check, end, judged, languages, widths, within } from "./looking.mjs";

// The pages that all see alike, below the language; the last three are an empty answer, a wrong question and nothing.
const pagesOf = ["", "/types", "/types/business-licence", "/types/household-register", "/matters", "/matters/open-a-restaurant", "/powers", "/departments",
  "/departments/market-regulation", "/departments/education", "/ledger", "/service", "/help", "/problems",
  "/problems/no-power", "/powers?at=2020-01-01&q=%E6%97%A0", "/powers?at=2099-01-01", "/nowhere"];

const named = (path) => path.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "home";

async function publicPages(name, page, language, scheme) {
  const other = language === "zh" ? "en" : "zh";
  for (const path of pagesOf) {
    const here = `${scheme}-${language}-${name}-${named(path)}`;
    const answered = await page.goto(`${asked.url}/${language}${path}`);
    const expected = path === "/nowhere" ? 404 : path.includes("2099") ? 422 : 200;
    check(`${here}: is answered`, answered.status() === expected, answered.status());
    await judged(here, page);
    const small = await page.evaluate(() => [...document.querySelectorAll("nav a, .switch, button, .button, input:not([type=hidden]), select, summary")]
      .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML));
    check(`${here}: what is pressed is 44 px high`, small.length === 0, small);
    await page.locator("a.switch").click();
    check(`${here}: the other language is the same page`, page.url() === `${asked.url}/${other}${path}`, page.url());
  }
}

// Tab from the top: the skip link first, and everything that can be used in the order in which it stands.
async function walked(name, page) {
  await page.goto(`${asked.url}/${name.startsWith("zh") ? "zh" : "en"}/powers`);
  const stops = await page.evaluate(() => [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter((one) => one.getClientRects().length).length);
  const passed = [];
  for (let stop = 0; stop < stops; stop++) {
    await page.keyboard.press("Tab");
    // Chromium gives a date three stops of its own, and a button.
    for (let more = 0; more < 4 && passed.length && await page.evaluate(() => document.activeElement === globalThis.last); more++) {
      await page.keyboard.press("Tab");
    }
    passed.push(await page.evaluate(() => {
      globalThis.last = document.activeElement;
      const all = [...document.querySelectorAll("a[href], button, input, select, summary")].filter((one) => one.getClientRects().length);
      const outlined = getComputedStyle(document.activeElement).outlineStyle !== "none";
      return { place: all.indexOf(document.activeElement), outlined };
    }));
  }
  const places = passed.map((one) => one.place);
  check(`${name}: Tab goes through ${stops} stops in their order`, places.every((place, at) => place === at), places);
  check(`${name}: the focus is seen at each`, passed.every((one) => one.outlined), JSON.stringify(passed));
  await page.goto(`${asked.url}/en/powers`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  // The browser tells of a way within a page after the key has come back.
  await page.waitForURL((url) => url.hash === "#main", { timeout: 5_000 }).catch(() => {});
  check(`${name}: the skip link leads to the content`, page.url().endsWith("#main"), page.url());
  await page.locator("#q").focus();
  await page.keyboard.type("driving");
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
  check(`${name}: Enter asks`, page.url().includes("q=driving") && (await page.locator("tbody tr").count()) === 1, page.url());
}

// Every link of every public page leads somewhere, and every page prints.
async function crawled(page) {
  const seen = new Map();
  const waiting = [`${asked.url}/zh`, `${asked.url}/en`];
  while (waiting.length) {
    const url = waiting.pop().split("#")[0];
    if (seen.has(url)) continue;
    const answered = await page.request.get(url, { headers: { accept: "text/html,*/*" } });
    seen.set(url, answered.status());
    if (!(answered.headers()["content-type"] ?? "").startsWith("text/html")) continue;
    await page.goto(url);
    waiting.push(...await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((one) => one.href)));
    const lost = await page.evaluate(() => [...document.querySelectorAll("a[href^='#']")].filter((one) => !document.querySelector(one.getAttribute("href"))).map((one) => one.outerHTML));
    check(`${url}: its anchors are there`, lost.length === 0, lost);
  }
  const dead = [...seen].filter(([, status]) => status !== 200);
  check(`${seen.size} addresses are linked, and none is dead`, seen.size > 50 && dead.length === 0, JSON.stringify(dead));
  for (const path of ["", "/types/household-register", "/powers", "/ledger", "/service"]) {
    await page.goto(`${asked.url}/zh${path}`);
    await page.emulateMedia({ media: "print" });
    const left = await page.evaluate(() => [...document.querySelectorAll("nav, .switch, .skip, button, .filter")].filter((one) => one.getClientRects().length).map((one) => one.outerHTML));
    check(`print ${named(path)}: no navigation on paper`, left.length === 0, left);
    await page.pdf({ path: join(asked.pictures, `paper-${named(path)}.pdf`), preferCSSPageSize: true, printBackground: true });
    await page.emulateMedia({ media: "screen" });
  }
}

const focused = (page) => page.evaluate(() => document.activeElement?.tagName.toLowerCase() ?? "");

// The browser gives the focus a moment after the page has come.
async function ready(page) {
  for (let tries = 0; tries < 20 && !["input", "textarea"].includes(await focused(page)); tries++) {
    await page.waitForTimeout(50);
  }
}

// The verdict and the seven findings, as text.
async function tells(name, page, verdict) {
  const text = await page.evaluate(() => document.body.innerText);
  const words = {
    zh: { checks: 7, valid: /有效/, not_valid: /无效|不有效/ },
    en: { checks: 7, valid: /\bvalid\b/i, not_valid: /not valid/i },
  }[name.split("-")[1]];
  check(`${name}: says ${verdict}`, words[verdict].test(text), text);
  const rows = await page.evaluate(() => Math.max(
    document.querySelectorAll("table tr:has(td)").length, ...[...document.querySelectorAll("ol, ul, dl")].map(
      (list) => list.querySelectorAll(":scope > li, :scope > dt, :scope > div").length), 0));
  check(`${name}: shows the seven findings`, rows >= words.checks, `${rows} rows: ${text}`);
}

async function portal(name, page) {
  await page.goto(`${asked.url}/`);
  await ready(page);
  await judged(`portal-${name}`, page);
  check(`portal-${name}: the field is focused for a scanner`, ["input", "textarea"].includes(await focused(page)), await focused(page));
  // A scanner types and ends with Enter; a credential is long, so it is put in at once. No mouse from here on.
  for (const [what, text, verdict] of [["credential", asked.credential, "valid"], ["ended", asked.ended, "not_valid"],
    ["number", `${asked.number} ${asked.code}`, "valid"]]) {
    await page.goto(`${asked.url}/`);
    await ready(page);
    await page.keyboard.insertText(text);
    const before = page.url();
    if ((await focused(page)) === "textarea") {
      await page.keyboard.press("Tab");
      for (let tries = 0; tries < 5 && (await focused(page)) !== "button"; tries++) await page.keyboard.press("Tab");
    }
    await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
    check(`portal-${name}: ${what} is answered`, page.url() !== before || (await page.textContent("body")).length > 0, page.url());
    await tells(`${what}-${name}`, page, verdict);
    await judged(`${what}-${name}`, page);
    const sheets = (await page.pdf({ preferCSSPageSize: true })).toString("latin1").match(/\/Type\s*\/Page\b/g) ?? [];
    check(`${what}-${name}: is filed on one sheet`, sheets.length === 1, `${sheets.length} sheets`);
  }
  await page.goto(`${asked.url}/`);
  await ready(page);
  await page.keyboard.insertText("hello");
  const button = page.locator("button, input[type=submit]").first();
  await Promise.all([page.waitForEvent("domcontentloaded"), button.click()]);
  await judged(`unreadable-${name}`, page);
}

async function pickup(name, page) {
  await page.goto(asked.url + asked.pickup.path);
  await judged(`pickup-${name}`, page);
  const [here, other] = name.startsWith("zh") ? ["zh", "en"] : ["en", "zh"];
  for (const language of [other, here]) {
    await page.locator("a.switch").click();
    check(`pickup-${name}: the switch stays on it`, page.url() === `${asked.url}/${language}${asked.pickup.path}`, page.url());
  }
  const field = page.locator("input[name=code]");
  await field.fill(asked.pickup.code);
  await Promise.all([page.waitForEvent("domcontentloaded"), field.press("Enter")]);
  await judged(`licence-${name}`, page);
  const text = await page.evaluate(() => document.body.innerText);
  check(`licence-${name}: number and code are printed`, text.includes(asked.number) && text.includes(asked.code), text);
  for (const language of [other, here]) {
    await Promise.all([page.waitForEvent("domcontentloaded"), page.locator(`button[formaction^="/${language}/"]`).click()]);
    check(`licence-${name}: it is shown in the other language`, (await page.evaluate(() => document.body.innerText)).includes(asked.code)
      && (await page.getAttribute("html", "lang")).startsWith(language), page.url());
  }
  await page.emulateMedia({ media: "print" });
  await page.screenshot({ path: join(asked.pictures, `printed-${name}.png`), fullPage: true });
  await page.pdf({ path: join(asked.pictures, `printed-${name}.pdf`), format: "A4", printBackground: true });
}

await within({ locale: "en", viewport: { width: 1200, height: 800 } }, (page) => crawled(page));
for (const [language, locale] of Object.entries(languages)) {
  for (const width of widths) {
    for (const colorScheme of ["light", "dark"]) {
      await within({ locale, viewport: { width, height: 800 }, colorScheme }, async (page, complaints) => {
        await publicPages(`${width}`, page, language, colorScheme);
        if (colorScheme === "light") await walked(`${language}-${width}`, page);
        check(`${colorScheme}-${language}-${width}: the console is silent`, complaints.length === 0, complaints.join("\n"));
      });
    }
    await within({ locale, viewport: { width, height: 800 }, javaScriptEnabled: false }, async (page) => {
      await publicPages(`${width}-nojs`, page, language, "light");
    });
  }
}
for (const [language, locale] of Object.entries(languages)) {
  for (const width of widths) {
    for (const javaScriptEnabled of [true, false]) {
      const name = `${language}-${width}${javaScriptEnabled ? "" : "-nojs"}`;
      const viewport = { width, height: 800 };
      await within({ locale, viewport, javaScriptEnabled, deviceScaleFactor: 2 }, async (page, complaints) => {
        await portal(name, page);
        await pickup(name, page);
        check(`${name}: the console is silent`, complaints.length === 0, complaints.join("\n"));
      });
    }
  }
}
end();
