// What stages, steps, outcomes and roles are called. Not here: which may follow which, which is the law's.
import { say } from "./say.js";

// Those of stages and standings come with the page: they are told elsewhere too.
const within = (id) => Object.fromEntries(Array.from(document.getElementById(id).content.children, (one) => [one.dataset.name, () => one.textContent]));
const stages = within("stages");
const standings = within("standings");

// By the entry's kind, or the step's name, which is its second half.
const steps = {
  filed: () => say("申请", "Filed"),
  accepted: () => say("受理", "Accepted"),
  declined: () => say("不予受理", "Declined"),
  asked: () => say("补正告知", "Asked for more"),
  supplied: () => say("已补正", "Supplied"),
  examined: () => say("审查", "Examined"),
  decided: () => say("决定", "Decided"),
  issued: () => say("签发", "Issued"),
  delivered: () => say("送达", "Delivered"),
  rated: () => say("评价", "Rated"),
  withdrawn: () => say("撤回", "Withdrawn"),
  checked: () => say("承诺核查", "Promise checked"),
  rectified: () => say("整改", "Rectified"),
};

const outcomes = {
  grant: () => say("建议许可", "can be granted"),
  refuse: () => say("建议不予许可", "cannot be granted"),
  granted: () => say("准予许可", "granted"),
  refused: () => say("不予许可", "refused"),
  upheld: () => say("异议成立", "upheld"),
  dismissed: () => say("异议不成立", "dismissed"),
  kept: () => say("承诺属实", "found true"),
  false: () => say("承诺不实", "found false"),
};

const roles = {
  intake: () => say("受理", "intake"),
  examiner: () => say("审查", "examiner"),
  signer: () => say("签发", "signer"),
  supervisor: () => say("监督", "supervisor"),
};

const of = (names) => (word) => names[word]?.() ?? word;

export const stage = of(stages);
export const outcome = of(outcomes);
export const role = of(roles);
export const standing = of(standings);
export const step = (word) => of(steps)(word.replace(/^(case|licence)\./, ""));
export const roleNames = Object.keys(roles);
export const rolesOf = (list) => list.map(role).join(say("、", ", "));
