// One case with everything to decide it: application, deadlines, steps so far, approvals, and what may be done now.
// Not here: how it is signed (signing.js).
import { get, once, post } from "./api.js";
import { offered } from "./acts.js";
import { element, facts } from "./elements.js";
import { replaced } from "./filing.js";
import { field, form, told } from "./forms.js";
import { labelOf, nameOf, rows, typeOf } from "./licence_facts.js";
import { deadline } from "./lists.js";
import { outcome, rolesOf, stage, standing, step as stepName } from "./names.js";
import { named, say, time } from "./say.js";
import { actForm, approval } from "./signing.js";

export async function view(id, desk, refresh) {
  const shown = await get(`/v1/cases/${encodeURIComponent(id)}`);
  const [type, departments, licence] = await Promise.all([typeOf(shown.type, shown.version), once("/v1/departments"), licenceOf(shown)]);
  const department = (code) => named(departments.items.find((one) => one.code === code)?.name) || code;
  const done = (answer) => refresh(after(answer));
  return element("section", {},
    element("h2", { tabindex: "-1" }, `${nameOf(type)} ${shown.number ?? ""}`),
    facts(head(shown, department, licence)),
    element("h3", {}, say("申请内容", "Application")), application(type, shown), ...proofs(type, shown),
    element("h3", {}, say("已办步骤", "Steps so far")), steps(shown, desk),
    shown.correspondence?.length ? letters(shown, refresh) : null,
    await toDo(shown, type, desk, department, done, [rescission(shown, licence, refresh), await replacement(shown, licence)]));
}

// What came of it, to be announced.
function after(answer) {
  const entered = answer.entry && say(`已记入账本第 ${answer.entry.index} 号。`, `Entered in the ledger as number ${answer.entry.index}.`);
  return `${entered ?? say("审批已收到。", "The approval was taken.")} ${say("现为：", "Now: ")}${stage(answer.state)}`;
}

function head(shown, department, licence) {
  const due = (label, one) => one && [label, deadline(one)];
  return [
    [say("状态", "Stands at"), element("strong", {}, stage(shown.state))],
    due(say("本步骤期限", "This step is due"), shown.due.step),
    due(say("总期限", "The whole is due"), shown.due.total),
    due(say("承诺核查期限", "The promise is to be checked"), shown.due.promise),
    due(say("整改期限", "Rectification is due"), shown.due.rectification),
    due(say("来信答复期限", "An answer is due"), shown.due.letters),
    shown.rescind && [say("承诺不实", "The promise was false"), element("strong", {}, say("证照应予撤销", "its licence is to be rescinded"))],
    [say("办理部门", "Department"), department(shown.department)],
    [say("申请时间", "Filed"), time(shown.filed)],
    [say("告知承诺", "Promised instead of proved"), shown.promise ? say("是", "yes") : say("否", "no")],
    shown.rating && [say("评价", "Rating"), `${shown.rating} / 5`],
    shown.matter && [say("一件事", "Matter"), element("code", {}, shown.matter)],
    shown.licence && [say("证照", "Licence"), [element("code", {}, shown.licence), licence ? `${say("，", ", ")}${standing(licence.standing)}` : ""]],
    [say("办件标识", "Case"), element("code", {}, shown.case)],
  ];
}

const application = (type, shown) => {
  const { holder, holders = holder && [holder], claims, ...rest } = shown.application ?? {};
  const wished = ["valid_from", "valid_until"].filter((name) => rest[name]).map((name) => [name, rest[name]]);
  if (shown.corrects) return objection(type, shown);
  return facts([...rows(type, { ...(holders && { holders }), claims, ...Object.fromEntries(wished) }), replaced(rest)]);
};

// 一数一源: which licences prove what was applied for; 数据打架: which say otherwise, for whoever decides to look into.
function proofs(type, shown) {
  const sources = Object.entries(shown.sources ?? {}).map(([pointer, licence]) => [labelOf(type, pointer), element("code", {}, licence)]);
  const flag = ({ pointer, licence }) => element("p", { class: "notice flag" }, element("strong", {}, say("数据打架：", "Contradiction: ")),
    say(`“${labelOf(type, pointer)}”与有效证照所载不同：`, `${labelOf(type, pointer)} is said otherwise by a valid licence: `), element("code", {}, licence));
  return [
    ...(shown.flags ?? []).map(flag),
    sources.length ? element("details", { class: "proofs" }, element("summary", {}, say("由数源部门证照证明的内容", "Proved by licences of their source")), facts(sources)) : null,
  ];
}

