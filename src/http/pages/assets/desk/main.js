// The desk: who is there, which view the address names, and what is announced. Views are made anew from the service each
// time, so that none shows what is past. Not here: any view.
import * as api from "./api.js";
import * as caseView from "./case.js";
import { element } from "./elements.js";
import * as filing from "./filing.js";
import { field, form, told } from "./forms.js";
import * as key from "./key.js";
import * as lists from "./lists.js";
import * as objecting from "./objecting.js";
import * as ownKey from "./own_key.js";
import { say } from "./say.js";

const root = document.getElementById("desk");
const origin = root.dataset.origin;
const announced = document.getElementById("told");
const switches = document.querySelector("a.switch");

// Which view is being made: one that comes late is not shown over a newer one.
let turn = 0;

async function show({ message = "", focus = true } = {}) {
  const mine = (turn += 1);
  root.setAttribute("aria-busy", "true");
  announced.textContent = "";
  switches.hash = location.hash;
  let made;
  try {
    made = await content();
  } catch (error) {
    made = error.status === 401 ? entrance(told(error)) : refused(error);
  }
  if (mine !== turn) return;
  root.replaceChildren(...made);
  lists.count(root);
  announced.textContent = message;
  root.setAttribute("aria-busy", "false");
  if (focus) root.querySelector("h2")?.focus();
}

const refresh = (message) => show({ message });

// The ways through the desk, and the view.
async function content() {
  if (!api.token()) return entrance();
  const own = key.possible() ? await key.own(origin) : null;
  const officer = own ? await api.officerOf(own.id) : null;
  const desk = { origin, key: own, officer };
  const address = new URLSearchParams(location.hash.slice(1));
  const name = lists.isList(address.get("list")) ? address.get("list") : lists.first(officer);
  if (address.get("file")) {
    const old = { replaces: address.get("replaces"), objection: address.get("objection") };
    return [ways("file"), await filing.view(address.get("file"), old)];
  }
  if (address.has("file")) return [ways("file"), await filing.choose()];
  if (address.get("object")) return [ways("object"), await objecting.view(address.get("object"), address.get("type"))];
  if (address.has("object")) return [ways("object"), await objecting.choose()];
  if (address.has("key")) return [ways("key"), await ownKey.view(origin, refresh)];
  if (address.has("case")) return [ways(null), await caseView.view(address.get("case"), desk, refresh)];
  return [ways(name), await lists.view(name, address.get("due"))];
}

function ways(current) {
  const own = element("a", { href: "#key", "aria-current": current === "key" && "page" }, say("我的密钥", "My key"));
  const file = element("a", { href: "#file", "aria-current": current === "file" && "page" }, say("新申请", "New application"));
  const object = element("a", { href: "#object", "aria-current": current === "object" && "page" }, say("新异议", "New objection"));
  const leave = element("button", { type: "button", class: "plain", id: "leave", onclick: gone }, say("离开", "Leave"));
  return element("nav", { class: "desk-ways", "aria-label": say("经办台", "Desk") },
    element("ul", {}, element("li", {}, file), element("li", {}, object), lists.ways(current), element("li", {}, own), element("li", {}, leave)));
}

function gone() {
  api.leave();
  filing.forget();
  show({ message: say("令牌已清除。", "The token is gone from this browser.") });
}

function refused(error) {
  const heading = element("h2", { tabindex: "-1" }, say("未能显示", "Cannot be shown"));
  return [ways(null), element("section", {}, heading, element("p", { class: "wrong", role: "alert" }, told(error)))];
}

// Where the department's token is asked for; it is tried before it is kept.
function entrance(wrong = "") {
  api.leave();
  const note = element("p", {}, say("令牌只存于此标签页的会话中，关闭标签页或点“离开”即清除。", "It stays in this tab's session and is gone when the tab is closed, or by “Leave”."));
  const input = field("token", say("部门令牌", "The department's token"), { type: "password", autocomplete: "off", spellcheck: "false" });
  const enter = form({ name: "enter", button: say("进入", "Enter"), fields: [note, input] }, async ({ token }) => {
    api.enter(token);
    try {
      await api.get("/v1/cases?state=filed");
    } catch (error) {
      api.leave();
      throw Object.assign(error, { pointer: "/token" });
    }
    await show();
  });
  const said = wrong ? element("p", { class: "wrong", role: "alert" }, wrong) : null;
  return [element("section", { class: "box" }, element("h2", { tabindex: "-1" }, say("进入经办台", "Come to the desk")), said, enter)];
}

addEventListener("hashchange", () => show());
show({ focus: false });
