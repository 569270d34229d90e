// Says how long ago a moment was, by the hub's clock, and keeps saying it.

let words = {};
let ahead = 0; // ms that the hub's clock is ahead of ours

/** Start with the words in `data`; every time with data-ago shows its distance from now on. */
export function keepTelling(data) {
  words = { now: data.agoNow, s: data.agoS, m: data.agoM, h: data.agoH, d: data.agoD };
  setInterval(tell, 1000);
  tell();
}

/** The hub's clock says `at`, ms UTC, this moment. */
export function hubSays(at) {
  ahead = at - Date.now();
}

/** Renew the words of all times. */
export function tell() {
  const now = Date.now() + ahead;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago((now - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== text) time.textContent = text;
    if (!time.title) time.title = new Date(time.dateTime).toLocaleString();
  }
}

function ago(seconds) {
  if (seconds < 5) return words.now;
  if (seconds < 90) return words.s.replace("{n}", Math.round(seconds));
  if (seconds < 5400) return words.m.replace("{n}", Math.round(seconds / 60));
  if (seconds < 129600) return words.h.replace("{n}", Math.round(seconds / 3600));
  return words.d.replace("{n}", Math.round(seconds / 86400));
}
