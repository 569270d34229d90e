// Keeps the page in step with the agent: which screen, which language, what is lit, what is about to end.

import { mark, ring } from "./faces.js";
import { button, fill, make } from "./parts.js";
import { isStopping, noticed, resumeDialog, turnTo, watched } from "./privacy.js";
import { Screens } from "./screens.js";
import { play } from "./sound.js";
import { quiet, readAloud, whenVoicesCome } from "./speech.js";
import { facts, listen, pause, resume, tell, whatIsWatched } from "./talk.js";

const LIT_MS = 600;
const WATCH_MS = 5000;
const STOPPING_MS = 400;
const PRIVACY_MS = 30000;
const BUSY_MS = 4000;
const SIZES = ["5", "4", "3", "2", "1"];
const DIALOGS = ["warning", "ways", "phone-dialog", "resume-dialog"];

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
let busyAt = 0;
let isReading = false;
let noticeFrom = 0;

const OWN = {
  privacy: () => open("privacy"),
  notice: () => open("notice"),
  back: () => open(""),
  ways: () => openDialog("ways", screens.waysDialog(frame)),
  phone: () => openDialog("phone-dialog", screens.phoneDialog(frame)),
  close: () => closeDialogs(),
  pause: () => askCameras(pause),
  staff: () => openDialog("resume-dialog", resumeDialog(screens.words(frame.screen.language), act)),
  resume: () => (shut(place("resume-dialog")), askCameras(resume)),
  busy: () => busy(),
};

function act(name, body = {}) {
  if (waiting) return;
  if (OWN[name]) return OWN[name]();
  if (name === "choose") sound("chosen");
  if (name === "speak") closeDialogs();
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
      if (!last) return; // lost meanwhile
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
  const was = frame?.screen;
  frame = next;
  const { screen } = frame;
  place("sign").hidden = !frame.sign;
  place("sign").textContent = frame.sign;
  const words = screens.words(screen.language);
  const page = document.documentElement;
  page.lang = screen.language;
  page.dir = words.direction;
  page.toggleAttribute("data-contrast", screen.ease.contrast);
  const shown = JSON.stringify([view, { ...frame, screen: { ...screen, undo_ms: screen.undo_ms > 0, warning_ms: null } }]);
  if (shown !== drawn) {
    drawn = shown;
    redraw(isNew);
    if (isNew && screen.rating === null) forget();
    if (was) hear(was, isNew);
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
  if (!isNew && written && place("words")) place("words").value = written;
  if (isNew) closeDialogs();
  else if (place("ways").open) place("ways").replaceChildren(...screens.waysDialog(frame));
  if (isWatching()) look();
  fit();
  const there = focused ? place(focused) : null;
  if (place("ways").open) return there?.focus();
  (!isNew && there ? there : place("title"))?.focus({ preventScroll: true });
}

/* Large letters are as large as this screen has room for. */
function fit() {
  const page = document.documentElement;
  page.removeAttribute("data-size");
  if (!frame.screen.ease.large) return;
  for (const size of SIZES) {
    page.dataset.size = size;
    if (!spills()) return;
  }
  page.removeAttribute("data-size");
}

function spills() {
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth || page.scrollHeight > innerHeight) return true;
  const stage = place("stage");
  const room = stage.getBoundingClientRect();
  const isOut = (box, top, bottom) => box.top < top - 1 || box.bottom > bottom + 1 || box.left < -1 || box.right > innerWidth + 1;
  return Array.from(document.querySelectorAll("#kiosk *")).some((each) => {
    if (each.closest(".unseen, svg, .badge, .box")) return false;
    const box = each.getBoundingClientRect();
    const isCut = each.tagName !== "SPAN" && (each.scrollHeight > each.clientHeight + 2 || each.scrollWidth > each.clientWidth + 2);
    return box.width > 0 && (isCut || (stage.contains(each) ? isOut(box, room.top, room.bottom) : isOut(box, 0, innerHeight)));
  });
}

/* What one shopper left in this page is gone before the next one comes. */
function forget() {
  quiet();
  place("said").textContent = "";
  getSelection()?.removeAllRanges();
  document.documentElement.removeAttribute("data-size");
  fit();
}

/* Aloud: when it is switched on, and then each new screen. */
function hear(was, isNew) {
  const { ease, language } = frame.screen;
  if (!ease.aloud && isReading) quiet();
  isReading = ease.aloud;
  if (ease.aloud && (isNew || !was.ease.aloud || was.language !== language)) readAloud(place("kiosk"), language);
}

