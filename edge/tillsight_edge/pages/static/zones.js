// The page of the zones: the live picture, the list and the rules beside it, and what the device says of them.

import { Board } from "./board.js";
import { Shapes } from "./shapes.js";
import { ask, Refused, tell } from "./talk.js";

const PICTURE_MS = 200;
const CHECK_AFTER_MS = 200;
const RULES = {
  min_dwell_s: (value) => `${value} s`,
  leave_gap_s: (value) => `${value} s`,
  max_dwell_s: (value) => `${Math.round(value / 6) / 10} min`,
};

const at = (id) => document.getElementById(id);
const shapes = new Shapes();
const board = new Board(shapes, (words) => (at("hint-words").textContent = words));
const IDLE = "Choose what to draw, or move the corners of what is there.";
const rules = {}; // as set; a slider knows only its steps
let entrance = null;
let asked = ""; // the settings that the device was last asked about
let ended = false;
let checking = 0;

// --- the picture ---------------------------------------------------------------------------------------

async function look() {
  const began = performance.now();
  if (!document.hidden) {
    try {
      await showPicture();
    } catch (problem) {
      if (!(problem instanceof Refused)) pulse("lost", "no connection");
      else noPicture(problem.message);
    }
  }
  if (!ended) setTimeout(look, Math.max(20, PICTURE_MS - (performance.now() - began)));
}

async function showPicture() {
  const answer = await fetch(at("show-masked").checked ? "masked-picture" : "picture", { cache: "no-store" });
  if (!answer.ok) throw new Refused(`the device answered ${answer.status}`);
  if (!answer.headers.get("Content-Type").startsWith("image/")) throw new Refused((await answer.json()).problem);
  const seen = JSON.parse(answer.headers.get("Tillsight-Seen"));
  const picture = await createImageBitmap(await answer.blob());
  const canvas = at("picture");
  if (canvas.width !== picture.width || canvas.height !== picture.height) {
    canvas.width = picture.width;
    canvas.height = picture.height;
  }
  canvas.getContext("2d").drawImage(picture, 0, 0);
  board.resize(picture.width, picture.height);
  picture.close();
  canvas.dataset.number = seen.number;
  board.show(at("show-people").checked ? seen.people : []);
  at("waiting").hidden = true;
  pulse("live", "live");
  showTrial(seen);
}

function noPicture(problem) {
  at("waiting").hidden = false;
  at("waiting").textContent = problem;
  pulse("lost", "no picture");
}

function pulse(state, words) {
  at("pulse").dataset.state = state;
  if (at("pulse").textContent !== words) at("pulse").textContent = words;
}

function showTrial({ served, entered, left, queue }) {
  const drawn = shapes.drawn;
  const words = [
    drawn.zone && `${served} served and gone`,
    shapes.hasEntrance && `${entered} came in, ${left} went out`,
    drawn.queue_zone && `${queue} in the queue now`,
  ].filter(Boolean);
  at("trial").hidden = !words.length || !at("no-detector").hidden;
  at("trial").textContent = `Tried out here since the last change: ${words.join("; ")}.`;
}

// --- what is drawn, and what the device says of it ---------------------------------------------------------

function settings() {
  const values = { ...shapes.drawn, entrance: shapes.hasEntrance ? at("entrance").value.trim() || null : entrance };
  return { ...values, ...rules, count_groups: at("count_groups").checked };
}

function changed() {
  board.draw();
  drawList();
  drawRules();
  if (JSON.stringify(settings()) === asked) return;
  asked = JSON.stringify(settings());
  at("write").disabled = true;
  at("told").textContent = "";
  clearTimeout(checking);
  checking = setTimeout(check, CHECK_AFTER_MS);
}

async function check() {
  const now = asked;
  try {
    const { problems, toml } = await tell("draw", JSON.parse(now));
    if (asked === now) showCheck(problems, toml);
  } catch (problem) {
    if (!ended) checking = setTimeout(check, 1000);
    if (problem instanceof Refused) showProblems([problem.message]);
  }
}

function showCheck(problems, toml) {
  showProblems(problems);
  at("toml").textContent = toml;
  at("write").disabled = problems.length > 0;
}

function showProblems(problems) {
  const prefix = `cameras.${at("camera").dataset.name}.`;
  const rows = problems.map((problem) => {
    const row = Object.assign(document.createElement("p"), { className: "notice warn" });
    const [setting, ...rest] = problem.replace(prefix, "").split(": ");
    row.append(Object.assign(document.createElement("code"), { textContent: setting }), `: ${rest.join(": ")}`);
    return row;
  });
  const good = Object.assign(document.createElement("p"), { className: "notice good", textContent: "None found." });
  at("problems").replaceChildren(...(rows.length ? rows : [good]));
}

/** The focus stays where it was, on the same button of the same shape. */
function drawList() {
  const { key } = document.activeElement.dataset;
  at("nothing").hidden = shapes.list.length > 0;
  at("shapes").replaceChildren(...shapes.list.map(listRow));
  if (key) [...at("shapes").querySelectorAll("button")].find((each) => each.dataset.key === key)?.focus();
}

