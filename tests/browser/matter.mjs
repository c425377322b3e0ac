// A matter at the window, in both languages, at 360 and 1200 px, by keyboard, axe at each state, and once in a browser that
// runs no script: the applicant is looked up, what his licence proves is locked and says where it comes from, everything
// that is wrong stands at its field, a reload takes it once; and the applicant follows all of it, and withdraws it.
//
//   node matter.mjs QUESTIONS.json     (run by window.py)
//
// QUESTIONS: {url, token, holder, proved, premises, item, pictures, profile, chromium}.
import { asked, check, end, judged, languages, pictured, widths, within } from "./looking.mjs";

const TEXTS = {
  zh: { required: "此项必填", digit: /校验/, taken: "已受理" },
  en: { required: "This is required", digit: /check character/i, taken: "Taken" },
};

const text = (page) => page.locator("main").innerText();

// What is wrong, by the names of the fields.
const wrong = (page) => page.evaluate(() => Object.fromEntries([...document.querySelectorAll(".wrong")].map((one) => [one.id.replace("wrong-", ""), one.textContent])));

async function whole(name, page) {
  await judged(name, page);
  const facts = await page.evaluate(() => ({
    scripts: document.scripts.length,
    small: [...document.querySelectorAll("main a.button, button, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), label:has(> input), select, textarea, summary")]
      .filter((one) => one.getClientRects().length && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML),
    said: [...document.querySelectorAll(".wrong")].filter((one) => !document.querySelector(`[aria-describedby~="${one.id}"]`)).map((one) => one.id),
  }));
  check(`${name}: there is no script`, facts.scripts === 0);
  check(`${name}: what is pressed is 44 px high`, facts.small.length === 0, facts.small);
  check(`${name}: what is wrong belongs to a field`, facts.said.length === 0, facts.said);
}

async function sends(page, what) {
  await page.locator(what).focus();
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
}

async function types(page, name, words) {
  await page.locator(`[name="${name}"]`).focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(words);
}

async function applies(page, language, where) {
  const words = TEXTS[language];
  await page.goto(`${asked.url}/${language}/matters/open-a-restaurant`);
  await whole(`${where}-matter`, page);
  await sends(page, "main a.button");
  await whole(`${where}-empty`, page);
  check(`${where}: nothing is asked before it is known who applies`, (await page.locator("[name^='answers/']").count()) === 0);
  await types(page, "token", asked.token);
  await sends(page, "button[value=look]");
  const missing = await wrong(page);
  check(`${where}: all that is missing of who applies is told`, ["name", "code"].every((one) => missing[`holders/0/${one}`]?.includes(words.required)), JSON.stringify(missing));
  await whole(`${where}-who`, page);
  await types(page, "holders/0/name", asked.holder.name);
  await page.locator("[name='holders/0/code_type']").selectOption(asked.holder.code_type);
  await types(page, "holders/0/code", `${asked.holder.code.slice(0, -1)}${asked.holder.code.endsWith("8") ? 9 : 8}`);
  await sends(page, "button[value=look]");
  check(`${where}: a wrong code is told at its field`, words.digit.test((await wrong(page))["holders/0/code"]), JSON.stringify(await wrong(page)));
  await types(page, "holders/0/code", asked.holder.code);
  await sends(page, "button[value=look]");
  const locked = await page.locator("input[readonly]").evaluateAll((all) => all.map((one) => [one.value, document.getElementById(one.getAttribute("aria-describedby")).textContent]));
  check(`${where}: what a licence proves is locked and says its licence`, locked.some(([value, from]) => value === asked.proved.value && from.includes(asked.proved.licence)), JSON.stringify(locked));
  await whole(`${where}-drawn`, page);
  if (where.endsWith("-1200")) await pictured(where, page, "form");
  await types(page, "answers/complaint-line", "12345");
  await sends(page, "button[value=file]");
  const open = await wrong(page);
  check(`${where}: all that is missing is told at once, each at its field`, Object.keys(open).sort().join() === "answers/items,answers/premises", JSON.stringify(open));
  check(`${where}: and what was filled in stays`, (await page.inputValue("[name='answers/complaint-line']")) === "12345" && (await page.inputValue("[name='holders/0/code']")) === asked.holder.code);
  await whole(`${where}-missing`, page);
  await types(page, "answers/premises", asked.premises);
  await page.locator(`[name='answers/items'][value='${asked.item}']`).focus();
  await page.keyboard.press("Space");
  await sends(page, "button[value=file]");
  check(`${where}: it is taken`, (await text(page)).includes(words.taken), await text(page));
  await whole(`${where}-taken`, page);
  const given = await page.locator(".receipt code").allInnerTexts();
  await page.reload();
  check(`${where}: a reload takes it once`, (await page.locator(".receipt code").allInnerTexts()).join() === given.join(), given);
  return { number: given[0], code: given[1] };
}

async function withdraws(page, language, where, { number, code }) {
  await page.goto(`${asked.url}/${language}/track/${number}`);
  await types(page, "code", code);
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press("Enter")]);
  await whole(`${where}-progress`, page);
  await page.locator("details:has([name=withdraw]) summary").focus();
  await page.keyboard.press("Enter");
  await page.locator("[name=withdraw][value=all]").focus();
  await page.keyboard.press("Space");
  await whole(`${where}-sure`, page);
  await sends(page, "form:has([name=withdraw]) button[type=submit]");
  check(`${where}: it is withdrawn, its case too`, (await text(page)).includes({ zh: "撤回", en: "withdrawn" }[language]) && (await page.locator("[name=withdraw]").count()) === 0, await text(page));
  await whole(`${where}-over`, page);
}

for (const [language, locale] of Object.entries(languages)) {
  for (const width of widths) {
    await within({ locale, viewport: { width, height: 800 } }, async (page, complaints) => {
      const where = `matter-${language}-${width}`;
      await withdraws(page, language, where, await applies(page, language, where));
      check(`${where}: the browser complains of nothing`, complaints.length === 0, complaints);
    });
  }
}
await within({ locale: "zh-CN", viewport: { width: 360, height: 800 }, javaScriptEnabled: false }, async (page) => {
  const where = "matter-zh-360-nojs";
  await withdraws(page, "zh", where, await applies(page, "zh", where));
});
end();
