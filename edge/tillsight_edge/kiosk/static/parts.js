// What every screen is made of. Words come from the survey or from the texts, and always as text.

import { mark } from "./faces.js";

export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function button(id, kind, text, onclick, extra = null) {
  return make("button", { type: "button", id, class: kind, onclick }, make("span", {}, text), extra);
}

/* Which button of the panel does the same now. */
export function badge(number, words) {
  if (!number) return null;
  return make(
    "span",
    { class: "badge" },
    make("span", { "aria-hidden": "true" }, String(number)),
    make("span", { class: "unseen" }, ` (${fill(words.button, { n: number })})`),
  );
}

export function top(title, note, corners, isLoud = false) {
  return [
    make(
      "div",
      { class: "titles" },
      make("h1", { id: "title", tabindex: "-1" }, title),
      note ? make("p", { class: isLoud ? "note" : "hint" }, note) : null,
    ),
    ...corners,
  ];
}

/* A button that is on or off, with its picture. */
export function toggle(id, picture, text, isOn, onclick) {
  return make("button", { type: "button", id, class: "toggle", "aria-pressed": String(isOn), onclick }, mark(picture), make("span", {}, text));
}
