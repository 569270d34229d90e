// Fetches what takes the server a moment, after the page can be read, and has its charts drawn.

import { add } from "./charts.js";

for (const place of document.querySelectorAll("[data-fragment]")) {
  const answer = await fetch(place.dataset.fragment, { headers: { accept: "text/html" } }).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceChildren(...parsed.body.children);
    add(place);
  }
  place.dataset.loaded = "";
}
