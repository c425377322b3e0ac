// The lists of what waits: for acceptance, the applicant, examination, decision, approval, delivery, for checks and
// rectification, and what is owed beside: answers to letters, licences to rescind; what is due first
// stands first. Not here: one case (case.js).
import { get, now, once } from "./api.js";
import { element, table } from "./elements.js";
import { day, dayAhead, left, named, say, time } from "./say.js";
import { stage } from "./names.js";

// Beyond every deadline: asks for whatever has one.
const EVER = "9999-12-31";

const lists = {
  filed: { name: () => say("待受理", "To accept"), states: ["filed"], due: "step", role: "intake" },
  asked: { name: () => say("待补正", "Waiting for applicants"), states: ["asked"], due: "step", clockless: true },
  accepted: { name: () => say("待审查", "To examine"), states: ["accepted"], due: "step", role: "examiner" },
  examined: { name: () => say("待决定", "To decide"), states: ["examined"], due: "step", role: "signer" },
  granted: { name: () => say("待审批签发", "To approve and issue"), states: ["granted"], due: "step" },
  deliver: { name: () => say("待送达", "To deliver"), states: ["issued", "refused", "declined", "corrected", "dismissed"], due: "step" },
  check: { name: () => say("待核查承诺", "Promises to check"), states: ["issued", "delivered"], due: "promise", role: "supervisor" },
  rectify: { name: () => say("待整改", "To rectify"), states: ["delivered"], due: "rectification" },
  letters: { name: () => say("待答复来信", "Letters to answer"), states: [null], due: "letters", waiting: "letters" },
  rescind: { name: () => say("待撤销证照", "Licences to rescind"), states: [null], due: "step", waiting: "rescission", clockless: true },
};

// The list that an officer begins with.
export function first(officer) {
  const own = Object.keys(lists).find((name) => officer?.roles.includes(lists[name].role));
  return own ?? "filed";
}

export const isList = (name) => Object.hasOwn(lists, name);

// Which of a list: by how many working days are left, and how many days from today they can lie ahead.
const dues = {
  all: { name: () => say("全部", "All"), fits: () => true, ahead: null },
  late: { name: () => say("已逾期", "Late"), fits: (left) => left < 0, ahead: 0 },
  today: { name: () => say("今天到期", "Due today"), fits: (left) => left === 0, ahead: 0 },
  week: { name: () => say("七日内到期", "Due within a week"), fits: () => true, ahead: 7 },
};

// The ways to all lists; how long each is stands there once it is known (`count`), where room is kept for it.
export function ways(current) {
  const way = (name) => element("li", {}, element("a", { href: `#list=${name}`, "aria-current": name === current && "page" },
    lists[name].name(), element("span", { class: "how-many", "data-list": name })));
  return Object.keys(lists).map(way);
}

// How long each list is: asked for once the view stands, because no view waits for it.
export async function count(root) {
  for (const place of root.querySelectorAll("[data-list]")) {
    if (!place.isConnected) return; // another view stands there now
    const list = lists[place.dataset.list];
    try {
      const pages = await Promise.all(list.states.map((state) => page(list, state, "all")));
      const number = pages.reduce((sum, { items }) => sum + items.length, 0);
      place.textContent = `${number}${pages.some(({ next }) => next) ? "+" : ""}`;
    } catch {
      return; // the view says what is wrong
    }
  }
}

// A list as a view.
export async function view(name, wanted) {
  const list = lists[name];
  const due = Object.hasOwn(dues, wanted ?? "") ? wanted : "all";
  const types = await once("/v1/types");
  const typeName = (slug) => named(types.items.find((type) => type.type === slug)?.name) || slug;
  const pages = await Promise.all(list.states.map((state) => page(list, state, due)));
  const rest = element("div", {});
  const heading = element("h2", { tabindex: "-1" }, list.name());
  const shown = element("section", {}, heading, list.clockless ? null : filters(name, due), rest);
  show();
  return shown;

  function show() {
    const items = pages.flatMap((page) => page.items).sort((one, other) => dueDay(one, list).localeCompare(dueDay(other, list)));
    const more = pages.filter((page) => page.next);
    rest.replaceChildren(items.length ? cases(items, list, typeName) : nothing(due), more.length ? further(more) : "");
  }

  function further(more) {
    const go = async () => {
      await Promise.all(more.map(async (page) => {
        const next = await onPage(list, page.state, page.next, due);
        page.items.push(...next.items);
        page.next = next.next;
      }));
      show();
      heading.focus();
    };
    return element("button", { type: "button", class: "plain", onclick: go }, say("显示更多", "Show more"));
  }
}

const nothing = (due) => element("p", { class: "empty" }, due === "all" ? say("没有办件。", "No cases.") : say("没有符合期限条件的办件。", "No cases that are due so."));

const filters = (name, due) => element("nav", { class: "dues", "aria-label": say("按期限筛选", "By when they are due") }, element("ul", {},
  Object.keys(dues).map((one) => element("li", {}, element("a", { href: `#list=${name}&due=${one}`, "aria-current": one === due && "true" }, dues[one].name())))));

async function page(list, state, due) {
  return { ...(await onPage(list, state, null, due)), state };
}

async function onPage(list, state, after, due) {
  const query = new URLSearchParams(state ? { state } : {});
  if (list.waiting) query.set("waiting", list.waiting);
  const { ahead, fits } = dues[due];
  const all = ahead === null && (list.waiting || list.due === "step");
  if (ahead !== null) query.set("due_before", dayAhead(now(), ahead));
  else if (!all) query.set("due_before", EVER);
  if (after) query.set("after", after);
  const found = await get(`/v1/cases?${query}`);
  const items = all ? found.items : found.items.filter((item) => {
    const own = item.due[list.due];
    return own && (ahead === null || (own.day <= dayAhead(now(), ahead) && fits(own.working_days_left)));
  });
  return { items, next: found.next };
}

const dueDay = (item, list) => item.due[list.due]?.day ?? EVER;

function cases(items, list, typeName) {
  const heads = [say("办件", "Case"), say("证照类型", "Type"), say("申请时间", "Filed"), say("期限", "Due"), say("状态", "Stands at")];
  const row = (item) => [
    element("a", { href: `#case=${item.case}` }, item.number ?? item.case), typeName(item.type), time(item.filed),
    deadline(item.due[list.due]), stage(item.state),
  ];
  return table(say("按期限先后", "What is due first stands first"), heads, items.map(row));
}

// A deadline with how it stands.
export function deadline(due) {
  const stands = left(due);
  if (!stands) return say("不计时", "no clock runs");
  return element("span", { class: `due ${stands.how}` }, element("span", { class: "sign", "aria-hidden": "true" }, stands.sign),
    element("span", {}, element("time", { datetime: due.day }, day(due.day)), say("，", ", "), element("strong", {}, stands.text)));
}
