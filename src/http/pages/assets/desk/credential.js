// A credential that is not sealed yet (RFC 9901), read as anybody will read it: every disclosure's digest is computed
// here and must stand in the credential, each once. Not here: the digest over it all (statement.js).
import { bytesOf, decode, encode, Refused, sha256, textOf } from "./canonical.js";
import { say } from "./say.js";

const reserved = ["_sd", "...", "_sd_alg"];

// The claims of a credential with its disclosures put in place.
export async function claimsOf(credential, disclosures) {
  try {
    return await read(credential, disclosures);
  } catch (error) {
    throw new Refused(say(`所列凭证自相矛盾（${error.message}）：请不要签名。`,
      `What is shown contradicts itself (${error.message}): do not sign.`));
  }
}

async function read(credential, disclosures) {
  const parts = credential.split(".");
  if (parts.length !== 2) throw new Error(say("不是 header.payload", "not header.payload"));
  const payload = JSON.parse(textOf(decode(parts[1])));
  if (payload._sd_alg !== undefined && payload._sd_alg !== "sha-256") throw new Error("_sd_alg");
  const hidden = new Map();
  for (const text of disclosures) {
    const digest = encode(await sha256(bytesOf(text)));
    if (hidden.has(digest)) throw new Error(say("披露项重复", "a disclosure twice"));
    hidden.set(digest, JSON.parse(textOf(decode(text))));
  }
  delete payload._sd_alg;
  const claims = placed(payload, hidden);
  if (hidden.size > 0) throw new Error(say("披露项的摘要不在凭证中", "a disclosure whose digest is not in the credential"));
  return claims;
}

// A value with what is hidden in it; whatever is placed is taken out of `hidden`, so it can stand only once.
function placed(value, hidden) {
  if (Array.isArray(value)) return value.flatMap((item) => element(item, hidden));
  if (!value || typeof value !== "object") return value;
  const { _sd: digests = [], ...open } = value;
  const members = Object.entries(open).map(([name, inner]) => [name, placed(inner, hidden)]);
  for (const digest of digests) {
    const disclosed = taken(digest, 3, hidden);
    if (disclosed) members.push([disclosed[1], placed(disclosed[2], hidden)]);
  }
  const names = members.map(([name]) => name);
  if (new Set(names).size !== names.length) throw new Error(say("成员重复", "a member twice"));
  const wrong = names.find((name) => typeof name !== "string" || reserved.includes(name));
  if (wrong !== undefined) throw new Error(say(`成员名 ${wrong}`, `the member ${wrong}`));
  return Object.fromEntries(members);
}

function element(item, hidden) {
  if (!item || typeof item !== "object" || !("..." in item)) return [placed(item, hidden)];
  const disclosed = taken(item["..."], 2, hidden);
  return disclosed ? [placed(disclosed[1], hidden)] : [];
}

function taken(digest, parts, hidden) {
  const disclosed = hidden.get(digest);
  if (!disclosed) return null;
  if (!Array.isArray(disclosed) || disclosed.length !== parts) throw new Error(say("披露项不合格式", "a disclosure of another form"));
  hidden.delete(digest);
  return disclosed;
}
