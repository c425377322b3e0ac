// The officer's key as a view: made here, shown, and asked into office with the request that registrars approve. Not
// here: the key itself (key.js).
import { appointmentOf, once } from "./api.js";
import { element, facts } from "./elements.js";
import { choices, chosenOf, field, form } from "./forms.js";
import * as key from "./key.js";
import { roleNames, role, rolesOf } from "./names.js";
import { day, named, say, time } from "./say.js";

export async function view(origin, refresh) {
  const heading = element("h2", { tabindex: "-1" }, say("我的密钥", "My key"));
  if (!key.possible()) return element("section", {}, heading, impossible());
  const own = await key.own(origin);
  if (!own) return element("section", {}, heading, without(origin, refresh));
  const found = await appointmentOf(own.id);
  const officer = found?.ended ? null : found;
  return element("section", {}, heading, shown(own, officer, found), officer ? null : await enrolment(own), lost(own, refresh));
}

const impossible = () => element("p", { class: "empty" }, say(
  "此浏览器不能在这里保存签名密钥：请用 HTTPS 地址打开，并使用新版浏览器。",
  "This browser cannot keep a signing key here: open the desk by HTTPS, in a browser of today."));

function without(origin, refresh) {
  const text = say("密钥在本浏览器内生成并保存，不能导出，不离开本机。清除浏览器数据会使它丢失；丢失后另生成一个，重新申请。",
    "The key is made and kept in this browser, cannot be exported and never leaves this machine. Clearing the browser's data loses it; then make another and ask anew.");
  const elsewhere = say("若密钥在另一台机器或另一个浏览器里，请到那里签名：密钥不能搬过来。若已丢失，请在此生成新的，并在任命申请中填写原经办人编号，登记人批准后换用。",
    "If your key is on another machine or in another browser, sign there: it cannot be brought here. If it is lost, make a new one here and name your officer number in the request; registrars put it in the place of the old one.");
  return [element("p", {}, text), element("p", {}, elsewhere), form({ name: "make-key", button: say("生成密钥", "Make my key") }, async () => {
    await key.make(origin);
    await refresh(say("密钥已生成。", "The key was made."));
  })];
}

function shown(own, officer, before) {
  const none = before
    ? say("已不再任用：离任，或已换用另一把密钥", "no longer: he left, or another key took its place")
    : say("尚未任命", "not appointed yet");
  const stands = officer ? say(officer.in_force ? "在任" : "不在任期内", officer.in_force ? "in office" : "appointed, not in office today") : none;
  return facts([
    [say("密钥编号", "Key id"), element("code", {}, own.id)],
    [say("公钥", "Public key"), element("code", {}, own.spki)],
    [say("生成时间", "Made"), time(own.made)],
    [say("任命", "Office"), stands],
    officer && [say("经办人编号", "Officer"), element("code", {}, officer.officer)],
    officer && [say("部门", "Department"), officer.department ?? officer.department_code],
    officer && [say("角色", "Roles"), rolesOf(officer.roles)],
    officer && [say("任期", "Days"), say(`自 ${day(officer.from)}`, `from ${day(officer.from)}`) + (officer.until ? say(` 至 ${day(officer.until)}`, ` until ${day(officer.until)}`) : "")],
  ]);
}

// The request as `vidimus officer enrol` writes it, to be handed to the operator.
async function enrolment(own) {
  const { items } = await once("/v1/departments");
  const departments = items.filter((item) => !item.ended).map((item) => [item.code, named(item.name)]);
  const result = element("div", {});
  const fields = [
    field("department", say("部门", "Department"), { kind: "select", options: departments }),
    choices("roles", say("角色", "Roles"), roleNames.map((name) => [name, role(name)])),
    field("officer", say("经办人编号（换钥时填写）", "Officer number (to change a key)"), { autocomplete: "off", spellcheck: "false" }),
  ];
  const ask = form({ name: "enrol", button: say("生成任命申请", "Make the request"), fields }, async (values) => {
    const roles = chosenOf(ask);
    if (roles.length === 0) {
      throw { title: say("请至少选择一个角色。", "Choose a role at least."), pointer: "/roles" };
    }
    const request = await key.request(own, { department: values.department, roles, officer: values.officer.trim() || null });
    result.replaceChildren(...handed(JSON.stringify(request, null, 2)));
    result.querySelector("h3").focus();
  });
  return element("div", {}, element("h3", {}, say("申请任命", "Ask to be appointed")), ask, result);
}

function handed(text) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  return [
    element("h3", { tabindex: "-1" }, say("任命申请", "The request")),
    element("p", {}, say("请交给运维人员，由登记人批准：", "Hand it to the operator; registrars approve it: "), element("code", {}, "vidimus officer appoint officer.json")),
    element("pre", { id: "request", tabindex: "0", "aria-label": say("任命申请", "The request") }, text),
    element("p", {}, element("a", { class: "button", href, download: "officer.json" }, say("下载 officer.json", "Download officer.json"))),
  ];
}

function lost(own, refresh) {
  const label = say("输入“删除”以确认", "Type “delete” to confirm");
  const forget = form({ name: "forget-key", button: say("删除本机密钥", "Delete this key"), fields: [field("confirm", label, { autocomplete: "off" })], plain: true }, async ({ confirm }) => {
    if (confirm.trim() !== say("删除", "delete")) throw { title: label, pointer: "/confirm" };
    await key.forget(own.origin);
    await refresh(say("密钥已从本浏览器删除；任命仍在，请告知登记人。", "The key is gone from this browser; the appointment is not: tell the registrars."));
  });
  return element("details", {}, element("summary", {}, say("删除这把密钥", "Delete this key")), forget);
}
