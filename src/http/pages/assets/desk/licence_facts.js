// What an application or a credential says, under the labels of its type's metadata and in their order; what the type
// does not name stands behind, under its own name, so that nothing is left out. Not here: whether it is true.
import { once } from "./api.js";
import { day, language, say } from "./say.js";

const locale = language === "zh" ? "zh-CN" : "en";

// What credentials say of themselves rather than of anybody; told apart from the rest, not left out.
const own = ["vct", "vct#integrity", "iss", "iat", "nbf", "exp", "status", "cnf", "_sd"];

// The metadata of a type's version.
export const typeOf = (slug, version) => once(`/types/${slug}/${version}`);

export const nameOf = (type) => inLanguage(type.display)?.name ?? type.name;

const inLanguage = (display = []) => display.find((one) => one.locale === locale) ?? display[0];

// How a type calls what a pointer leads to.
export function labelOf(type, pointer) {
  const claim = type.claims.find(({ path }) => `/${path.map((part) => part ?? 0).join("/")}` === pointer);
  return inLanguage(claim?.display ?? [])?.label ?? pointer;
}

// Rows of label and value for everything in `said`.
export function rows(type, said) {
  const named = type.claims.map((claim) => [claim.path.join("/"), inLanguage(claim.display)?.label]);
  const labels = new Map([...named, ["jti", say("账本中的证照", "Licence in the ledger")]]);
  const order = [...labels.keys()];
  const place = (row) => (labels.has(row.path) ? order.indexOf(row.path) : order.length);
  const found = leaves(said, [], []).filter((leaf) => !own.includes(leaf.path[0]));
  const counted = found.map((leaf) => ({ ...leaf, path: leaf.path.map((step) => (typeof step === "number" ? "" : step)).join("/") }));
  counted.sort((one, other) => place(one) - place(other));
  return counted.map((row) => [`${labels.get(row.path) ?? row.path.replaceAll("//", " ")}${row.number}`, told(row.value)]);
}

// Every value with its path; of lists of objects each has the number of its row.
function leaves(value, path, numbers) {
  if (Array.isArray(value) && value.some((item) => item && typeof item === "object")) {
    return value.flatMap((item, at) => leaves(item, [...path, at], value.length > 1 ? [...numbers, at + 1] : numbers));
  }
  if (value && typeof value === "object" && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...path, name], numbers));
  }
  return [{ path, value, number: numbers.length ? ` ${numbers.join(".")}` : "" }];
}

function told(value) {
  if (Array.isArray(value)) return value.map(told).join(say("、", ", "));
  if (value === true) return say("是", "yes");
  if (value === false) return say("否", "no");
  return typeof value === "string" ? day(value) : JSON.stringify(value);
}
