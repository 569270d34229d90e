// Keeps the page in step with the agent: which screen, which language, what is lit, what is about to end.

import { make, mark, fill, Screens } from "./screens.js";
import { play } from "./sound.js";
import { facts, listen, tell, watched } from "./talk.js";

const LIT_MS = 600;
const WATCH_MS = 5000;
const PRIVACY_MS = 30000;

const place = (id) => document.getElementById(id);
const known = await facts();
const screens = new Screens(known, act);

let frame = null;
let waiting = null;
let view = "";
let drawn = "";
let heardAt = 0;
let watching = 0;
let leaving = 0;

function act(name, body = {}) {
  if (waiting) return;
  if (name === "privacy") return open("privacy");
  if (name === "back") return open("");
  if (name === "languages") return openLanguages();
  if (name === "choose") sound("chosen");
  tell(name, body, show);
}

function sound(name) {
  if (known.sound) play(name);
}

/* A rating is lit up on its face before anything else comes, whether it was touched or pressed on the panel. */
function show(next) {
  if (next.contents !== known.contents && !view) return location.reload();
  heardAt = performance.now();
  if (waiting) {
    waiting = next;
    return;
  }
  const before = frame?.screen;
  const after = next.screen;
  if (before && after.rating !== null && before.rating === null && before.number !== after.number) {
    light(after.rating);
    waiting = next;
    setTimeout(() => {
      const last = waiting;
      waiting = null;
      view = "";
      render(last);
    }, LIT_MS);
    return;
  }
  if (before && after.undone && !before.undone) sound("undone");
  if (before && after.number !== before.number) view = "";
  render(next);
}

function light(rating) {
  sound("noted");
  const words = screens.words(frame.screen.language);
  place("said").textContent = fill(words.yours, { rating: words.ratings[known.scale][rating - 1] });
  const face = document.querySelector(`[data-rating="${rating}"]`);
  face?.classList.add("lit");
  face?.append(make("span", { class: "tick" }, mark("yes")));
}

function render(next) {
  const isNew = !frame || frame.screen.number !== next.screen.number;
  frame = next;
  const { screen } = frame;
  const words = screens.words(screen.language);
  document.documentElement.lang = screen.language;
  document.documentElement.dir = words.direction;
  const shown = JSON.stringify([view, { ...frame, screen: { ...screen, undo_ms: screen.undo_ms > 0, warning_ms: null } }]);
  if (shown !== drawn) {
    drawn = shown;
    redraw(isNew);
  }
  warn(words);
}

function redraw(isNew) {
  const focused = document.activeElement?.id;
  const written = place("words")?.value;
  const { top, stage, foot } = screens.draw(frame, view);
  place("kiosk").dataset.state = view || frame.screen.state;
  place("top").replaceChildren(...top);
  place("stage").replaceChildren(...stage);
  place("foot").replaceChildren(...foot);
  document.title = place("title")?.textContent || "Tillsight";
  if (!isNew && written) place("words").value = written;
  if (isNew) closeLanguages();
  if (view === "privacy") look();
  const there = !isNew && focused ? place(focused) : null;
  (there ?? place("title"))?.focus({ preventScroll: true });
}

function warn(words) {
  const dialog = place("warning");
  const left = frame.screen.warning_ms;
  if (left === null) {
    if (dialog.open) dialog.close();
    return;
  }
  if (!dialog.open) {
    closeLanguages();
    dialog.replaceChildren(
      make("div", { class: "mark-large" }, mark("clock")),
      make("h2", { id: "warning-title" }, words.warning),
      make("p", { id: "clearing" }),
      make(
        "div",
        { class: "actions" },
        make("button", { type: "button", id: "stay", class: "primary", autofocus: true, onclick: () => act("stay") }, words.stay),
        make("button", { type: "button", id: "end", onclick: () => act("leave", { number: frame.screen.number }) }, words.end),
      ),
    );
    dialog.showModal();
    sound("warning");
  }
  count();
}

function count() {
  const line = place("clearing");
  if (!line || frame?.screen.warning_ms === null) return;
  const left = Math.max(0, frame.screen.warning_ms - (performance.now() - heardAt));
  line.textContent = fill(screens.words(frame.screen.language).clearing, { n: Math.ceil(left / 1000) });
}

function tick() {
  if (!frame) return;
  count();
  const undo = place("undo");
  if (undo && !waiting && performance.now() - heardAt > frame.screen.undo_ms) undo.remove();
}

function openLanguages() {
  const { screen } = frame;
  const dialog = place("languages");
  dialog.replaceChildren(
    make("h2", { id: "languages-title" }, screens.words(screen.language).language),
    make("div", { class: "actions" }, ...known.languages.map((language) => {
      const button = screens.languageButton(language, screen, known.texts);
      button.addEventListener("click", closeLanguages);
      return button;
    })),
  );
  dialog.showModal();
}

function closeLanguages() {
  if (place("languages").open) place("languages").close();
}

function open(next) {
  if (!next && frame.contents !== known.contents) return location.reload();
  view = next;
  clearInterval(watching);
  clearTimeout(leaving);
  render(frame);
  place("title")?.focus({ preventScroll: true });
  if (view !== "privacy") return;
  watching = setInterval(look, WATCH_MS);
  leaving = setTimeout(() => open(""), PRIVACY_MS);
}

async function look() {
  try {
    const told = await watched();
    place("watched")?.replaceChildren(...screens.watched(told, screens.words(frame.screen.language)));
  } catch {
    // the agent is away
  }
}

function lost(is) {
  place("kiosk").classList.toggle("lost", is);
  if (is && frame) place("said").textContent = screens.words(frame.screen.language).lost;
}

place("warning").addEventListener("cancel", (event) => {
  event.preventDefault();
  act("stay");
});
addEventListener("contextmenu", (event) => event.preventDefault());
setInterval(tick, 250);
listen(show, lost);
