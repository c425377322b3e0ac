// Signing, in two moves: what was chosen is prepared by the service; what comes back is read from its bytes, held against
// what was chosen, shown whole, and only then signed with the officer's key. Approvals have nothing to prepare: what was
// decided is shown with the case. Not here: which acts there are (acts.js).
import { post } from "./api.js";
import { canonical, Refused } from "./canonical.js";
import { claimsOf } from "./credential.js";
import { element, facts } from "./elements.js";
import { form } from "./forms.js";
import { sign } from "./key.js";
import { rows } from "./licence_facts.js";
import { outcome, standing, step as stepName } from "./names.js";
import { say, time } from "./say.js";
import { read, sameDigest, sameWords } from "./statement.js";

const button = () => say("核对无误，用我的密钥签名", "It is right: sign with my key");

// The form of an act that an officer signs.
export function actForm(act, shown, { key, origin }, done) {
  const path = `/v1/cases/${shown.case}/${act.step}`;
  const place = element("div", {});
  const name = act.act ?? act.step;
  place.append(form({ name, button: say("预览待签内容", "See what is signed"), fields: act.fields() }, async (values) => {
    const said = act.said(values);
    const { sign: prepared } = await post(path, { officer: key.id, ...said });
    const found = read(prepared, { origin, caseId: shown.case, kinds: [act.becomes] });
    if (!act.agrees(found.body, values)) {
      throw new Refused(say("待签的内容不是所选的：请不要签名。", "What is to be signed is not what was chosen: do not sign."));
    }
    await sameWords(prepared, found.body, said.reason);
    const signing = form({ name: `sign-${name}`, button: button() }, async () => {
      const signature = await sign(key, found.bytes);
      await done(await post(path, { prepared: prepared.prepared, signature }));
    });
    const heading = element("h4", { tabindex: "-1" }, say("将要签名的内容", "What will be signed"));
    const back = element("button", { type: "button", class: "plain", onclick: () => again(panel) }, say("返回修改", "Back"));
    const panel = element("div", { class: "signing" }, heading, facts(inWords(prepared, found.body, said, shown)), exact(found.text), signing, back);
    place.firstElementChild.hidden = true;
    place.append(panel);
    heading.focus();
  }));
  return place;

  function again(panel) {
    panel.remove();
    place.firstElementChild.hidden = false;
    place.querySelector("button").focus();
  }
}

// An entry's body in words, with the words that it only commits to.
function inWords(prepared, body, said, shown) {
  const found = body.opinion ?? body.truth ?? (prepared.kind === "case.decided" && (body.upheld ? "upheld" : body.licence ? "granted" : shown.corrects ? "dismissed" : "refused"));
  return [
    [say("步骤", "Step"), stepName(prepared.kind)],
    [say("办件", "Case"), shown.number ?? shown.case],
    found && [say("结论", "Outcome"), outcome(found)],
    said.reason && [say("文字（账本只记其承诺值）", "Words (the ledger holds a commitment to them)"), said.reason],
    body.licence && [say("拟签发证照", "Licence to be"), element("code", {}, body.licence.handle)],
    body.licence && [say("凭证摘要", "Credential digest"), element("code", {}, body.licence.credential_digest)],
    [say("签名有效至", "Counts until"), time(body.not_after)],
  ];
}

const exact = (text) => element("details", {}, element("summary", {}, say("逐字内容", "The exact text")), element("pre", { tabindex: "0" }, text));

// What was decided, read from the credential itself, and the button that approves it; refused if anything disagrees.
export async function approval(shown, type, { key, origin }, done) {
  const { credential, disclosures, decision, sign: prepared } = shown.approvals;
  const { body, bytes, text } = read(prepared, { origin, caseId: shown.case, kinds: ["licence.issued"] });
  const digest = await sameDigest(credential, decision, body);
  const claims = await claimsOf(credential, disclosures);
  agree(claims, body);
  const approve = key && form({ name: "approve", button: button() }, async () => {
    const signature = await sign(key, bytes);
    await done(await post(`/v1/cases/${shown.case}/approvals`, { officer: key.id, decision: digest, signature }));
  });
  return element("div", { class: "signing" },
    element("h4", {}, say("证照将载明", "The licence will say")), facts(rows(type, claims)),
    element("h4", {}, say("将要签名的内容", "What will be signed")), facts([
      [say("步骤", "Step"), say("审批签发", "Approve the issue")],
      [say("办件", "Case"), shown.number ?? shown.case],
      body.replaces && [say("替换的证照", "Takes the place of"), [element("code", {}, body.replaces.handle), say("，", ", "), standing(body.replaces.cause)]],
      [say("凭证摘要（由本页重新计算）", "Credential digest (computed here)"), element("code", {}, digest)],
      [say("签名有效至", "Counts until"), time(body.not_after)],
    ]), exact(text), approve);
}

// The days that verifiers go by stand in the entry; they must be those that people read.
function agree(claims, body) {
  const said = canonical([claims.valid_from, claims.valid_until ?? null]);
  if (said === canonical([body.valid_from, body.valid_until ?? null])) return;
  throw new Refused(say("证照的有效期与待签的不同：请不要签名。", "The licence's days are not those to be signed: do not sign."));
}
