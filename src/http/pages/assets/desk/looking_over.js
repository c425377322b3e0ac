// 网上预审: what was filled in is judged by the service before anything is entered; then it is shown whole, with the button
// that enters it and the way back. Not here: the fields, and what is entered (filing.js, objecting.js, supplying.js).
import { element, facts } from "./elements.js";
import { form } from "./forms.js";
import { say } from "./say.js";

// A form under `name`. `judge` gives what is to be entered, or refuses it; `told` how that is shown; `enter` enters it under
// a key, so that it is entered once however often the button is pressed.
export function lookOver({ name, fields, judge, told, enter, level = "h3" }) {
  const checked = element("div", {});
  const made = form({ name, button: say("网上预审", "Look it over"), fields }, async () => {
    const said = await judge();
    const { title, rows } = await told(said);
    const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const confirm = form({ name: enter.name, button: enter.button }, () => enter.act(said, key));
    const back = element("button", { type: "button", class: "plain", onclick: again }, say("返回修改", "Back"));
    checked.replaceChildren(element("div", { class: "signing" }, element(level, { tabindex: "-1" }, title), facts(rows), confirm, back));
    made.hidden = true;
    checked.querySelector(level).focus();
  });
  return element("div", {}, made, checked);

  function again() {
    checked.replaceChildren();
    made.hidden = false;
    made.querySelector("input, select, textarea").focus();
  }
}
