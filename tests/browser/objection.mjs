// 异议 at the window, by keyboard, axe at each state: a licence is found by its number, what is wrong in it is told under its
// type's labels, every problem at its field; asked for more and supplied; and before the objection is upheld another licence
// takes the place of the first, from a case that the objection leads to. Not here: applications (window.mjs).
import { check } from "./looking.mjs";
import { acts, at, because, done, focus, opened, press, reach, request, seen, settled, signs, text } from "./officers.mjs";

const LEAD = "market-regulation";
const RIGHT = "样例市样例路9号";
const RIGHTER = "样例市样例路9号二层";
const WORDS = { zh: "经营场所登记有误。", en: "The premises are recorded wrongly." };
const MISSING = { zh: "请写明楼层。", en: "Please say on which floor." };

async function type(page, selector, words) {
  await reach(page, selector);
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.insertText(words);
}

const wrongAt = (page) => page.evaluate(() => [...document.querySelectorAll("[aria-invalid]")].map((one) => one.name));

// The objection is filed at the window.
async function files(intake, where, language, width, licence) {
  const { page } = intake;
  await at(intake, language, width, "#list=filed");
  await press(page, ".desk-ways a[href='#object']");
  await page.locator("[data-act=which]").waitFor();
  await settled(page);
  await press(page, "[data-act=which] button[type=submit]");
  await page.locator("[name=licence_number][aria-invalid]").waitFor();
  await seen(`${where}-which`, page);
  await type(page, "[name=licence_number]", "no-such-number");
  await press(page, "[data-act=which] button[type=submit]");
  await page.locator("[data-act=which] p.wrong:not([role]):not(:empty)").waitFor();
  check(`${where}: a number of none is told at its field`, (await wrongAt(page)).join() === "licence_number");
  await type(page, "[name=licence_number]", licence.licence_number);
  await press(page, "[data-act=which] button[type=submit]");
  await page.locator("[data-act=look-over]").waitFor();
  await settled(page);
  check(`${where}: the focus is at the form's heading`, (await focus(page)).startsWith("H2"), await focus(page));
  check(`${where}: it is about the licence of that number`, (await text(page)).includes(licence.handle));
  const form = "[data-act=look-over]";
  await press(page, `${form} button[type=submit]`);
  await page.locator("[name=reason][aria-invalid]").waitFor();
  check(`${where}: all that is missing is told at once, each at its field`, (await wrongAt(page)).join() === "pointer,reason", await wrongAt(page));
  await seen(`${where}-missing`, page);
  await reach(page, `${form} [name=pointer]`);
  // Chromium opens its own list on a key; what follows from the choice follows from a key all the same.
  await page.keyboard.press("Shift");
  await page.selectOption(`${form} [name=pointer]`, "/claims/premises");
  await type(page, `${form} [name=correct]`, "x".repeat(1025));
  await type(page, `${form} [name=reason]`, WORDS[language]);
  await press(page, `${form} button[type=submit]`);
  await page.locator("[name=correct][aria-invalid]").waitFor();
  check(`${where}: what no licence can say is told at its field`, (await wrongAt(page)).join() === "correct", await wrongAt(page));
  await seen(`${where}-wrong`, page);
  await type(page, `${form} [name=correct]`, RIGHT);
  await press(page, `${form} button[type=submit]`);
  await page.locator("[data-act=file]").waitFor();
  check(`${where}: the focus is at what will be filed`, (await focus(page)).startsWith("H3"), await focus(page));
  await seen(`${where}-looked-over`, page);
  await press(page, "[data-act=file] button[type=submit]");
  return received(intake, where, language, width);
}

// What was filed has its receipt; the case is opened from it.
async function received(intake, where, language, width) {
  const { page } = intake;
  await page.locator(".receipt").waitFor();
  check(`${where}: the focus is at the receipt`, (await focus(page)).startsWith("H2"), await focus(page));
  await seen(`${where}-receipt`, page);
  await press(page, "#desk a[href^='#case=']");
  await page.locator(".steps").waitFor();
  const { hash } = new URL(page.url());
  await at(intake, language, width, hash);
  return hash.slice("#case=".length);
}

