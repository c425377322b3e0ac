// How the desk asks the service: with the department's token, in the page's language, and every refusal as the problem
// that it is. The token lies in this tab's session and nowhere else. Not here: what is asked.
import { language, say } from "./say.js";

const TOKEN = "vidimus.token";

export const token = () => sessionStorage.getItem(TOKEN);
export const enter = (text) => sessionStorage.setItem(TOKEN, text.trim());
export const leave = () => sessionStorage.removeItem(TOKEN);

// A refusal, as problem documents tell it.
export class Problem extends Error {
  constructor(status, { type = "", title = "", detail = "", pointer = null, errors = null } = {}) {
    super(title);
    Object.assign(this, { status, slug: type.split("/").pop(), title, detail, pointer, errors });
  }
}

export const get = (path) => ask("GET", path);
// Under a key the same is entered once, however often it is sent.
export const post = (path, body, { key } = {}) => ask("POST", path, body, key);

// When the service answered last, by its own clock.
let answered = Date.now();
export const now = () => answered;

async function ask(method, path, body, key) {
  const headers = { accept: "application/json", "accept-language": language };
  if (token()) headers.authorization = `Bearer ${token()}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  if (key) headers["idempotency-key"] = key;
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Problem(0, {
      title: say("未能连接服务。", "The service cannot be reached."),
      detail: say("请检查网络后重试。", "Check the network and try again."),
    });
  }
  answered = Date.parse(answer.headers.get("date")) || Date.now();
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Problem(answer.status, { title: String(answer.status), ...told });
}

const known = new Map();

// What is public and does not change while the desk is open.
export function once(path) {
  if (!known.has(path)) {
    const asked = get(path);
    known.set(path, asked);
    asked.catch(() => known.delete(path));
  }
  return known.get(path);
}

// The officer whose key this is, as the ledger knows him; null where it does not, or no more.
export async function officerOf(key) {
  const found = await appointmentOf(key);
  return found?.ended ? null : found;
}

// The newest appointment under a key, also one that is over.
export async function appointmentOf(key) {
  const { items } = await get("/v1/officers");
  const own = items.filter((item) => item.key === key);
  return own.find((item) => !item.ended) ?? own.at(-1) ?? null;
}
