// The screens that ask: points, options, rows of a matrix, and words.

import { mark } from "./faces.js";
import { keyboard } from "./keyboard.js";
import { badge, button, fill, make, top } from "./parts.js";

const POINTS = ["rating", "nps", "matrix"];

/* {top, stage, foot} of a question; `screens` lends its corners and its undo button. */
export function question(frame, words, screens) {
  const { screen } = frame;
  const isText = screen.kind === "text";
  const isPoints = POINTS.includes(screen.kind);
  const options = screen.choices.filter((each) => !each.id.startsWith("-"));
  const others = screen.choices.filter((each) => each.id.startsWith("-"));
  const note = [
    screen.kind === "multiple" ? words.many : "",
    screen.step ? fill(words.row, { n: screen.step[0], of: screen.step[1] }) : "",
    screen.more && !isPoints ? fill(words.more, { n: screen.more }) : "",
  ].filter(Boolean);
  const stage = [];
  if (screen.row) stage.push(make("p", { class: "row", id: "row" }, screen.row));
  if (isText) stage.push(...writing(screen, words, screens));
  else stage.push(choices(screen, options, isPoints, words, screens.act));
  if (isPoints && (screen.ends || screen.more)) stage.push(ends(screen, words));
  const foot = others.map((each) => other(each, screen, words, screens.act));
  if (isText) foot.unshift(button("send", "primary", words.send, () => send(screen, screens.act)));
  foot.push(
    ...screens.undo(screen, words),
    ...screens.phone(frame, words),
    button("leave", "quiet", words.leave, () => screens.act("leave", { number: screen.number })),
  );
  return { top: top(screen.title, note.join(" · "), screens.corners(screen, words)), stage, foot };
}

function choices(screen, options, isPoints, words, act) {
  const isMany = screen.kind === "multiple";
  const buttons = options.map((each) =>
    make(
      "button",
      {
        type: "button",
        id: `choose-${each.id}`,
        class: isPoints ? "point" : "option",
        "aria-pressed": isMany ? String(each.chosen) : null,
        "data-reached": each.button ? true : null,
        onclick: () => act("choose", { id: each.id, number: screen.number }),
      },
      isMany ? make("span", { class: "box", "aria-hidden": "true" }, each.chosen ? mark("yes") : "") : null,
      make("span", { class: "name" }, each.text),
      badge(each.button, words),
    ),
  );
  return make(
    "div",
    {
      class: `${isPoints ? "points" : "options"} count-${options.length}`,
      role: "group",
      "aria-labelledby": screen.row ? "title row" : "title",
      dir: isPoints ? "ltr" : null,
    },
    ...buttons,
  );
}

function ends(screen, words) {
  const [low, high] = screen.ends ?? ["", ""];
  const more = screen.more ? fill(words.more, { n: screen.more }) : "";
  return make("p", { class: "ends", dir: "ltr" }, ...[low, more, high].map((text) => make("span", { dir: "auto" }, text)));
}

function other(choice, screen, words, act) {
  const isDone = choice.id === "-done";
  return button(
    `choose${choice.id}`,
    isDone ? "primary" : "",
    isDone ? words.done : words.skip,
    () => act("choose", { id: choice.id, number: screen.number }),
    badge(choice.button, words),
  );
}

function writing(screen, words, screens) {
  const isTyped = screens.facts.keyboard && navigator.maxTouchPoints > 0;
  const text = make("textarea", {
    id: "words",
    maxlength: "500",
    "aria-describedby": "words-hint",
    dir: "auto",
    autocomplete: "off",
    autocapitalize: "sentences",
    spellcheck: "false",
    placeholder: isTyped ? words["words-hint"] : null,
    oninput: () => screens.act("busy"),
  });
  const parts = [
    make("label", { class: "writing" }, make("span", {}, words.words), text),
    make("p", { id: "words-hint", class: "hint" }, words["words-hint"]),
  ];
  if (isTyped) parts.push(keyboard(screen.language, text, words));
  return parts;
}

function send(screen, act) {
  act("write", { text: document.getElementById("words").value, number: screen.number });
}
