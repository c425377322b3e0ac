// What looking at pages has in common: the questions, the count of what held, a browser of one kind, and what every page
// must be. Not here: which pages (pages.mjs, desk.mjs).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

export const asked = JSON.parse(readFileSync(process.argv[2], "utf8"));
export const widths = [360, 1200];
export const languages = { zh: "zh-CN", en: "en" };

let passed = 0;
let failed = 0;

export function check(what, good, detail = "") {
  good ? passed++ : failed++;
  console.log(good ? `ok      ${what}` : `FAILED  ${what}: ${String(detail).slice(0, 1500)}`);
}

export function end() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}

export const flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

// A browser of its own for one look; nothing may come from elsewhere.
export async function within(options, look) {
  const context = await chromium.launchPersistentContext(join(asked.profile, String(Math.random())), {
    executablePath: asked.chromium, headless: true, args: flags, acceptDownloads: true, ...options,
  });
  try {
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(8000);
    const foreign = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(asked.url) && !request.url().startsWith("data:")) foreign.push(request.url());
    });
    const complaints = [];
    page.on("console", (message) => {
      // A page that says what is wrong has a status that says so too.
      const answered = /status of 4(01|03|04|09|22|29)/.test(message.text());
      if (message.type() === "error" && !answered) complaints.push(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await look(page, complaints);
    check(`${options.locale} ${options.viewport.width}px: nothing is fetched from elsewhere`, foreign.length === 0, foreign);
  } catch (error) {
    check(`${options.locale} ${options.viewport.width}px broke off`, false, error.stack);
  } finally {
    await context.close();
  }
}

// A picture as the READMEs show them: what a window shows, from the top or from an element on.
export async function pictured(name, page, from = "body") {
  const before = page.viewportSize();
  await page.setViewportSize({ width: before.width, height: before.width > 600 ? 1100 : 1300 });
  await page.evaluate((where) => document.querySelector(where).scrollIntoView({ behavior: "instant" }), from);
  await page.screenshot({ path: join(asked.pictures, `picture-${name}.png`) });
  await page.setViewportSize(before);
}

// What every page must be: legible, complete at this width, in its language.
export async function judged(name, page) {
  await page.screenshot({ path: join(asked.pictures, `${name}.png`), fullPage: true });
  const facts = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    language: document.documentElement.lang, title: document.title,
    headings: document.querySelectorAll("h1").length, scripts: document.scripts.length,
  }));
  check(`${name}: no sideways scrolling`, facts.wide <= 0, `${facts.wide}px too wide`);
  check(`${name}: says its language`, facts.language.startsWith(name.split("-")[1]), facts.language);
  check(`${name}: has a title and one heading`, facts.title !== "" && facts.headings === 1, JSON.stringify(facts));
  if (name.includes("-nojs")) return; // axe is a script; what it judges is the same without
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const told = found.violations.map((one) => `${one.id} (${one.impact}): ${one.nodes.map((node) => node.html).slice(0, 3)}`);
  check(`${name}: axe finds nothing`, told.length === 0, told.join("\n"));
}
