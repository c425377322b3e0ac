// Officers at the desk: each a person in a browser of his own, with a key that is made there, who does everything by
// keyboard; and what every state of the desk must be. Not here: which cases they take (desk.mjs, window.mjs).
import { asked, check, flags, judged } from "./looking.mjs";
import { chromium } from "playwright-core";

// In a language of its own, whatever this machine's: it decides in which order a day is typed.
const env = { ...process.env, LANGUAGE: "en_US" };
export const browser = await chromium.launch({ executablePath: asked.chromium, headless: true, args: flags, env });

export async function request(method, path, token, body) {
  const headers = { authorization: `Bearer ${asked.tokens[token]}`, "content-type": "application/json" };
  const answer = await fetch(asked.url + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: answer.status, json: await answer.json() };
}

// A browser for one person, which counts what its pages complain of.
export async function person(department, options = {}) {
  const context = await browser.newContext({ locale: "zh-CN", ...options });
  await context.addInitScript(() => {
    globalThis.pressed = [];
    addEventListener("keydown", (event) => globalThis.pressed.push(event.timeStamp), true);
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const complaints = [];
  page.on("console", (message) => {
    const answered = /status of 4(01|03|04|09|22|29)/.test(message.text());
    if (message.type() === "error" && !answered) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (one) => {
    if (!one.url().startsWith(asked.url) && !/^(data|blob):/.test(one.url())) complaints.push(`from elsewhere: ${one.url()}`);
  });
  return { context, page, department, complaints };
}

export const settled = (page) => page.locator("#desk[aria-busy=false]").waitFor();

export async function at(one, language, width, hash = "") {
  await one.page.setViewportSize({ width, height: 800 });
  await one.page.goto("about:blank");
  await one.page.goto(`${asked.url}/${language}/desk${hash}`);
  await settled(one.page);
}

// Tab until this has the focus.
export async function reach(page, selector) {
  for (let tries = 0; tries < 200; tries++) {
    if (await page.evaluate((what) => document.activeElement?.matches(what) ?? false, selector)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${selector}`);
}

export async function press(page, selector, key = "Enter") {
  await reach(page, selector);
  await page.keyboard.press(key);
}

export async function write(page, selector, text) {
  await reach(page, selector);
  await page.keyboard.insertText(text);
}

export const focus = (page) => page.evaluate(() => `${document.activeElement.tagName} ${document.activeElement.textContent.trim()}`);
export const text = (page, selector = "main") => page.locator(selector).innerText();

// What a state must be: as every page, and nothing in it moves by itself.
export async function seen(name, page) {
  await judged(name, page);
  const moved = await page.evaluate(unasked);
  check(`${name}: nothing moves by itself`, moved < 0.02, moved);
}

// How much moved that nobody asked for. Chromium lets pass what moves within half a second of a key; a service on a busy
// machine may take longer to answer, so what follows from a key by way of the service was asked for as well.
function unasked() {
  const soon = (after, before) => after >= before && after - before <= 500;
  const reasons = [...globalThis.pressed];
  const asked = (when) => reasons.some((before) => soon(when, before));
  for (const one of performance.getEntriesByType("resource").sort((a, b) => a.startTime - b.startTime)) {
    if (one.initiatorType === "fetch" && asked(one.startTime)) reasons.push(one.responseEnd);
  }
  return new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((list) => {
      for (const one of list.getEntries()) if (!one.hadRecentInput && !asked(one.startTime)) sum += one.value;
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(() => resolve(sum), 50);
  });
}

export async function enter(one, token = asked.tokens[one.department]) {
  await write(one.page, "[name=token]", token);
  await one.page.keyboard.press("Enter");
}

// A person comes, makes a key, and is appointed by the sample's ceremony.
export async function appointed(name, department, roles, language, width) {
  const one = await person(department);
  const { page } = one;
  await at(one, language, width);
  await seen(`desk-${language}-${width}-entrance-${name}`, page);
  await enter(one, "no-such-token");
  await page.locator("[name=token][aria-invalid]").waitFor();
  check(`${name}: a wrong token is told, and asked for again`, (await text(page, "[role=alert]")).length > 5 && (await focus(page)).startsWith("INPUT"), await focus(page));
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await enter(one);
  await page.locator(".desk-ways").waitFor();
  await press(page, ".desk-ways a[href='#key']");
  await page.locator("[data-act=make-key]").waitFor();
  await seen(`desk-${language}-${width}-keyless-${name}`, page);
  const keyless = await text(page);
  check(`${name}: is told what to do with a key that is elsewhere, or lost`, { zh: ["另一台机器", "丢失"], en: ["another machine", "lost"] }[language].every((words) => keyless.includes(words)), keyless);
  await press(page, "[data-act=make-key] button");
  await page.locator("[data-act=enrol]").waitFor();
  const kept = await page.evaluate(async () => {
    const opened = await new Promise((resolve) => { const asking = indexedDB.open("vidimus-desk"); asking.onsuccess = () => resolve(asking.result); });
    const all = await new Promise((resolve) => { const asking = opened.transaction("keys").objectStore("keys").getAll(); asking.onsuccess = () => resolve(asking.result); });
    const taken = await crypto.subtle.exportKey("pkcs8", all[0].privateKey).then(() => true, () => false);
    return { keys: all.length, extractable: all[0].privateKey.extractable, taken, session: Object.keys(sessionStorage), local: localStorage.length };
  });
  check(`${name}: the key cannot be taken out of the browser, the token is in the session only`, kept.keys === 1 && !kept.extractable && !kept.taken
    && kept.session.join() === "vidimus.token" && kept.local === 0, JSON.stringify(kept));
  const department_code = await page.evaluate(async (slug) => (await (await fetch("/v1/departments")).json()).items.find((item) => item.department === slug).code, department);
  await press(page, "[data-act=enrol] button");
  await page.locator("[name=roles][aria-invalid]").first().waitFor();
  await reach(page, "[data-act=enrol] [name=department]");
  await page.selectOption("[name=department]", department_code); // Chromium opens its own list on a key
  for (const role of roles) await press(page, `[name=roles][value=${role}]`, "Space");
  await press(page, "[data-act=enrol] button");
  await page.locator("#request").waitFor();
  check(`${name}: the focus is at the request`, (await focus(page)).startsWith("H3"), await focus(page));
  await seen(`desk-${language}-${width}-request-${name}`, page);
  const wish = JSON.parse(await text(page, "#request"));
  check(`${name}: asks as the command does`, Object.keys(wish.officer).join() === "department,key,roles,from,until,officer" && wish.officer.roles.join() === roles.join(), JSON.stringify(wish));
  one.wish = wish;
  return one;
}

export async function inOffice(name, one, language) {
  const begun = await request("POST", "/v1/operator/ceremonies", "operator", one.wish);
  check(`${name}: what the desk wrote is what a ceremony takes`, begun.status === 201, JSON.stringify(begun.json));
  await at(one, language, 1200, "#key");
  const said = await text(one.page);
  check(`${name}: the desk knows that he is in office`, said.includes({ zh: "在任", en: "in office" }[language]), said);
}

// An act of an officer: chosen, looked at, signed. What it says on the way is judged.
export async function acts(one, where, name, fill = async () => {}) {
  const { page } = one;
  if (!(await page.locator(`[data-act=${name}]`).isVisible())) {
    const place = await page.evaluate((act) => { const all = [...document.querySelectorAll("details.act")];
      all.forEach((each, at) => { each.dataset.at = at; }); return all.findIndex((each) => each.querySelector(`[data-act=${act}]`)); }, name);
    await press(page, `details[data-at='${place}'] > summary`);
  }
  await fill(page, `[data-act=${name}]`);
  await press(page, `[data-act=${name}] button`);
}

export async function signs(one, where, name, fill, look = async () => {}) {
  const { page } = one;
  await acts(one, where, name, fill);
  await page.locator(`[data-act=sign-${name}]`).waitFor();
  check(`${where}-${name}: the focus is at what will be signed`, (await focus(page)).startsWith("H4"), await focus(page));
  await seen(`${where}-${name}`, page);
  await look(page);
  await press(page, `[data-act=sign-${name}] button`);
  await done(one, where, `sign-${name}`);
}

export async function done(one, where, name) {
  await one.page.locator(`[data-act=${name}]`).waitFor({ state: "detached" });
  await one.page.locator("#told:not(:empty)").waitFor();
  await settled(one.page);
  check(`${where}-${name}: is done, is said, and the focus is at the case`, (await focus(one.page)).startsWith("H2"), `${await focus(one.page)}: ${await text(one.page)}`);
}

export const because = (words) => async (page, form) => write(page, `${form} [name=reason]`, words);

// From a list to the case, by its link.
export async function opened(one, language, width, list, id) {
  await at(one, language, width, `#list=${list}`);
  await seen(`desk-${language}-${width}-list-${list}`, one.page);
  await press(one.page, `a[href='#case=${id}']`);
  await one.page.locator(".steps").waitFor();
  await settled(one.page);
}

export async function approves(one, where, language, width, id) {
  await at(one, language, width, `#case=${id}`);
  await seen(`${where}-approve`, one.page);
  await press(one.page, "[data-act=approve] button");
  await done(one, where, "approve");
  check(`${where}: one approves once`, (await one.page.locator("[data-act=approve]").count()) === 0);
}
