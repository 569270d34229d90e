// Keeps the page up to date from one stream of server-sent events, and says so when it cannot.

import { hubSays, keepTelling, tell } from "./ago.js";
import { fill } from "./morph.js";

const GRACE_MS = 4000; // a planned reconnect is faster than this and needs no words
const SILENCE_MS = 40000; // beats come every 15 s: after this long a connection is dead, whatever it says
const BACK_MS = 4000; // how long the good news stays
const RETRY_MS = 5000;

const live = document.getElementById("live");
const banner = document.getElementById("banner");
const pulse = document.getElementById("pulse");
let source = null;
let lastEventAt = 0;
let troubleSince = null;
let hideBanner = null;

function open() {
  close();
  lastEventAt = Date.now();
  source = new EventSource(live.dataset.stream);
  source.onopen = () => heard(() => {});
  source.onmessage = (event) => heard(() => show(JSON.parse(event.data)));
  source.addEventListener("beat", (event) => heard(() => beat(JSON.parse(event.data))));
  source.onerror = () => {
    trouble();
    if (source.readyState === EventSource.CLOSED) refused();
  };
}

function close() {
  if (source) source.close();
  source = null;
}

// The hub answered with an error: the login is over, or it is starting or full. Only the first needs the person.
async function refused() {
  close();
  try {
    const answer = await fetch("/api/v1/me", { headers: { Accept: "application/json" } });
    if (answer.status === 401) {
      location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
  } catch {
    // no network: the same wait
  }
  setTimeout(open, RETRY_MS);
}

function heard(take) {
  lastEventAt = Date.now();
  const wasLost = banner.dataset.state === "lost";
  troubleSince = null;
  delete document.body.dataset.lost;
  say("live");
  if (wasLost) announce("back");
  take();
}

function trouble() {
  troubleSince ??= Date.now();
}

function show({ at, parts }) {
  hubSays(at);
  if (banner.dataset.state === "stale") announce("back");
  if ("structure" in parts && String(parts.structure) !== live.dataset.structure) {
    location.reload();
    return;
  }
  for (const [name, part] of Object.entries(parts)) {
    const element = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
    if (element && part && "html" in part) update(element, part);
  }
  tell();
  document.dispatchEvent(new CustomEvent("live-update"));
}

// People served change all day long; only a press is worth a glance.
function update(element, { html, presses }) {
  fill(element, html);
  const before = element.dataset.presses;
  if (presses === undefined) return;
  element.dataset.presses = presses;
  if (before === undefined || presses <= Number(before)) return;
  element.removeAttribute("data-pressed");
  requestAnimationFrame(() => element.setAttribute("data-pressed", ""));
}

function beat({ at, read_at: readAt, fresh }) {
  hubSays(at);
  if (!fresh) {
    const time = new Date(readAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    announce("stale", live.dataset.bannerStale.replace("{time}", time));
  } else if (banner.dataset.state === "stale") {
    announce("back");
  }
}

function say(state) {
  if (!pulse || pulse.dataset.state === state) return;
  pulse.dataset.state = state;
  pulse.textContent = { live: live.dataset.sayLive, lost: live.dataset.sayLost }[state] ?? live.dataset.sayConnecting;
}

function announce(state, text) {
  clearTimeout(hideBanner);
  banner.textContent = text ?? { lost: live.dataset.bannerLost, back: live.dataset.bannerBack }[state];
  banner.dataset.state = state;
  if (state === "back") {
    hideBanner = setTimeout(() => {
      banner.dataset.state = "";
      banner.textContent = "";
    }, BACK_MS);
  }
}

function check() {
  if (document.hidden) return;
  const silent = Date.now() - lastEventAt > SILENCE_MS;
  if (source && silent) {
    trouble();
    open();
  }
  if (troubleSince && (silent || Date.now() - troubleSince > GRACE_MS) && banner.dataset.state !== "lost") {
    document.body.dataset.lost = "";
    say("lost");
    announce("lost");
  }
}

// A hidden page lets its stream go: browsers allow six connections to one place, for all tabs together.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) close();
  else if (!source) open();
});
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) open();
});

keepTelling(live.dataset);
setInterval(check, 1000);
say("connecting");
open();
