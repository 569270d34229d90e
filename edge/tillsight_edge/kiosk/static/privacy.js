// What is known of the people in front of this screen, and the break that they can give the cameras.

import { lamp, mark } from "./faces.js";
import { button, fill, make, top } from "./parts.js";

export function privacy(words, screens) {
  return {
    top: top(words.privacy, words["nobody-known"], screens.ear(words)),
    stage: [make("div", { id: "watched", class: "watched", role: "status" })],
    foot: [button("back", "primary", words.back, () => screens.act("back")), make("span", { id: "pausing" })],
  };
}

/* {list, foot}: what is told now, and the button for a pause where one can be had. */
export function watched(told, words, act) {
  const rows = [[null, words.contacts, String(told.contacts)]];
  for (const [name, state] of Object.entries(told.cameras)) {
    rows.push([lamp(state === "ok"), fill(words.camera, { name }), words["camera-states"][state] ?? state]);
  }
  const list = make("dl", {}, ...rows.flatMap(([light, name, value]) => [make("dt", {}, light, make("span", {}, name)), make("dd", {}, value)]));
  const says = Object.keys(told.cameras).length ? pauseSays(told, words) : words["no-cameras"];
  return {
    list: [make("h2", {}, words.counted), list, ...(says ? [make("p", { class: "says" }, says)] : [])],
    foot: canPause(told) ? [pauseButton(told, words, act)] : [],
  };
}

export function isStopping(told) {
  return Boolean(told.pause?.left_ms) && Object.values(told.cameras).some((state) => state === "ok");
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