async function supplies(intake, where, language, width, id) {
  const { page } = intake;
  await opened(intake, language, width, "asked", id);
  check(`${where}: the objection stands there as it was`, (await page.inputValue("[name=correct]")) === RIGHT && (await page.inputValue("[data-act=supply] [name=reason]")) === WORDS[language]);
  await type(page, "[data-act=supply] [name=correct]", RIGHTER);
  await press(page, "[data-act=supply] button[type=submit]");
  await page.locator("[data-act=supply-it]").waitFor();
  check(`${where}: the focus is at what it will be`, (await focus(page)).startsWith("H4") && (await text(page, ".signing")).includes(RIGHTER));
  await seen(`${where}-supplied`, page);
  await press(page, "[data-act=supply-it] button");
  await done(intake, where, "supply-it");
}

// The objection leads to a case whose licence takes the place of the one that is wrong.
async function replaces(staff, where, language, width, objection, concluded) {
  const { intake, examiner, signer } = staff;
  await at(intake, language, width, `#case=${objection}`);
  await press(intake.page, ".replace a");
  await intake.page.locator("[data-act=look-over]").waitFor();
  await settled(intake.page);
  check(`${where}: what is right stands in the application`, (await intake.page.inputValue("[name=premises]")) === RIGHTER
    && (await intake.page.inputValue("[name=cause]")) === "corrected", await intake.page.inputValue("[name=premises]"));
  await press(intake.page, "[data-act=look-over] button[type=submit]");
  await intake.page.locator("[data-act=file]").waitFor();
  await seen(`${where}-replacing`, intake.page);
  await press(intake.page, "[data-act=file] button[type=submit]");
  const id = await received(intake, `${where}-replacing`, language, width);
  await signs(intake, `${where}-replacing`, "accept");
  await opened(examiner, language, width, "accepted", id);
  await signs(examiner, `${where}-replacing`, "examine", because(WORDS[language]));
  await opened(signer, language, width, "examined", id);
  await signs(signer, `${where}-replacing`, "decide", because(WORDS[language]));
  await concluded(staff, `${where}-replacing`, language, width, id, ["signer", "elsewhere"], () => {});
  return (await request("GET", `/v1/cases/${id}`, LEAD)).json.licence;
}

// All of it, about one licence.
export async function objected(staff, language, width, handle, concluded, told) {
  const where = `desk-${language}-${width}-objection`;
  const { intake, examiner, signer } = staff;
  const licence = (await request("GET", `/v1/licences/${handle}`, LEAD)).json;
  const id = await files(intake, where, language, width, licence);
  await signs(intake, where, "ask", because(MISSING[language]));
  await supplies(intake, where, language, width, id);
  await opened(intake, language, width, "filed", id);
  await signs(intake, where, "accept");
  await opened(examiner, language, width, "accepted", id);
  await signs(examiner, where, "examine", because(WORDS[language]));
  const successor = await replaces(staff, where, language, width, id, concluded);
  told.replaced.push(successor);
  await opened(signer, language, width, "examined", id);
  check(`${where}: what the replacement says stands beside it`, (await text(signer.page)).includes({ zh: "替换后为", en: "Its replacement says" }[language]));
  await signs(signer, where, "correct", async (page, form) => {
    await reach(page, `${form} [name=outcome]`);
    await page.selectOption(`${form} [name=outcome]`, "upheld");
    await because(WORDS[language])(page, form);
  });
  await opened(intake, language, width, "deliver", id);
  await acts(intake, where, "deliver");
  await done(intake, where, "deliver");
  const after = (await request("GET", `/v1/licences/${handle}`, LEAD)).json;
  check(`${where}: the licence is corrected`, after.standing === "corrected" && after.replaced_by === successor, JSON.stringify(after.standing));
}
