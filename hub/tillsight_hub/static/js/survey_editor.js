// Draws the question's screens while somebody types. Without it they are drawn at each save.

const WAIT_MS = 350;

const form = document.getElementById("question-form");
const screens = document.getElementById("screens");
let timer = 0;
let asked = 0;

async function draw() {
  const mine = ++asked;
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
    });
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    screens.replaceChildren(...page.body.children);
  } catch {
    // the hub is away: what is typed stays, and so do the screens
  }
}

/* Another kind has other fields: the hub draws them, with all that is typed. */
const kind = document.getElementById("kind");
const apply = form.querySelector('button[value="kind"]');
apply.closest(".field").hidden = true;
kind.addEventListener("change", () => form.requestSubmit(apply));

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(draw, WAIT_MS);
});