function warn(words) {
  const dialog = place("warning");
  const left = frame.screen.warning_ms;
  if (left === null) {
    if (dialog.open) shut(dialog);
    return;
  }
  if (!dialog.open) {
    closeDialogs();
    const number = frame.screen.number;
    dialog.replaceChildren(
      make("div", { id: "running", class: "mark-large" }, ring(1)),
      make("h2", { id: "warning-title" }, words.warning),
      make("p", { id: "clearing" }),
      make(
        "div",
        { class: "actions" },
        make("button", { type: "button", id: "stay", class: "primary", autofocus: true, onclick: () => act("stay") }, words.stay),
        button("end", "", words.end, () => act("leave", { number })),
      ),
      known.panel_answers ? make("p", { class: "hint" }, words["any-button"]) : "",
    );
    dialog.showModal();
    sound("warning");
    if (frame.screen.ease.aloud) readAloud(dialog, frame.screen.language);
  }
  count();
}

function count() {
  const line = place("clearing");
  if (!line || frame?.screen.warning_ms === null) return;
  const left = Math.max(0, frame.screen.warning_ms - (performance.now() - heardAt));
  const seconds = Math.ceil(left / 1000);
  const text = fill(screens.words(frame.screen.language).clearing, { n: seconds });
  if (line.textContent === text) return;
  line.textContent = text;
  place("running").replaceChildren(ring(Math.min(1, seconds / known.warning_s)));
}

function tick() {
  if (!frame) return;
  count();
  const undo = place("undo");
  if (undo && !waiting && performance.now() - heardAt > frame.screen.undo_ms) undo.remove();
}

function openDialog(id, parts) {
  const dialog = place(id);
  dialog.replaceChildren(...parts);
  dialog.showModal();
  busy();
}

function shut(dialog) {
  if (dialog.open) dialog.close();
  dialog.replaceChildren();
}

function closeDialogs() {
  for (const id of DIALOGS) shut(place(id));
}

/* Somebody is doing something that the agent does not see. */
function busy() {
  if (performance.now() - busyAt < BUSY_MS) return;
  busyAt = performance.now();
  tell("stay", {}, show);
}

function open(next) {
  if (!next && frame.contents !== known.contents) return location.reload();
  view = next;
  noticeFrom = 0;
  shut(place("resume-dialog"));
  clearInterval(watching);
  clearTimeout(leaving);
  render(frame);
  place("title")?.focus({ preventScroll: true });
  if (!isWatching()) return;
  watching = setInterval(look, WATCH_MS);
  leaving = setTimeout(() => open(""), PRIVACY_MS);
}

function isWatching() {
  return view === "privacy" || view === "notice";
}

async function look() {
  try {
    showWatched(await whatIsWatched());
  } catch {
    // the agent is away
  }
}

/* A break for the cameras, or the end of one. */
async function askCameras(ask) {
  clearTimeout(leaving);
  leaving = setTimeout(() => open(""), PRIVACY_MS);
  try {
    showWatched(await ask());
    place("back")?.focus({ preventScroll: true });
  } catch {
    // the agent is away
  }
}

function showWatched(told) {
  const words = screens.words(frame.screen.language);
  if (view === "notice") showNotice(noticed(told, words, frame.screen.language), words);
  if (view !== "privacy") return;
  const { list, foot } = watched(told, words, act);
  const before = document.activeElement?.id;
  place("watched")?.replaceChildren(...list);
  place("pausing")?.replaceChildren(...foot);
  if (["pause", "staff"].includes(before)) place(before)?.focus({ preventScroll: true });
  if (isStopping(told)) setTimeout(look, STOPPING_MS);
  fit();
}

function showNotice(lines, words) {
  fit();
  const first = Math.min(noticeFrom, lines.length - 1);
  const following = turnTo(first, lines, place("noticed"), () => !spills());
  const turn = () => {
    noticeFrom = following;
    look();
  };
  place("turning").replaceChildren(...(first || following ? [button("turn", "", words.turn, turn)] : []));
}

/* Without the agent nothing can be answered: say so, and keep nothing of anybody on the screen. */
function lost(is) {
  if (!frame || is === (view === "away")) return;
  view = is ? "away" : "";
  if (!is) return; // the next frame draws
  waiting = null;
  closeDialogs();
  const [language] = known.languages;
  const ease = { large: false, contrast: false, aloud: false };
  frame = { ...frame, code: null, card: null, tally: null, screen: { ...frame.screen, number: -1, state: "rate", language, ease, rating: null, choices: [], undo_ms: 0, warning_ms: null } };
  render({ ...frame, screen: { ...frame.screen, number: -2 } });
}

place("warning").addEventListener("cancel", (event) => {
  event.preventDefault();
  act("stay");
});
for (const id of ["ways", "phone-dialog", "resume-dialog"]) place(id).addEventListener("close", () => place(id).replaceChildren());
addEventListener("contextmenu", (event) => event.preventDefault());
addEventListener("resize", () => frame && fit());
whenVoicesCome(() => {
  drawn = "";
  if (frame && !waiting) render(frame);
});
setInterval(tick, 250);
listen(show, lost);
