// Filing at the window: a type that has a process, the application, what the service finds wrong with it before anything
// is entered (网上预审), and in the end what the applicant is given. What was typed is kept in this page's memory until it
// is filed or the officer leaves. Not here: the fields (application.js).
import { get, once, post } from "./api.js";
import { application, typeFor } from "./application.js";
import { element, facts } from "./elements.js";
import { rows, typeOf } from "./licence_facts.js";
import { lookOver } from "./looking_over.js";
import { standing } from "./names.js";
import { day, language, named, say, time } from "./say.js";

// What was typed and not filed yet, by type.
const drafts = new Map();

export const forget = () => drafts.clear();

// Every type that is issued from cases.
export async function choose() {
  const { items } = await once("/v1/types");
  const types = await Promise.all(items.map((item) => typeFor(item.type)));
  const way = (type) => element("li", {}, element("a", { href: `#file=${type.type}` }, named(type.name)),
    element("p", { class: "quiet" }, promised(type)));
  const found = types.filter((type) => type.process);
  return element("section", {}, element("h2", { tabindex: "-1" }, say("受理窗口：新申请", "At the window: a new application")),
    found.length ? element("ul", { class: "cards" }, found.map(way)) : element("p", { class: "empty" }, say("没有须经办件签发的证照类型。", "No licence type is issued from cases.")));
}

const promised = ({ process }) => say(`承诺 ${process.promised.total} 个工作日办结`, `Promised within ${process.promised.total} working days`)
  + (process.promise ? say("，可告知承诺", "; a promise may replace proof") : "");

// The form of one type. `old` names a licence that is to be replaced, and perhaps the objection that says what is wrong in
// it: what it says is filled in, as it should be.
export async function view(slug, old = {}) {
  const type = await typeFor(slug);
  const heading = element("h2", { tabindex: "-1" }, say(`申请：${named(type.name)}`, `Apply: ${named(type.name)}`));
  if (!type.process) return element("section", {}, heading, element("p", { class: "empty" }, say("该类型直接签发，不经办件。", "This type is issued directly, without a case.")));
  const before = old.replaces ? await asItShouldBe(old) : drafts.get(slug);
  const fields = application(type, before, { filing: true });
  const looked = lookOver({
    name: "look-over", fields: [fields.node],
    judge: async () => {
      const said = { type: slug, ...fields.value() };
      drafts.set(slug, said);
      await post("/v1/cases?dry_run=true", said);
      return said;
    },
    told: async (said) => ({
      title: say("预审通过：将提交的申请", "Nothing is wrong: what will be filed"),
      rows: [...rows(await typeOf(type.type, type.version), shown(said)), replaced(said), said.promise && [say("告知承诺", "Promised instead of proved"), say("是", "yes")]],
    }),
    enter: {
      name: "file", button: say("正式申请", "File it"),
      act: async (said, key) => {
        const answer = await post("/v1/cases", said, { key });
        drafts.delete(slug);
        const seen = await get(`/v1/cases/${answer.case}`).catch(() => null);
        const who = [say("申请人", "Applicant"), said.holders.map((holder) => holder.name).join(say("、", ", "))];
        section.replaceChildren(...receipt(type, who, answer, seen, "#file"));
        section.querySelector("h2").focus();
      },
    },
  });
  const section = element("section", {}, heading, element("p", { class: "quiet" }, promised(type)), looked);
  return section;
}

// Which licence an application is to replace, in words.
export const replaced = ({ replaces }) => replaces && [say("替换的证照", "Takes the place of"), [element("code", {}, replaces.licence), say("，", ", "), standing(replaces.cause)]];

// What a licence of the department's own says, with what an objection says would be right in its place.
async function asItShouldBe({ replaces, objection }) {
  const [{ licence_number }, objected] = await Promise.all([get(`/v1/licences/${replaces}`), objection ? get(`/v1/cases/${objection}`) : null]);
  // Content is told in lists alone.
  const { items } = await get(`/v1/licences?${new URLSearchParams({ licence_number, content: "true" })}`);
  const licence = items.find((one) => one.handle === replaces);
  const said = { holders: licence.holders, claims: licence.claims, valid_from: null, valid_until: objected ? licence.valid_until : null };
  for (const { pointer, correct } of objected?.correction?.items ?? []) {
    const steps = pointer.split("/").slice(1);
    const within = steps.slice(0, -1).reduce((part, step) => part?.[step], said);
    if (within) within[steps.at(-1)] = correct;
  }
  return { ...said, replaces: { licence: replaces, cause: objected ? "corrected" : undefined } };
}

// What of an application is told under the labels of its type.
export const shown = ({ holders, claims, valid_from, valid_until }) =>
  ({ holders, claims, ...(valid_from && { valid_from }), ...(valid_until && { valid_until }) });

// What whoever came takes home: `who` or what it is about, and where the next begins. Code and rating receipt are answered once.
export function receipt(type, who, answer, seen, next) {
  const address = `${location.origin}/${language}/track/${answer.number}`;
  const due = seen?.due;
  return [
    element("h2", { tabindex: "-1" }, say("已申请：请交给申请人", "Filed: for the applicant")),
    element("p", { class: "note" }, say("查询码和评价凭据只在此显示一次，请打印或抄下交给申请人；离开本页后不再显示。",
      "Code and rating receipt are shown here once: print them or write them down for the applicant before you leave this page.")),
    element("div", { class: "licence receipt" },
      element("h3", {}, say("申请回执", "Receipt of an application")),
      facts([
        [say("证照类型", "Licence type"), named(type.name)],
        who,
        seen && [say("申请时间", "Filed"), time(seen.filed)],
        due?.step && [say("受理期限", "To be accepted by"), day(due.step.day)],
        due?.total && [say("办结期限", "To be done by"), day(due.total.day)],
        [say("办件编号", "Case number"), element("code", { id: "number" }, answer.number)],
        [say("查询码", "Code"), element("code", { id: "code" }, answer.code)],
        [say("评价凭据（办结后评价用，一次有效）", "Rating receipt (to rate the case once, when it is over)"), element("code", { id: "rating-receipt" }, answer.rating_receipt)],
        [say("查询地址", "Where to follow it"), element("span", { class: "address" }, address)],
      ])),
    element("p", { class: "actions" },
      element("button", { type: "button", id: "print", onclick: () => print() }, say("打印", "Print")),
      seen && element("a", { class: "button plain", href: `#case=${answer.case}` }, say("打开办件", "Open the case")),
      element("a", { class: "button plain", href: next }, say("办理下一份", "Another"))),
  ];
}
