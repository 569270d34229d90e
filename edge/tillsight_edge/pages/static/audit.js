// A person's taps. Each waits here until the device has it, and says how long ago it was, so that a bad network
// changes nothing but the time of its arrival.

import { ask, Refused, tell } from "./talk.js";

const LOOK_MS = 1000;
const OVER_AFTER_MS = 10_000;

const at = (id) => document.getElementById(id);
const waiting = []; // [{ name, body, since }]
let seen = null; // the device's last view
let seenAt = 0;
let heardAt = Date.now();
let sending = false;
let over = false;

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (each) => each.toString(16).padStart(2, "0")).join("");
}

// --- sending -------------------------------------------------------------------------------------------

function order(name, body) {
  waiting.push({ name, body, since: Date.now() });
  draw();
  send();
}

async function send() {
  if (sending) return;
  sending = true;
  try {
    while (waiting.length) {
      const { name, body, since } = waiting[0];
      const told = name === "tap" ? { ...body, age_ms: Math.max(0, Date.now() - since) } : body;
      try {
        take(await tell(name, told));
      } catch (problem) {
        if (!(problem instanceof Refused)) break; // no network: later, in this order
      }
      waiting.shift();
    }
  } finally {
    sending = false;
    draw();
  }
}

async function look() {
  try {
    if (waiting.length) await send();
    else take(await ask("state"));
  } catch {
    over ||= seen?.state === "done" || Date.now() - heardAt > OVER_AFTER_MS * 6;
  }
  draw();
  if (!over) setTimeout(look, LOOK_MS);
}

function take(view) {
  seen = view;
  seenAt = heardAt = Date.now();
}

// --- drawing -------------------------------------------------------------------------------------------

function draw() {
  drawPulse();
  if (!seen) return;
  at("touchpoint").textContent = seen.touchpoint;
  for (const state of ["ready", "counting", "comparing", "done"]) at(state).hidden = seen.state !== state;
  if (seen.state === "ready") drawReady();
  if (seen.state === "counting") drawCounting();
  if (seen.state === "comparing") at("kept").textContent = customers(seen.observed, seen.pressers);
  if (seen.state === "done" && !at("done").dataset.drawn) drawResult(seen.result);
}

function drawReady() {
  at("minutes").textContent = spoken(seen.left_ms);
  at("together").textContent = seen.groups
    ? "People who are served together are one tap: the device counts groups."
    : "People who are served together are one tap each.";
}

function drawPulse() {
  const late = Date.now() - heardAt > 4 * LOOK_MS;
  const unsent = waiting.length ? `, ${waiting.length} waiting` : "";
  const [state, words] = over ? ["", "ended"] : late ? ["lost", `no connection${unsent}`] : ["live", "connected"];
  if (at("pulse").textContent !== words) at("pulse").textContent = words;
  at("pulse").dataset.state = state;
  at("over").hidden = !over;
}

/** The taps as they will be once all that waits has arrived, newest first. */
function taps() {
  let all = seen.last.map((tap) => ({ ...tap, ago_ms: tap.ago_ms + (Date.now() - seenAt) }));
  for (const { name, body, since } of waiting) {
    if (name === "tap" && !all.some((tap) => tap.id === body.id)) {
      all.unshift({ id: body.id, pressed: body.pressed, ago_ms: Date.now() - since, isNew: true });
    }
    if (name === "correct") all = all.map((tap) => (tap.id === body.id ? { ...tap, pressed: body.pressed } : tap));
    if (name === "take-back") all = all.filter((tap) => tap.id !== body.id);
  }
  return all;
}

function drawCounting() {
  const left = Math.max(0, seen.left_ms - (Date.now() - seenAt));
  const whole = Math.max(left, Number(at("spent").dataset.whole ?? 0));
  at("spent").dataset.whole = whole;
  at("spent").value = whole ? 1 - left / whole : 0;
  at("left").textContent = minutes(left);
  const now = taps();
  const gone = waiting.filter(({ name }) => name === "take-back").length;
  const extra = now.filter((tap) => tap.isNew);
  const pressers = seen.pressers + extra.filter((tap) => tap.pressed).length;
  const words = customers(seen.observed + extra.length - gone, pressers);
  if (at("sum").textContent !== words) at("sum").textContent = words;
  at("undo").disabled = now.length === 0;
  drawLast(now.slice(0, 5));
}

