// What is known of the people in front of this screen, and the break that they can give the cameras.

import { lamp, mark } from "./faces.js";
import { button, fill, make, top } from "./parts.js";

const LONGEST_PIECE = 220;

export function privacy(words, screens) {
  return {
    top: top(words.privacy, words["nobody-known"], screens.ear(words)),
    stage: [make("div", { id: "watched", class: "watched", role: "status" })],
    foot: [button("back", "primary", words.back, () => screens.act("back")), make("span", { id: "pausing" })],
  };
}

/* What the cameras of this device do, by its configuration. */
export function notice(words, screens) {
  const list = make("ul", { id: "noticed" });
  return {
    top: top(words.notice, words.pictures, screens.ear(words)),
    stage: [make("div", { class: "watched wide" }, list)],
    foot: [button("back", "primary", words.back, () => screens.act("privacy")), make("span", { id: "turning" })],
  };
}

/* Shows the lines from `first` on that `fits()`; the number of the first one that has to wait, or 0. */
export function turnTo(first, lines, list, fits) {
  list.replaceChildren(...lines.slice(first));
  while (list.children.length > 1 && !fits()) list.lastChild.remove();
  const following = first + list.children.length;
  return following < lines.length ? following : 0;
}

export function noticed(told, words, language) {
  const { faces, served, visitors, queue } = told.notice;
  const counted = [served && words.served, visitors && words.visitors, queue && words.queue].filter(Boolean);
  const list = new Intl.ListFormat(language, { type: "conjunction" }).format(counted);
  const lines = [fill(words["counts-people"], { what: list })];
  if (!faces) lines.push(words["no-faces"]);
  if (faces?.moods_of) lines.push(fill(words.moods, { n: faces.moods_of }));
  if (faces?.ages_of) lines.push(fill(words.ages, { n: faces.ages_of }));
  if (faces) {
    const until = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(new Date(faces.expires));
    lines.push(fill(words.purpose, { what: faces.purpose }), fill(words.responsible, { who: faces.responsible, until }));
  }
  return lines.flatMap(inPieces).map((each) => make("li", {}, each));
}

/* What is longer than a small screen is high goes on in the next line. */
function inPieces(text) {
  const pieces = [];
  let rest = text;
  while (rest.length > LONGEST_PIECE) {
    const end = rest.lastIndexOf(" ", LONGEST_PIECE);
    pieces.push(rest.slice(0, end > 0 ? end : LONGEST_PIECE));
    rest = rest.slice(pieces.at(-1).length).trimStart();
  }
  return [...pieces, rest];
}

/* {list, foot}: what is told now, and the button for a pause where one can be had. */
export function watched(told, words, act) {
  const rows = [[null, words.contacts, String(told.contacts)]];
  for (const [name, state] of Object.entries(told.cameras)) {
    const does = state === "ok" && told.notice?.faces ? words.estimating : words["camera-states"][state];
    rows.push([lamp(state === "ok"), fill(words.camera, { name }), does ?? state]);
  }
  const list = make("dl", {}, ...rows.flatMap(([light, name, value]) => [make("dt", {}, light, make("span", {}, name)), make("dd", {}, value)]));
  const says = Object.keys(told.cameras).length ? pauseSays(told, words) : words["no-cameras"];
  return {
    list: [make("h2", {}, words.counted), list, ...(says ? [make("p", { class: "says" }, says)] : [])],
    foot: [
      ...(told.notice ? [button("notice", "", words.notice, () => act("notice"))] : []),
      ...(canPause(told) ? [pauseButton(told, words, act)] : []),
      ...(isPaused(told) ? [make("button", { type: "button", id: "staff", class: "quiet", "aria-haspopup": "dialog", onclick: () => act("staff") }, make("span", {}, words.staff))] : []),
    ],
  };
}

/* What staff confirm: somebody here asked not to be looked at. The first button leaves it so. */
export function resumeDialog(words, act) {
  return [
    make("h2", { id: "resume-title" }, words["resume-title"]),
    make("p", {}, words["resume-why"]),
    make("div", { class: "actions" }, button("stay-paused", "primary", words["resume-no"], () => act("close")), button("resume", "", words["resume-yes"], () => act("resume"))),
  ];
}

export function isStopping(told) {
  return Boolean(told.pause?.left_ms) && Object.values(told.cameras).some((state) => state === "ok");
}

function isPaused(told) {
  return Boolean(told.pause?.left_ms) && !isStopping(told);
}

function canPause(told) {
  return told.pause && !told.pause.again_ms && Object.keys(told.cameras).length > 0;
}

function pauseButton(told, words, act) {
  const text = fill(words.pause, { n: told.pause.minutes });
  return make("button", { type: "button", id: "pause", onclick: () => act("pause") }, mark("pause"), make("span", {}, text));
}

function pauseSays(told, words) {
  if (!told.pause) return "";
  if (isStopping(told)) return words.pausing;
  if (told.pause.left_ms) return fill(words["goes-on"], { n: minutes(told.pause.left_ms) });
  return told.pause.again_ms ? fill(words["paused-often"], { n: minutes(told.pause.again_ms) }) : "";
}

function minutes(ms) {
  return Math.max(1, Math.ceil(ms / 60000));
}
