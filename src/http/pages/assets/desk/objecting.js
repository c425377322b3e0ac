// 异议 at the window: what is wrong in a licence, and what would be right, for its issuer to answer; any window takes one. The
// fields are made from what the service tells of the type. Not here: the application's own (application.js).
import { get, once, post } from "./api.js";
import { list, missingOf, part, partOf, sayable, typeFor } from "./application.js";
import { element } from "./elements.js";
import { field, form } from "./forms.js";
import { receipt } from "./filing.js";
import { lookOver } from "./looking_over.js";
import { named, say } from "./say.js";

// Which licence: by its number, of the department's own, or by the handle that its file holds.
export async function choose() {
  const { items } = await once("/v1/types");
  const options = [["", say("请选择", "Choose")], ...items.map((item) => [item.type, named(item.name)])];
  const fields = [
    field("licence_number", say("证照编号（本部门签发的）", "Licence number (of one issued here)"), { autocomplete: "off", spellcheck: "false" }),
    field("corrects", say("或证照句柄", "Or its handle"), {
      autocomplete: "off", spellcheck: "false", hint: say("载于证照文件的凭证中（jti）；签发部门也可查到。", "It stands in the credential of the licence's file (jti), and its issuer knows it."),
    }),
    field("type", say("证照类型（填写句柄时）", "Licence type (with a handle)"), { kind: "select", options }),
  ];
  const which = form({ name: "which", button: say("下一步", "Go on"), fields }, async ({ licence_number, corrects, type }) => {
    const chosen = corrects.trim() ? byHandle({ corrects: corrects.trim(), type }) : await byNumber(licence_number.trim());
    location.hash = new URLSearchParams({ object: chosen.handle, type: chosen.type }).toString();
  });
  return element("section", {}, element("h2", { tabindex: "-1" }, say("受理窗口：对证照的异议", "At the window: an objection to a licence")),
    element("p", { class: "quiet" }, say("证照记载有误的，任何窗口都可代收，由签发部门办理。", "Where a licence says something wrong, any window takes the objection, and whoever issued it answers.")), which);
}

function byHandle({ corrects, type }) {
  if (type) return { handle: corrects, type };
  throw missingOf(["/type"]);
}

async function byNumber(number) {
  if (!number) throw missingOf(["/licence_number"]);
  const { items } = await get(`/v1/licences?${new URLSearchParams({ licence_number: number })}`);
  const open = items.filter((one) => ["valid", "suspended"].includes(one.standing));
  if (open.length === 1) return { handle: open[0].handle, type: open[0].type };
  const detail = open.length ? say("该编号有多份证照，请填写句柄和类型。", "Several licences have this number: give handle and type.")
    : say("本部门没有这一编号的有效证照。", "No licence of this number that stands was issued here.");
  throw { title: say("未找到证照", "Not found"), errors: [{ pointer: "/licence_number", detail }] };
}

// The form of one objection.
export async function view(handle, slug) {
  const type = await typeFor(slug);
  const fields = objection(type, {}, handle);
  const looked = lookOver({
    name: "look-over", fields: [fields.node],
    judge: async () => {
      const said = { corrects: handle, ...fields.value() };
      await post("/v1/cases?dry_run=true", said);
      return said;
    },
    told: (said) => ({ title: say("预审通过：将提交的异议", "Nothing is wrong: what will be filed"), rows: rowsOf(type, said) }),
    enter: {
      name: "file", button: say("正式提出异议", "File the objection"),
      act: async (said, key) => {
        const answer = await post("/v1/cases", said, { key });
        const seen = await get(`/v1/cases/${answer.case}`).catch(() => null);
        section.replaceChildren(...receipt(type, [say("被异议的证照", "Licence objected to"), element("code", {}, handle)], answer, seen, "#object"));
        section.querySelector("h2").focus();
      },
    },
  });
  const section = element("section", {}, element("h2", { tabindex: "-1" }, say(`异议：${named(type.name)}`, `Objection: ${named(type.name)}`)), looked);
  return section;
}

// The fields of an objection, and how they are read; `said` is what stood there before.
export function objection(type, said = {}, handle = null) {
  const items = list("items", say("有误之处", "What is wrong"), said.items ?? [], { min: 1, max: 32 }, (one) => itemOf(type, one));
  const why = field("reason", say("异议理由", "Why"), { kind: "textarea", rows: "3", maxlength: "2000" });
  const control = why.querySelector("textarea");
  control.value = said.reason ?? "";
  const about = handle && element("div", { "data-step": "corrects" }, element("p", {}, say("被异议的证照：", "Licence objected to: "), element("code", {}, handle)));
  return { node: element("div", { class: "application" }, about, items.node, why), value };

  function value() {
    const reason = control.value.trim();
    const missing = [...items.missing("/items"), ...(reason ? [] : ["/reason"])];
    if (missing.length) throw missingOf(missing);
    return { items: items.value(), reason };
  }
}

// What an objection says, in words.
export function rowsOf(type, { items, reason }) {
  const names = new Map(sayable(type));
  return [...items.map((one) => [names.get(one.pointer) ?? one.pointer, [say("应为：", "It should say: "), spelled(one.correct)]]), [say("理由", "Reason"), reason]];
}

const spelled = (value) => (Array.isArray(value) ? value.map(spelled).join(say("、", ", ")) : typeof value === "string" ? value : JSON.stringify(value));

// One thing that is wrong: what it is about, and under it the field of its right value, which is of what it is about.
function itemOf(type, said) {
  const options = [["", say("请选择", "Choose")], ...sayable(type)];
  const what = field("pointer", say("有误的内容", "What is wrong"), { kind: "select", options });
  const chosen = what.querySelector("select");
  const place = element("div", {});
  let right = null;
  chosen.value = options.some(([value]) => value === said.pointer) ? said.pointer : "";
  chosen.addEventListener("change", () => show(undefined));
  show(said.correct);
  return { node: element("div", {}, what, place), value, missing };

  function show(correct) {
    right = chosen.value ? part("correct", partOf(type, chosen.value), correct, true, () => []) : null;
    place.replaceChildren(...(right ? [right.node] : []));
  }

  function value() {
    return { pointer: chosen.value || undefined, correct: right?.value() };
  }

  function missing(at) {
    if (!right) return [`${at}/pointer`];
    return right.value() === undefined ? [`${at}/correct`] : right.missing(`${at}/correct`);
  }
}
