// Finds as one types and applies choices at once; without this script the form's button does both.

const tools = document.getElementById("tools");
const find = document.getElementById("find");
const nothing = document.getElementById("nothing-found");

tools.classList.add("scripted");
for (const select of tools.querySelectorAll("[data-submit]")) {
  select.addEventListener("change", () => tools.requestSubmit());
}

function filter() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of document.querySelectorAll("[data-find]")) {
    const text = row.dataset.find.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    found += !row.hidden;
  }
  for (const group of document.querySelectorAll(".board tbody, .region")) {
    group.hidden = !group.querySelector("[data-find]:not([hidden])");
  }
  nothing.hidden = found > 0;
}

// A page that came with a search holds only what it found: another search has to ask the hub.
const cameWith = find.value;
let asking;
find.addEventListener("input", () => {
  filter();
  clearTimeout(asking);
  if (cameWith && !find.value.toLowerCase().includes(cameWith.toLowerCase())) {
    asking = setTimeout(() => tools.requestSubmit(), 400);
  }
});
