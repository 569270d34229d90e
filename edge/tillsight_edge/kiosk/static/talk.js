// Touches to the agent, and what it says to every page: one screen, however many pages show it.

const PING_MS = 5000;
const AGAIN_MS = 3000;

export async function facts() {
  return (await fetch("facts", { cache: "no-store" })).json();
}

export async function watched() {
  return (await fetch("watched", { cache: "no-store" })).json();
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

/* `show(frame)` at every change, `lost(true)` while the agent is away. */
export function listen(show, lost) {
  const events = new EventSource("events");
  events.onmessage = (message) => {
    lost(false);
    show(JSON.parse(message.data));
  };
  events.onerror = () => {
    lost(true);
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
