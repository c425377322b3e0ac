// The auditor's page with Chromium and axe: 360 and 1200 px, zh and en, light and dark, with and without JavaScript, a replay
// started and stopped by keyboard only.
//
//   node auditor.mjs QUESTIONS.json     (run by auditor.py; beside node_modules with playwright-core and axe-core)
//
// QUESTIONS: {url, stage, sign, hold, told, pictures, profile, chromium}. `hold` is the address of who stands between the page and
// its ledger: /hold makes bundles wait, /release lets them come. At the stage `alarm` the ledger has shown another face; where a
// `sign` is given, it is that of the verdict that a replay comes to.
// Commands that the pages show are written to `told`. Prints `ok` and `FAILED` lines and the number of each.
import { writeFileSync } from "node:fs";
import { asked, check, end, judged, languages, widths, within } from "./looking.mjs";

const at = (language, path) => `${asked.url}/${language}${path}`;
const text = (page) => page.evaluate(() => document.querySelector("main").innerText);
const commands = new Set();

async function looked(where, page, language, path) {
  const other = language === "zh" ? "en" : "zh";
  const answered = await page.goto(at(language, path));
  check(`${where}: is answered`, answered.status() === 200, answered.status());
  await judged(where, page);
  const small = await page.evaluate(() => [...document.querySelectorAll("nav a, .switch, button, .button, summary")]
    .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML));
  check(`${where}: what is pressed is 44 px high`, small.length === 0, small);
  for (const command of await page.locator(".command code").allInnerTexts()) commands.add(command);
  await page.locator("a.switch").click();
  check(`${where}: the other language is the same page`, page.url().split("?")[0] === at(other, path).split("?")[0], page.url());
}

// Tab to a button and press Enter: no mouse.
async function pressed(page, name) {
  const focused = () => page.evaluate(() => document.activeElement?.innerText ?? "");
  for (let stops = 0; stops < 40 && (await focused()) !== name; stops++) await page.keyboard.press("Tab");
  check(`${name}: Tab comes to it`, (await focused()) === name, await focused());
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
}

const START = { zh: "开始重放", en: "Start a replay" };
const STOP = { zh: "停止", en: "Stop" };

async function stopped(language) {
  await fetch(`${asked.hold}/hold`);
  await within({ locale: languages[language], viewport: { width: 1200, height: 800 } }, async (page, complaints) => {
    await page.goto(at(language, "/replay?refresh=off"));
    await pressed(page, START[language]);
    check(`${language}: it is under way`, page.url() === at(language, "/replay") && (await page.locator("progress").count()) === 1, page.url());
    check(`${language}: and asks to be loaded again`, (await page.locator("meta[http-equiv=refresh]").count()) === 1);
    await page.locator("progress[max]").waitFor({ timeout: 20_000 });
    const again = await page.context().newPage();
    await again.goto(at(language, "/replay?refresh=off"));
    check(`${language}: a second tab shows it too`, (await again.locator("progress[max]").count()) === 1);
    await again.reload();
    check(`${language}: and a reload`, (await again.locator("progress[max]").count()) === 1);
    check(`${language}: which does not load itself again`, (await again.locator("meta[http-equiv=refresh]").count()) === 0);
    for (const width of widths) {
      await again.setViewportSize({ width, height: 800 });
      await judged(`running-${language}-${width}`, again);
    }
    await pressed(again, STOP[language]);
    await fetch(`${asked.hold}/release`);
    await again.locator(".verdict.cannot-tell").waitFor({ timeout: 20_000 });
    check(`${language}: it was stopped`, (await text(again)).includes({ zh: "已被停止", en: "was stopped" }[language]), await text(again));
    await again.goto(at(language, "/replay"));
    check(`${language}: nothing asks to be loaded again`, (await again.locator("meta[http-equiv=refresh]").count()) === 0);
    await judged(`stopped-${language}-1200`, again);
    check(`${language}: the console is silent`, complaints.length === 0, complaints.join("\n"));
  });
}

async function finished() {
  await within({ locale: "en", viewport: { width: 1200, height: 800 } }, async (page) => {
    await page.goto(at("en", "/replay"));
    await page.locator("form[action$='/replay'] button").click();
    await page.locator("a[href$='/result'] >> text=See the findings").waitFor({ timeout: 60_000 });
    await page.goto(at("en", "/result"));
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("a[href$='/findings.json']").click()]);
    check("the findings are saved under their name", /^run-\d+-findings\.json$/.test(download.suggestedFilename()), download.suggestedFilename());
  });
}

if (asked.stage === "alarm") {
  for (const [language, locale] of Object.entries(languages)) {
    for (const width of widths) {
      await within({ locale, viewport: { width, height: 800 } }, async (page) => {
        await looked(`alarm-${language}-${width}`, page, language, "");
        await page.goto(at(language, ""));
        check(`alarm-${language}-${width}: it is the first thing told`, (await text(page)).includes({ zh: "警报", en: "Alarm" }[language]), await text(page));
      });
    }
  }
} else if (asked.sign) {
  await within({ locale: "en", viewport: { width: 1200, height: 800 } }, async (page) => {
    await page.goto(at("en", "/replay"));
    await page.locator("form[action$='/replay'] button").click();
    await page.locator("a[href$='/result'] >> text=See the findings").waitFor({ timeout: 60_000 });
  });
  for (const [language, locale] of Object.entries(languages)) {
    for (const width of widths) {
      for (const colorScheme of ["light", "dark"]) {
        const where = `${asked.stage}${colorScheme === "dark" ? "_dark" : ""}-${language}-${width}`;
        await within({ locale, viewport: { width, height: 800 }, colorScheme }, async (page) => {
          await looked(where, page, language, "/result");
          await page.goto(at(language, "/result"));
          check(`${where}: the verdict comes first`, (await page.locator(".verdict .sign").first().innerText()) === asked.sign);
          const rows = await page.locator(asked.stage === "cards" ? "[class^=card-]" : "#violations ~ table tbody tr").count();
          check(`${where}: what was found stands in a table`, rows > 0, rows);
        });
      }
    }
  }
} else {
  for (const path of ["", "/replay", "/result"]) {
    await within({ locale: "zh-CN", viewport: { width: 360, height: 800 } }, (page) => looked(`before-zh-360${path.replace("/", "-")}`, page, "zh", path));
  }
  for (const language of Object.keys(languages)) await stopped(language);
  await finished();
  for (const [language, locale] of Object.entries(languages)) {
    for (const width of widths) {
      for (const options of [{ colorScheme: "light" }, { colorScheme: "dark" }, { javaScriptEnabled: false }]) {
        const how = options.colorScheme ?? "nojs";
        await within({ locale, viewport: { width, height: 800 }, ...options }, async (page, complaints) => {
          for (const path of ["", "/replay", "/result"]) await looked(`${how === "nojs" ? "light" : how}-${language}-${width}${path.replace("/", "-") || "-ledger"}${how === "nojs" ? "-nojs" : ""}`, page, language, path);
          check(`${how}-${language}-${width}: the console is silent`, complaints.length === 0, complaints.join("\n"));
        });
      }
    }
  }
  writeFileSync(asked.told, JSON.stringify([...commands]));
}
end();