// 异议: what the licence says beside what is said to be right.
function objection(type, { corrects, correction, application: said }) {
  const spelled = (value) => (value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value));
  const items = correction?.items.map((one) => [labelOf(type, one.pointer), [
    say("证照现为：", "The licence says: "), spelled(one.says), element("br", {}),
    say("应为：", "It should say: "), spelled(one.correct),
    one.now === null ? null : [element("br", {}), say("替换后为：", "Its replacement says: "), spelled(one.now)],
  ]]) ?? [];
  return facts([[say("被异议的证照", "Licence objected to"), element("code", {}, corrects)], [say("理由", "Reason"), said?.reason], ...items].filter(([, value]) => value));
}

function steps(shown, { officer }) {
  const by = (who) => (who === officer?.officer ? say("您", "you") : element("code", {}, who));
  const line = (one) => element("li", {},
    element("strong", {}, stepName(one.step)), one.outcome ? `${say("：", ": ")}${outcome(one.outcome)}` : null,
    element("div", { class: "quiet" }, time(one.time), one.officer ? [say("，经办人 ", ", by "), by(one.officer)] : null),
    one.words ? element("blockquote", {}, one.words) : null);
  return element("ol", { class: "steps" }, shown.steps.map(line));
}

// What the applicant asked and complained about: each with its answer, or the form for one.
function letters(shown, refresh) {
  const kinds = { question: say("咨询", "question"), complaint: say("投诉", "complaint") };
  const line = ({ letter, kind, text, written, due, answer }) => element("li", {},
    element("strong", {}, kinds[kind]), element("div", { class: "quiet" }, time(written)), element("blockquote", {}, text),
    answer ? [element("div", { class: "quiet" }, say("答复 ", "answered "), time(answer.written)), element("blockquote", {}, answer.text)]
      : [due && element("div", {}, say("答复期限：", "An answer is due: "), deadline(due)), folded(say("答复", "Answer"), answerForm(shown, letter, refresh))]);
  return element("div", {}, element("h3", {}, say("咨询与投诉", "Questions and complaints")),
    element("ol", { class: "letters" }, shown.correspondence.map(line)));
}

const answerForm = (shown, letter, refresh) => form({
  name: `answer-${letter}`, button: say("答复", "Answer"),
  fields: [field("text", say("答复内容（申请人可见）", "Answer, which the applicant reads"), { kind: "textarea", rows: "3", maxlength: "2000", required: true })],
}, async ({ text }) => {
  await post(`/v1/cases/${shown.case}/answers`, { letter, text });
  await refresh(say("答复已发送。", "The answer was sent."));
});

async function toDo(shown, type, desk, department, done, ofTheLicence) {
  const { officer, key } = desk;
  const { leads, signed, waiting, unsigned } = offered(shown, key && officer);
  const acts = [
    ...ofTheLicence,
    shown.approvals && await approvals(shown, type, desk, department, done),
    ...signed.map((act) => folded(act.name(), actForm(act, shown, desk, done))),
    waiting.length ? element("p", { class: "quiet" }, missing(desk, waiting)) : null,
    ...await Promise.all(unsigned.map(async (act) => folded(act.name(), await byToken(act, shown, type, done)))),
    leads ? null : element("p", { class: "quiet" }, say(`本办件由${department(shown.department)}办理，贵部门只参与审批。`, `${department(shown.department)} leads this case; your department has its approval to give, no more.`)),
  ].filter(Boolean);
  const first = acts.find((act) => act.matches("details"));
  if (first && !shown.approvals) first.open = true;
  const heading = element("h3", {}, say("现在可办", "What can be done now"));
  return element("div", {}, heading, acts.length ? acts : element("p", {}, say("没有待办步骤。", "There is nothing to be done.")));
}

const folded = (name, inner) => element("details", { class: "act" }, element("summary", {}, name), inner);