/** Rows are kept where they are the same, so that a finger or a focus on them stays. */
function drawLast(now) {
  const list = at("last");
  for (const row of [...list.children]) if (!now.some((tap) => tap.id === row.dataset.id)) row.remove();
  now.forEach((tap, index) => {
    let row = [...list.children].find((each) => each.dataset.id === tap.id);
    if (!row) row = newRow(tap.id);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    row.querySelector(".ago").textContent = `${ago(tap.ago_ms)} ago`;
    row.querySelector("input").checked = tap.pressed;
  });
}

function newRow(id) {
  const row = document.createElement("li");
  row.dataset.id = id;
  const when = Object.assign(document.createElement("span"), { className: "ago" });
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  box.addEventListener("change", () => order("correct", { id, pressed: box.checked }));
  label.append(box, "pressed");
  const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "Remove" });
  remove.addEventListener("click", () => order("take-back", { id }));
  row.append(when, label, remove);
  return row;
}

function drawResult(result) {
  at("done").dataset.drawn = "yes";
  at("counts").textContent = `You saw ${result.observed}, the device counted ${result.counted}, both have ${result.matched}.`;
  const shares = [
    ["Precision", "of the device's contacts, those you saw too", result.precision],
    ["Recall", "of your customers, those the device counted", result.recall],
    ["Recall of pressers", "the same, of customers who pressed", result.pressers_recall],
  ];
  at("shares").replaceChildren(...shares.filter(([, , share]) => share).map((share) => newShare(...share)));
  at("notes").replaceChildren(
    ...result.notes.map((note) => Object.assign(document.createElement("li"), { className: "notice warn", textContent: note })),
  );
}

function newShare(name, meaning, { value, lower, upper }) {
  const block = Object.assign(document.createElement("div"), { className: "share" });
  const line = Object.assign(document.createElement("div"), { className: "name" });
  line.append(Object.assign(document.createElement("h2"), { textContent: name }));
  line.append(Object.assign(document.createElement("span"), { className: "value", textContent: percent(value) }));
  const words = `${meaning}; plausibly ${percent(lower)} to ${percent(upper)}`;
  block.append(line, bar(value, lower, upper));
  block.append(Object.assign(document.createElement("p"), { className: "quiet small", textContent: words }));
  return block;
}

function bar(value, lower, upper) {
  const svg = part("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(part("rect", { class: "reach", x: 100 * lower, y: 0, width: 100 * (upper - lower), height: 10 }));
  svg.append(part("rect", { class: "point", x: Math.min(99.2, 100 * value - 0.4), y: 0, width: 0.8, height: 10 }));
  return svg;
}

function part(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
const customers = (count, pressers) => `${count} ${count === 1 ? "customer" : "customers"}, ${pressers} pressed`;

function minutes(ms) {
  const seconds = Math.ceil(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function spoken(ms) {
  const count = Math.round(ms / 6000) / 10;
  return `${count} ${count === 1 ? "minute" : "minutes"}`;
}

function ago(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${minutes(ms)} min`;
}

// --- what the person does --------------------------------------------------------------------------------

function tap(pressed) {
  navigator.vibrate?.(25);
  order("tap", { id: newId(), pressed });
}

at("begin").addEventListener("click", () => order("begin", {}));
at("served").addEventListener("click", () => tap(false));
at("served-pressed").addEventListener("click", () => tap(true));
at("undo").addEventListener("click", () => {
  const [newest] = taps();
  if (newest) order("take-back", { id: newest.id });
});
at("end").addEventListener("click", () => {
  if (window.confirm("End the count now? What you tapped so far is kept.")) order("end", {});
});
setInterval(draw, 250);
look();
