// What an officer signs (law 0, section 2): read from the very bytes, spelt again and compared, so that what is shown is
// what is signed, and all of it. As `vidimus case …` does. Not here: whether the step may be taken (the service).
import { bytesOf, canonical, decode, hex, hmac, Refused, sha256, textOf } from "./canonical.js";
import { say } from "./say.js";

// The body that a statement is about, and its bytes; refused unless it is of this ledger, this kind and this case.
export function read(sign, { origin, caseId, kinds }) {
  const found = parsed(sign, origin);
  if (!found) {
    throw new Refused(say("待签的内容与其所称不符：请不要签名。", "What is to be signed is not what it says it is: do not sign."));
  }
  if (!kinds.includes(sign.kind)) {
    throw new Refused(say(`待签的是“${sign.kind}”，不是所选的步骤：请不要签名。`,
      `What is to be signed is ${sign.kind}, not the step that was chosen: do not sign.`));
  }
  const about = sign.kind === "licence.issued" ? found.body.case?.handle : found.body.case;
  if (about !== caseId) {
    throw new Refused(say("待签的内容不是本办件的：请不要签名。", "What is to be signed is not about this case: do not sign."));
  }
  return found;
}

function parsed(sign, origin) {
  try {
    const bytes = decode(sign.statement);
    const [head, ledger, ...rest] = textOf(bytes).split("\n");
    const text = rest.join("\n");
    const said = JSON.parse(text);
    const members = Object.keys(said).sort().join();
    const whole = sign.kind === "licence.issued" ? "body" : "body,prev";
    const good = head === `vidimus/statement/${sign.kind}/v1` && ledger === origin && canonical(said) === text && members === whole;
    return good ? { body: said.body, bytes, text } : null;
  } catch {
    return null;
  }
}

// Refused unless the entry commits to exactly these words, under the salt that came with it (law 0, section 11).
export async function sameWords(sign, body, words) {
  if (!body.commitment) return;
  const head = `vidimus/commit/words/v1\n${body.case}\n`;
  const made = sign.salt && words ? hex(await hmac(decode(sign.salt), bytesOf(head + canonical(words)))) : null;
  if (made === body.commitment) return;
  throw new Refused(say("待签的内容承诺的不是所写的文字：请不要签名。",
    "What is to be signed does not commit to the words that were written: do not sign."));
}

// The digest of the credential that is shown, if it is what the decision and the statement say.
export async function sameDigest(credential, decision, body) {
  const digest = hex(await sha256(bytesOf(credential)));
  if (digest === decision && digest === body.credential_digest) return digest;
  throw new Refused(say(`所列凭证的摘要是 ${digest}，待签的却是 ${body.credential_digest}：请不要签名。`,
    `What is shown has the digest ${digest}, what is to be signed ${body.credential_digest}: do not sign.`));
}