function missing({ key, officer }, roles) {
  const others = say(`还有须由${rolesOf(roles)}人员办理的步骤。`, `Other steps are for: ${rolesOf(roles)}.`);
  if (key && officer) return others;
  const cure = key ? say("您的密钥尚未任命，见", "Your key is not appointed yet; see ") : say("本浏览器没有签名密钥，见", "There is no signing key in this browser; see ");
  return [others, " ", cure, element("a", { href: "#key" }, say("我的密钥", "my key")), say("。", ".")];
}

// What was decided, who has approved it, and the approval itself.
async function approvals(shown, type, desk, department, done) {
  const { asked } = shown.approvals;
  const line = ({ department: code, officers, given }) =>
    [department(code), `${given.length} / ${officers}${given.includes(desk.key?.id) ? say("（含您）", " (you too)") : ""}`];
  const mine = desk.officer?.roles.includes("signer") && asked.some((one) => one.department === desk.officer.department_code);
  const given = asked.some((one) => one.given.includes(desk.key?.id));
  const key = mine && !given ? desk.key : null;
  let inner;
  try {
    inner = await approval(shown, type, { ...desk, key }, done);
  } catch (error) {
    inner = element("p", { class: "wrong", role: "alert", id: "refused" }, told(error));
  }
  return element("div", { class: "act approvals" }, element("h4", {}, say("审批", "Approvals")), facts(asked.map(line)), inner);
}

function byToken(act, shown, type, done) {
  if (act.form) return act.form(shown, type, done);
  const note = element("p", { class: "quiet" }, act.note());
  return form({ name: act.step, button: act.name(), fields: [note, ...act.fields()] }, async (values) => {
    await done(await post(`/v1/cases/${shown.case}/${act.step}`, act.said(values)));
  });
}

// The licence of a case as its issuer sees it; nothing before it is issued, and for others.
async function licenceOf(shown) {
  if (!["issued", "delivered"].includes(shown.state) || !shown.licence) return null;
  return get(`/v1/licences/${shown.licence}`).catch((error) => {
    if (error.status === 403 || error.status === 404) return null;
    throw error;
  });
}

// Where another licence takes the place of one: of what this case came to, or of what it objects to, before that is decided.
// Of a type that is issued directly there is no case to file.
async function replacement(shown, licence) {
  const objected = shown.corrects && ["accepted", "examined"].includes(shown.state) && shown.correction;
  const old = objected ? { handle: shown.corrects, standing: shown.correction.standing } : licence;
  if (!old || !["valid", "suspended"].includes(old.standing) || !(await once(`/v1/types/${shown.type}`)).process) return null;
  const address = new URLSearchParams({ file: shown.type, replaces: old.handle, ...(objected && { objection: shown.case }) });
  const words = objected ? say("异议属实的，先以办件更正证照：", "If it is right, the licence is corrected first, from a case: ") : say("证照需延续、变更、更正或补发的：", "To renew, change, correct or reissue the licence: ");
  return element("p", { class: "replace" }, words, element("a", { href: `#${address}` }, say("申请替换证照", "apply to replace it")));
}

// 告知承诺: where a promise was found false the licence is to be rescinded, and that is an act on the licence.
function rescission(shown, licence, refresh) {
  const broken = shown.steps.some((one) => one.step === "checked" && one.outcome === "false");
  if (!broken || !licence || !["valid", "suspended"].includes(licence.standing)) return null;
  const why = field("reason", say("撤销理由", "Why it is rescinded"), { kind: "textarea", rows: "3", maxlength: "2000", required: true });
  const note = element("p", {}, say("承诺经核查不实：依照告知承诺，应撤销这份证照。撤销后证照自始无效。",
    "The promise was found false, so this licence is to be rescinded: it is then void from its beginning."));
  return element("div", { class: "act broken" }, element("h4", {}, say("撤销证照", "Rescind the licence")),
    form({ name: "rescind", button: say("撤销证照", "Rescind the licence"), fields: [note, why] }, async ({ reason }) => {
      const answer = await post(`/v1/licences/${shown.licence}/end`, { act: "rescinded", reason });
      await refresh(say(`证照已撤销，记入账本第 ${answer.entry.index} 号。`, `The licence is rescinded; entered in the ledger as number ${answer.entry.index}.`));
    }));
}
