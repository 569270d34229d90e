// Touches to the agent, and what it says to every page: one screen, however many pages show it.

const PING_MS = 5000;
const AGAIN_MS = 3000;
const LOST_MS = 2000;

export async function facts() {
  return (await fetch("facts", { cache: "no-store" })).json();
}

export async function whatIsWatched() {
  return (await fetch("watched", { cache: "no-store" })).json();
}

/* Asks for a break of the cameras; the answer is what is watched then. */
export async function pause() {
  return (await fetch("pause", { method: "POST", cache: "no-store", body: "{}" })).json();
}

/* Ends a break before its time; as above. */
export async function resume() {
  return (await fetch("resume", { method: "POST", cache: "no-store", body: "{}" })).json();
}

/* Sends a touch; `show` gets the screen as it is then. */
export async function tell(name, body, show) {
  try {
    const answer = await fetch(name, { method: "POST", cache: "no-store", body: JSON.stringify(body) });
    if (answer.ok) show(await answer.json());
  } catch {
    // the agent is away: `listen` notices
  }
}

/* `show(frame)` at every change, `lost(true)` once the agent has been away for a moment. */
export function listen(show, lost) {
  const events = new EventSource("events");
  let away = 0;
  events.onmessage = (message) => {
    clearTimeout(away);
    away = 0;
    lost(false);
    show(JSON.parse(message.data));
  };
  events.onerror = () => {
    away ||= setTimeout(() => lost(true), LOST_MS);
    if (events.readyState === EventSource.CLOSED) setTimeout(beginAnew, AGAIN_MS);
  };
  const ping = () => tell("ping", {}, () => {});
  ping();
  setInterval(ping, PING_MS);
}

/* An agent that was started again has a new address; the way there begins at the root. */
async function beginAnew() {
  try {
    if ((await fetch("/", { cache: "no-store" })).ok) location.replace("/");
    else setTimeout(beginAnew, AGAIN_MS);
  } catch {
    setTimeout(beginAnew, AGAIN_MS);
  }
}
