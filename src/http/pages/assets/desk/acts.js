// What may be done with a case where it stands, and by whom: each act with its fields, the kinds of entry that it can
// become, and what the entry must then say. Offered is what the roles of the officer allow; whether it may be, the
// service says. Not here: signing (signing.js).
import { field } from "./forms.js";
import { outcome } from "./names.js";
import { say } from "./say.js";
import { supplyForm } from "./supplying.js";

const reason = (label, required = true) => field("reason", label, { kind: "textarea", rows: "3", maxlength: "2000", required });

const choice = (name, label, words) => field(name, label, { kind: "select", options: words.map((word) => [word, outcome(word)]) });

const why = () => say("理由", "Reason");

// Acts that an officer signs. `said` is what is prepared, `becomes` the kind, `agrees` whether the body says what was
// chosen.
export const signed = [
  {
    step: "accept", role: "intake", at: ["filed"], name: () => say("受理", "Accept"),
    fields: () => [], said: () => ({ outcome: "accepted" }), becomes: "case.accepted", agrees: () => true,
  },
  {
    step: "accept", act: "decline", role: "intake", at: ["filed"], name: () => say("不予受理", "Decline"),
    fields: () => [reason(why())], said: ({ reason }) => ({ outcome: "declined", reason }), becomes: "case.declined", agrees: () => true,
  },
  {
    step: "ask", role: ({ state }) => (state === "filed" ? "intake" : "examiner"), at: ["filed", "accepted"],
    name: () => say("告知补正", "Ask for what is missing"), fields: () => [reason(say("需补正的内容", "What is missing"))],
    said: ({ reason }) => ({ reason }), becomes: "case.asked", agrees: () => true,
  },
  {
    step: "examine", role: "examiner", at: ["accepted", "examined"], name: () => say("审查", "Examine"),
    fields: () => [choice("opinion", say("审查意见", "Opinion"), ["grant", "refuse"]), reason(why())],
    said: ({ opinion, reason }) => ({ opinion, reason }), becomes: "case.examined", agrees: (body, { opinion }) => body.opinion === opinion,
  },
  {
    step: "decide", role: "signer", at: ["examined", "granted"], promised: ["accepted"], name: () => say("决定", "Decide"),
    fields: () => [
      choice("outcome", say("决定", "Decision"), ["granted", "refused"]), reason(why()),
      field("valid_from", say("有效期自（不填：按申请，否则当日）", "Valid from (left out: as wished, else today)"), { type: "date" }),
      field("valid_until", say("有效期至（不填：按申请，否则最长）", "Valid until (left out: as wished, else the longest)"), { type: "date" }),
      field("licence_number", say("证照编号（不填：自动编号）", "Licence number (left out: given here)"), { autocomplete: "off", spellcheck: "false" }),
    ],
    said: ({ outcome, reason, valid_from, valid_until, licence_number }) => ({
      outcome, reason, valid_from: valid_from || null, valid_until: valid_until || null, licence_number: licence_number.trim() || null,
    }),
    becomes: "case.decided", agrees: (body, { outcome }) => !body.upheld && Boolean(body.licence) === (outcome === "granted"), objection: false,
  },
  {
    step: "decide", act: "correct", role: "signer", at: ["examined"], objection: true, name: () => say("决定异议", "Decide the objection"),
    fields: () => [choice("outcome", say("决定（异议成立：须先更正或处置证照）", "Decision (upheld: only once the licence was replaced or acted upon)"), ["upheld", "dismissed"]), reason(why())],
    said: ({ outcome, reason }) => ({ outcome, reason }),
    becomes: "case.decided", agrees: (body, { outcome }) => !body.licence && Boolean(body.upheld) === (outcome === "upheld"),
  },
  {
    step: "check", role: "supervisor", at: ["issued", "delivered"], due: "promise", name: () => say("承诺核查", "Check the promise"),
    fields: () => [choice("truth", say("核查结果", "Found"), ["kept", "false"]), reason(say("核查情况", "What was found"))],
    said: ({ truth, reason }) => ({ truth, reason }), becomes: "case.checked", agrees: (body, { truth }) => body.truth === truth,
  },
  {
    step: "rectify", role: "supervisor", at: ["delivered"], due: "rectification", name: () => say("差评整改", "Rectify a bad rating"),
    fields: () => [reason(say("整改情况", "What was done"))], said: ({ reason }) => ({ reason }), becomes: "case.rectified", agrees: () => true,
  },
];

// Acts of the department, by its token alone.
export const unsigned = [
  { step: "supply", at: ["asked"], name: () => say("补正：录入补交的内容", "Enter what the applicant supplied"), form: supplyForm },
  { step: "issue", at: ["granted"], name: () => say("签发", "Issue"), fields: () => [], said: () => ({}),
    note: () => say("审批齐全后，由服务以部门密钥签发并记入账本。", "Once all have approved: sealed with the department's key and entered.") },
  { step: "deliver", at: ["issued", "refused", "declined", "corrected", "dismissed"], name: () => say("送达", "Deliver"), fields: () => [], said: () => ({}),
    note: () => say("申请人已收到证照或决定。", "The applicant has the licence, or the decision.") },
  { step: "withdraw", at: ["filed", "asked", "accepted", "examined", "granted"], name: () => say("申请人撤回", "Withdrawn by the applicant"),
    fields: () => [reason(why())], said: ({ reason }) => ({ reason }), note: () => say("办件由此终止。", "This ends the case.") },
];

// What may be offered at a case: to the department that leads it, as far as the roles of the officer go; to another, and to
// one whom the ledger does not know, nothing to sign.
export function offered(shown, officer) {
  const leads = !officer || officer.department_code === shown.department;
  const now = (act) => act.at.includes(shown.state) || (shown.promise && act.promised?.includes(shown.state));
  const fits = (act) => act.objection === undefined || act.objection === Boolean(shown.corrects);
  const counts = (act) => leads && now(act) && fits(act) && (!act.due || shown.due[act.due]);
  const roleOf = (act) => (typeof act.role === "function" ? act.role(shown) : act.role);
  return {
    leads,
    signed: signed.filter((act) => counts(act) && officer?.roles.includes(roleOf(act))),
    waiting: [...new Set(signed.filter((act) => counts(act) && !officer?.roles.includes(roleOf(act))).map(roleOf))],
    unsigned: unsigned.filter(counts),
  };
}
