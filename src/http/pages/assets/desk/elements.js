// Elements of the page, made one by one: no text ever becomes markup. Not here: what they say, and forms (forms.js).

// `element("p", {class: "note"}, "text", child, …)`; what is null is left out.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

// Labels with what stands behind them.
export function facts(rows) {
  return element("dl", {}, rows.filter(Boolean).map(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]));
}

// A table that becomes cards where it is narrow.
export function table(caption, heads, rows) {
  const cells = (row) => row.map((cell, place) => element("td", { "data-label": heads[place] }, cell));
  return element("table", { class: "stack" }, element("caption", { class: "quiet" }, caption),
    element("thead", {}, element("tr", {}, heads.map((head) => element("th", { scope: "col" }, head)))),
    element("tbody", {}, rows.map((row) => element("tr", {}, cells(row)))));
}