function listRow(shape) {
  const row = document.createElement("li");
  if (shape.id === shapes.chosen) row.className = "chosen";
  const words = shapes.name(shape);
  const swatch = Object.assign(document.createElement("span"), { className: `swatch ${shape.kind}` });
  const name = button("", "name", () => {
    shapes.choose(shape.id);
    board.focus(shape.id, 0);
  });
  const count = shape.kind === "line" ? "" : `${shape.points.length} corners`;
  name.append(swatch, words, Object.assign(document.createElement("span"), { className: "quiet small", textContent: count }));
  row.append(name);
  if (shape.kind === "line") row.append(button("Turn round", "", () => shapes.turnRound(shape.id), `Turn round ${words}`));
  row.append(button("Remove", "", () => remove(shape), `Remove ${words}`));
  for (const each of row.querySelectorAll("button")) each.dataset.key = `${shape.id} ${each.ariaLabel}`;
  return row;
}

function remove(shape) {
  const words = shapes.name(shape);
  shapes.remove(shape.id);
  at("hint-words").textContent = `${words} is removed.`;
  (at("shapes").querySelector(".name") ?? document.querySelector("[data-tool]")).focus();
}

function button(text, className, act, spoken) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text, className });
  if (spoken) made.setAttribute("aria-label", spoken);
  made.addEventListener("click", act);
  return made;
}

function drawRules() {
  for (const [name, words] of Object.entries(RULES)) at(`${name}-value`).textContent = words(rules[name]);
  at("entrance-field").hidden = !shapes.hasEntrance;
}

// --- what the person does --------------------------------------------------------------------------------

for (const tool of document.querySelectorAll("[data-tool]")) {
  tool.addEventListener("click", (event) => {
    if (event.detail === 0) board.putInTheMiddle(tool.dataset.tool); // by the keyboard
    else if (board.drawing?.kind === tool.dataset.tool) stopDrawing();
    else board.begin(tool.dataset.tool);
    showTools();
  });
}

function showTools() {
  for (const tool of document.querySelectorAll("[data-tool]")) {
    tool.setAttribute("aria-pressed", String(board.drawing?.kind === tool.dataset.tool));
  }
  at("undo").disabled = !shapes.past.length && !board.drawing;
  if (!board.drawing) at("hint-words").textContent = IDLE;
}

function undo() {
  if (board.drawing?.points.length) board.undoCorner();
  else shapes.undo();
}

function stopDrawing() {
  board.cancel();
  showTools();
}

at("finish").addEventListener("click", () => board.finish());
at("cancel").addEventListener("click", stopDrawing);
at("middle").addEventListener("click", () => board.putInTheMiddle(board.drawing.kind));
at("undo").addEventListener("click", undo);
for (const name of ["entrance", "count_groups"]) at(name).addEventListener("input", changed);
for (const name of Object.keys(RULES)) {
  at(name).addEventListener("input", () => {
    rules[name] = Number(at(name).value);
    changed();
  });
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && event.target.id !== "entrance") {
    event.preventDefault();
    undo();
  } else if (board.drawing && event.key === "Escape") {
    stopDrawing();
  } else if (board.drawing && event.key === "Enter" && event.target.tagName !== "BUTTON") {
    board.finish();
  }
});

shapes.changed = () => {
  changed();
  showTools();
};

at("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(at("toml").textContent);
    at("told").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(at("toml"));
    at("told").textContent = "Selected: copy it with the keyboard.";
  }
});

at("write").addEventListener("click", async () => {
  const { problems, file, kept } = await tell("write", settings());
  at("told").textContent = problems.length
    ? `Not written: ${problems.join("; ")}`
    : `Written into ${file}; the old file is ${kept}. The agent takes it at its next start.`;
});

at("done").addEventListener("click", async () => {
  await tell("done");
  ended = true;
  pulse("", "ended");
  at("over").hidden = false;
});

async function start() {
  const setup = await ask("setup");
  at("camera").textContent = `camera ${setup.camera}`;
  at("camera").dataset.name = setup.camera;
  entrance = setup.drawn.entrance;
  at("entrance").value = entrance ?? "entrance";
  for (const name of Object.keys(RULES)) {
    const value = (rules[name] = setup.drawn[name]);
    at(name).max = Math.max(at(name).max, value);
    at(name).min = Math.min(at(name).min, value);
    at(name).value = value;
  }
  at("count_groups").checked = setup.drawn.count_groups;
  at("write").hidden = !setup.file;
  at("write").textContent = `Write into ${setup.file}`;
  at("no-detector").hidden = !setup.no_detector;
  at("no-detector").textContent = `People are not shown: ${setup.no_detector}`;
  at("legend").hidden = Boolean(setup.no_detector);
  shapes.load(setup.drawn);
  shapes.changed();
  document.documentElement.dataset.ready = "yes";
  look();
}

start();
