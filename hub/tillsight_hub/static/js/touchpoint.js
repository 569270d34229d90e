// Shows the chosen day at once; without this script the form's button does.

const form = document.getElementById("day-form");
const day = document.getElementById("day");

form.classList.add("scripted");
day.addEventListener("change", () => {
  if (day.value && day.validity.valid) form.requestSubmit();
});

// An open card closes by Escape, and when another one opens.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.how[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener(
  "toggle",
  (event) => {
    if (!event.target.open || !event.target.matches("details.how")) return;
    for (const other of document.querySelectorAll("details.how[open]")) {
      if (other !== event.target) other.open = false;
    }
  },
  true,
);
