// The light and dark switch. The choice is a cookie, so that the server draws the next page right from the start.

const YEAR_S = 365 * 86400;
const buttons = document.querySelectorAll("[data-theme-choice]");

function choose(theme) {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  const life = theme === "auto" ? 0 : YEAR_S;
  document.cookie = `tillsight_theme=${theme}; path=/; max-age=${life}; samesite=lax`;
  for (const button of buttons) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
  }
}

for (const button of buttons) {
  button.addEventListener("click", () => choose(button.dataset.themeChoice));
}
for (const group of document.querySelectorAll("[data-themes]")) {
  group.hidden = false;
}

// Menus close like people expect: by Escape and by a click elsewhere.
for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
