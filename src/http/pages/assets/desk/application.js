// The form of an application, made from what the service tells of the type: holders, claims by the claims schema, wishes
// and a promise. What it gives is what `/v1/cases` takes, empty things left out; what is wrong with it the service says,
// except what is missing, which is said here for all fields at once. Not here: filing (filing.js), supplying (supplying.js).
import { get, once } from "./api.js";
import { element } from "./elements.js";
import { choices, chosenOf, field } from "./forms.js";
import { standing } from "./names.js";
import { language, named, say } from "./say.js";

// A type as the public catalogue tells it, with the claims schema of this version.
export async function typeFor(code, version) {
  const type = await once(`/v1/types/${encodeURIComponent(code)}`);
  if (version === undefined || version === type.version) return type;
  const blob = type.versions.find((one) => one.version === version)?.claims.sha256;
  return { ...type, version, claims_schema: await get(`/ledger/blob/sha256/${blob}`) };
}

// The fields, and how they are read; `said` is what stood there before. A promise is made, and a licence named that is to be
// replaced, at filing only.
export function application(type, said = {}, { filing = false } = {}) {
  const holders = list("holders", say("持证主体", "Holders"), said.holders ?? (said.holder ? [said.holder] : []), type.holders,
    (one) => record(holderParts(type), one, () => []));
  const claims = record(type.claims_schema, said.claims ?? {}, (path) => ordered(type, ["claims", ...path]));
  const wishes = [
    text("valid_from", { format: "date" }, say("希望的起始日期（不填：自决定之日）", "Wished first day (left out: the day of the decision)"), said.valid_from),
    text("valid_until", { format: "date" }, say("希望的截止日期（不填：最长）", "Wished last day (left out: as long as allowed)"), said.valid_until),
  ];
  const promises = filing && type.process?.promise ? promiseOf(type, said.promise) : null;
  const replaced = filing ? replacedBy(said.replaces) : null;
  const node = element("div", { class: "application" },
    holders.node,
    element("h3", {}, say("申请内容", "What is applied for")), element("div", { "data-step": "claims" }, claims.node),
    element("h3", {}, say("其他", "Other")), wishes.map((wish) => wish.node), replaced?.node ?? null, promises?.node ?? null);
  return { node, value };

  // What was filled in; a required field that is empty is refused, with all of its kind.
  function value() {
    const missing = [...holders.missing("/holders"), ...claims.missing("/claims")];
    if (missing.length) throw missingOf(missing);
    const [valid_from, valid_until] = wishes.map((wish) => wish.value() ?? null);
    return { holders: holders.value(), claims: claims.value() ?? {}, valid_from, valid_until, ...replaced?.value(), ...(promises && { promise: promises.value() }) };
  }
}

// What is said at every field that is required and empty.
export const missingOf = (pointers) => ({
  title: say("还有必填内容未填", "Something that is required is not filled in"),
  errors: pointers.map((pointer) => ({ pointer, detail: say("此项必填。", "This is required.") })),
});

// 延续、变更、更正、补发: the licence that is to be replaced, and why.
function replacedBy(said = {}) {
  const licence = text("licence", {}, say("拟替换的证照句柄（不填：新发证照）", "Handle of the licence to be replaced (left out: a new licence)"), said.licence);
  const causes = ["renewed", "changed", "corrected", "reissued"].map((cause) => [cause, standing(cause)]);
  const cause = select("cause", { options: causes }, say("替换的事由（替换证照时）", "Why it is replaced (if one is)"), said.cause, false);
  const node = element("fieldset", { "data-step": "replaces" }, element("legend", {}, say("替换已有证照", "Replace a licence")), licence.node, cause.node);
  const value = () => {
    const made = { licence: licence.value(), cause: cause.value() };
    return made.licence || made.cause ? { replaces: made } : {};
  };
  return { node, value };
}

function promiseOf(type, made) {
  const text = say(`申请人书面承诺符合条件，以承诺代替证明材料；签发后 ${type.process.promise} 个工作日内核查，不实即撤销证照。`,
    `The applicant promises in writing instead of proving; it is checked within ${type.process.promise} working days of the issue, and the licence is rescinded if it is false.`);
  const node = choices("promise", say("告知承诺", "Promise instead of proof"), [["yes", text]], { chosen: made ? ["yes"] : [] });
  return { node, value: () => chosenOf(node).length > 0 };
}

