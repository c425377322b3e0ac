// Forms: fields under their labels, one thing sent at a time, and what is wrong said in words at the field that it is
// about; whatever was typed stays. Not here: what is asked for, and what is sent.
import { element } from "./elements.js";
import { say } from "./say.js";

let fields = 0;

// A field under its label: `kind` is the element, `options` those of a select, `hint` what is said below the label. Its
// step in the pointers of problems is its name, or what `step` says.
export function field(name, label, { kind = "input", options = [], hint = null, step = name, ...attributes } = {}) {
  const id = `field-${(fields += 1)}`;
  const hinted = hint && `hint-${id}`;
  const made = element(kind, { id, name, "aria-describedby": hinted, "data-hint": hinted, ...attributes },
    options.map(([value, text]) => element("option", { value }, text)));
  return element("div", { class: "field", "data-step": step }, element("label", { for: id }, label),
    hint ? element("p", { class: "hint", id: hinted }, hint) : null, made);
}

// Boxes or circles of one question.
export function choices(name, legend, options, { type = "checkbox", step = name, chosen = [] } = {}) {
  const line = ([value, text]) => {
    const id = `field-${(fields += 1)}`;
    return element("div", { class: "choice" },
      element("input", { type, name, value, id, checked: chosen.includes(value) }), element("label", { for: id }, text));
  };
  return element("fieldset", { "data-step": step }, element("legend", {}, legend), options.map(line));
}

export const chosenOf = (group) => [...group.querySelectorAll("input:checked")].map((box) => box.value);

// A form of fields, a button and a place for what is wrong; `act` gets the values. While it runs nothing is sent twice.
export function form({ name, button, fields = [], plain = false }, act) {
  const wrong = element("p", { class: "wrong", role: "alert", id: `wrong-${name}` });
  const press = element("button", { type: "submit", class: plain && "plain" }, button);
  const made = element("form", { novalidate: true, "data-act": name, onsubmit: submit }, fields, wrong, press);
  async function submit(event) {
    event.preventDefault();
    if (press.getAttribute("aria-disabled")) return;
    press.setAttribute("aria-disabled", "true");
    forget(made, wrong);
    try {
      await act(Object.fromEntries(new FormData(made)));
    } catch (error) {
      complain(made, wrong, press, error);
    } finally {
      press.removeAttribute("aria-disabled");
    }
  }
  return made;
}

function forget(form, wrong) {
  wrong.replaceChildren();
  form.querySelectorAll(".wrong:not([role])").forEach((said) => said.remove());
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    described(control, []);
  }
}

// What is wrong is said at each field that it is about, and the first of them gets the focus; what is about none, or
// about all, is said beside the button.
function complain(form, wrong, press, error) {
  const errors = error.errors ?? (error.pointer ? [error] : []);
  const at = errors.map((one) => [partAt(form, one.pointer), one]).filter(([part]) => part);
  const rest = errors.filter((one) => !at.some(([, found]) => found === one)).map(toldOf);
  const marked = at.map(([part, one]) => mark(part, one.detail ?? one.title));
  if (marked.length === 0) {
    wrong.textContent = told(error);
    press.focus();
    return;
  }
  const count = marked.length === 1 ? say("请改正标出的一处。", "mend what is marked.") : say(`请改正标出的 ${marked.length} 处。`, `mend the ${marked.length} places that are marked.`);
  // The title of a problem with several errors is that of the first alone.
  const title = error.status && error.errors ? say("内容有误", "Something is wrong") : error.title;
  wrong.textContent = [[title, count].filter(Boolean).join(say("：", ": ")), ...rest].join(" ");
  const first = marked.reduce((one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING ? other : one));
  first.focus();
}

// The part of a form that a JSON pointer names, or the nearest around it: a part has its step, a row its place.
function partAt(form, pointer) {
  const parts = [...form.querySelectorAll("[data-step], [data-row]")].map((part) => [pointerOf(part, form), part]);
  for (let at = pointer ?? ""; at; at = at.slice(0, at.lastIndexOf("/"))) {
    const found = parts.find(([of]) => of === at);
    if (found) return found[1];
  }
  return null;
}

function pointerOf(part, form) {
  let pointer = "";
  for (let at = part; at !== form; at = at.parentElement) {
    if ("row" in at.dataset) pointer = `/${[...at.parentElement.children].filter((one) => "row" in one.dataset).indexOf(at)}${pointer}`;
    else if (at.dataset.step) pointer = `/${at.dataset.step}${pointer}`;
  }
  return pointer;
}

// Says what is wrong at a part; answers what gets the focus.
function mark(part, text) {
  const said = element("p", { class: "wrong", id: `said-${(fields += 1)}`, tabindex: "-1" }, text);
  part.append(said);
  const rows = part.querySelector(":scope > .rows");
  const control = rows ? null : part.querySelector("input, select, textarea");
  if (!control) return said;
  control.setAttribute("aria-invalid", "true");
  described(control, [said.id]);
  return control;
}

function described(control, more) {
  const ids = [control.dataset.hint, ...more].filter(Boolean).join(" ");
  if (ids) control.setAttribute("aria-describedby", ids);
  else control.removeAttribute("aria-describedby");
}

const toldOf = (one) => [one.detail ?? one.title, one.pointer && `(${one.pointer})`].filter(Boolean).join(" ");

// What went wrong, in words.
export function told(error) {
  if (error.title) return [error.title, error.detail, error.pointer && `(${error.pointer})`].filter(Boolean).join(" ");
  if (error.refused) return error.message;
  console.error(error);
  return say(`出现意外：${error.message}`, `Something unforeseen: ${error.message}`);
}
