// What is late, in words, sign and colour: in the list and its filters, at the case, and on the applicant's page. Asked of a
// service whose clock is weeks ahead.
//
//   node late.mjs QUESTIONS.json     (run by window.py)
//
// QUESTIONS: {url, token, case, number, code, days, waiting, pictures, chromium}.
import { asked, check, end, languages, pictured, widths } from "./looking.mjs";
import { at, browser, enter, person, press, seen, settled, text } from "./officers.mjs";
import { applicant, follows } from "./applicant.mjs";

const WORDS = { zh: `已逾期 ${asked.days} 个工作日`, en: `${asked.days} working days late` };

async function desk(one, language, width) {
  const where = `desk-${language}-${width}-late`;
  const { page } = one;
  await at(one, language, width, "#list=filed");
  if (await page.locator("[name=token]").count()) {
    await enter(one, asked.token);
    await page.locator(".desk-ways").waitFor();
    await settled(page);
  }
  const shown = async () => page.evaluate((id) => {
    const row = document.querySelector(`a[href='#case=${id}']`)?.closest("tr");
    const due = row?.querySelector(".due");
    const style = due && getComputedStyle(due.querySelector(".sign"));
    return due && { text: due.innerText, late: due.classList.contains("late"), shape: style.borderTopStyle, colour: style.color, ink: getComputedStyle(document.body).color, first: row.rowIndex === 1 };
  }, asked.case);
  const found = await shown();
  check(`${where}: the list says it in words, by a sign and in a colour`, found?.late && found.text.includes(WORDS[language]) && found.text.includes("✕") && found.shape === "double" && found.colour !== found.ink, JSON.stringify(found));
  await seen(`${where}-list`, page);
  await page.locator("[data-list=rectify]:not(:empty)").waitFor();
  check(`${where}: how many wait stands at the list`, (await text(page, "[data-list=filed]")) === String(asked.waiting), await text(page, ".desk-ways"));
  await pictured(`desk-list-${language}-${width}`, page);
  await press(page, ".dues a[href$='due=today']");
  await page.locator(".dues a[href$='due=today'][aria-current]").waitFor();
  check(`${where}: it is not among what is due today`, !(await shown()) && (await page.locator("#desk .empty").count()) === 1);
  await press(page, ".dues a[href$='due=late']");
  await page.locator(".dues a[href$='due=late'][aria-current]").waitFor();
  check(`${where}: it is among what is late`, Boolean(await shown()));
  await seen(`${where}-filtered`, page);
  await press(page, `a[href='#case=${asked.case}']`);
  await page.locator(".steps").waitFor();
  await settled(page);
  check(`${where}: the case says it`, (await text(page)).includes(WORDS[language]));
  await seen(`${where}-case`, page);
}

try {
  for (const language of Object.keys(languages)) {
    for (const width of widths) {
      const one = await person("market-regulation");
      await desk(one, language, width);
      check(`${language} ${width}: the console is silent`, one.complaints.length === 0, one.complaints.join("\n"));
      await one.context.close();
      const someone = await applicant(language, width);
      await follows(someone, language, width, asked, "filed", WORDS[language]);
      await someone.context.close();
    }
  }
} catch (error) {
  check("what is late broke off", false, error.stack);
}
await browser.close();
end();