// The members that stand at a path, in the order of the type's metadata: a schema has none. `null` stands for every row.
function ordered(type, path) {
  const below = type.claims.filter((claim) => claim.path.length > path.length && path.every((step, place) => step === claim.path[place]));
  return [...new Set(below.map((claim) => claim.path[path.length]))].filter((name) => name !== null);
}

// The holder of a request as if a schema told of it.
function holderParts(type) {
  const code_types = type.holders.code_types.map((one) => [one.code_type, named(one.name)]);
  const roles = type.holders.roles.map((one) => [one.role, named(one.name)]);
  const properties = {
    name: { type: "string", title: "Name", "x-title-zh": "名称（姓名）" },
    code_type: { options: code_types, title: "Kind of code", "x-title-zh": "代码类型" },
    code: { type: "string", title: "Code", "x-title-zh": "代码（证件号码）" },
    ...(roles.length && { role: { options: roles, title: "Role", "x-title-zh": "角色" } }),
  };
  return { type: "object", required: Object.keys(properties), properties };
}

// What can be wrong in a licence of a type: pointers with what they are called.
export function sayable(type) {
  const claims = ordered(type, ["claims"]).filter((name) => Object.hasOwn(type.claims_schema.properties, name));
  const members = Object.entries(holderParts(type).properties);
  const holders = Array.from({ length: Math.min(type.holders.max, 4) }, (_, place) => members.map(([name, schema]) => [`/holders/${place}/${name}`,
    type.holders.max === 1 ? titleOf(schema, name) : say(`持证主体 ${place + 1}：${titleOf(schema, name)}`, `Holder ${place + 1}: ${titleOf(schema, name)}`)]));
  return [...holders.flat(), ...claims.map((name) => [`/claims/${name}`, titleOf(type.claims_schema.properties[name], name)]),
    ["/valid_from", say("有效期自", "Valid from")], ["/valid_until", say("有效期至", "Valid until")]];
}

// The schema of what a pointer leads to in a licence, called what would be right.
export function partOf(type, pointer) {
  const [, root, ...rest] = pointer.split("/");
  const found = root === "claims" ? type.claims_schema.properties[rest[0]] : root === "holders" ? holderParts(type).properties[rest[1]] : { type: "string", format: "date" };
  return { ...found, title: "It should say", "x-title-zh": "应为" };
}

const titleOf = (schema, name) => (language === "zh" ? schema["x-title-zh"] : schema.title) ?? name;
const hintOf = (schema) => (language === "zh" ? schema["x-description-zh"] : schema.description) ?? null;

// Parts: each has a `node`, gives its `value` (nothing if it is empty), and says which of its fields are `missing`.

export function part(name, schema, said, required, order) {
  const title = titleOf(schema, name);
  const label = required ? title : say(`${title}（可不填）`, `${title} (optional)`);
  if (schema.options || schema.enum) return select(name, schema, label, said, required);
  if (schema.type === "array" && schema.items.enum) return boxes(name, schema, label, said);
  if (schema.type === "array" && schema.items.type === "object") {
    const limits = { min: required ? (schema.minItems ?? 1) : 0, max: schema.maxItems ?? Infinity };
    return list(name, label, said ?? [], limits, (one) => record(schema.items, one, (path) => order([name, null, ...path])));
  }
  if (schema.type === "array") return lines(name, schema, label, said);
  if (schema.type === "object") {
    const inner = record(schema, said ?? {}, (path) => order([name, ...path]));
    return { ...inner, node: element("fieldset", { "data-step": name }, element("legend", {}, label), inner.node) };
  }
  return text(name, schema, label, said);
}

function record(schema, said, order) {
  const required = schema.required ?? [];
  const names = [...new Set([...order([]), ...Object.keys(schema.properties)])].filter((name) => Object.hasOwn(schema.properties, name));
  const parts = names.map((name) => [name, part(name, schema.properties[name], said?.[name], required.includes(name), order)]);
  const value = () => {
    const members = parts.map(([name, one]) => [name, one.value()]).filter(([, found]) => found !== undefined);
    return members.length ? Object.fromEntries(members) : undefined;
  };
  const missing = (at) => parts.flatMap(([name, one]) => {
    const empty = one.value() === undefined;
    if (empty && required.includes(name) && !one.inside) return [`${at}/${name}`];
    return empty && !required.includes(name) ? [] : one.missing(`${at}/${name}`);
  });
  return { node: element("div", { class: "record" }, parts.map(([, one]) => one.node)), value, missing };
}

// Rows of several fields, as many as are needed.
export function list(name, label, said, { min, max }, make) {
  const rows = element("div", { class: "rows" });
  const parts = new Map();
  const add = element("button", { type: "button", class: "plain", onclick: () => grow({}).querySelector("input, select, textarea").focus() }, say("加一行", "Add one"));
  const node = element("fieldset", { "data-step": name }, element("legend", {}, label), rows, add);
  Array.from({ length: Math.max(said.length, min) }, (_, place) => said[place] ?? {}).forEach(grow);
  return { node, inside: true, value: () => (parts.size ? all().map((one) => one.value() ?? {}) : undefined), missing: (at) => all().flatMap((one, place) => one.missing(`${at}/${place}`)) };

  function all() {
    return [...rows.children].map((row) => parts.get(row));
  }

  function grow(one) {
    const made = make(one);
    const row = element("div", { class: "row", "data-row": "", role: "group" }, element("p", { class: "quiet" }), made.node,
      element("button", { type: "button", class: "plain drop", onclick: () => drop(row) }, say("删去此行", "Remove this one")));
    parts.set(row, made);
    rows.append(row);
    counted();
    return row;
  }

  function drop(row) {
    parts.delete(row);
    row.remove();
    counted();
    add.focus();
  }

  // Which row it is, and whether there may be more or fewer.
  function counted() {
    [...rows.children].forEach((row, place) => {
      const number = say(`第 ${place + 1} 项`, `Number ${place + 1}`);
      row.firstElementChild.textContent = number;
      row.firstElementChild.hidden = max === 1;
      row.setAttribute("aria-label", number);
      row.lastElementChild.hidden = rows.children.length <= min;
    });
    add.hidden = rows.children.length >= max;
  }
}

function text(name, schema, label, said) {
  const prose = schema.type === "string" && (schema.maxLength ?? 0) > 256 && (!schema.pattern || new RegExp(schema.pattern, "u").test("a\nb"));
  const whole = schema.type === "integer";
  const attributes = schema.format === "date" ? { type: "date" } : whole ? { inputmode: "numeric" } : {};
  const node = field(name, label, {
    ...(prose ? { kind: "textarea", rows: "3" } : attributes), hint: hintOf(schema), autocomplete: "off", spellcheck: "false",
  });
  const control = node.querySelector("input, textarea");
  control.value = said ?? "";
  const value = () => {
    const found = control.value.trim();
    if (found === "") return undefined;
    return whole && /^-?\d{1,15}$/.test(found) ? Number(found) : found;
  };
  return { node, value, missing: () => [] };
}

function select(name, schema, label, said, required) {
  const options = schema.options ?? schema.enum.map((word) => [word, word]);
  const only = required && options.length === 1;
  const node = field(name, label, { kind: "select", options: only ? options : [["", say("请选择", "Choose")], ...options] });
  const control = node.querySelector("select");
  control.value = said ?? (only ? options[0][0] : "");
  return { node, value: () => control.value || undefined, missing: () => [] };
}

function boxes(name, schema, label, said) {
  const node = choices(name, label, schema.items.enum.map((word) => [word, word]), { chosen: said ?? [] });
  const value = () => {
    const found = chosenOf(node);
    return found.length ? found : undefined;
  };
  return { node, value, missing: () => [] };
}

// Texts, one a line.
function lines(name, schema, label, said) {
  const node = field(name, label, { kind: "textarea", rows: "3", hint: say("每行一项", "One a line") });
  const control = node.querySelector("textarea");
  control.value = (said ?? []).join("\n");
  const value = () => {
    const found = control.value.split("\n").map((line) => line.trim()).filter(Boolean);
    return found.length ? found : undefined;
  };
  return { node, value, missing: () => [] };
}
