// The live board on a wall: pages of tiles that turn by themselves, the whole screen, and dark at night.

const MARGIN_PX = 16;
const LAID_OUT = 30; // tiles after these wait until they are near the screen, and have no height before
const NARROW_PX = 640; // a phone shows all tiles below each other
const NIGHT = [20, 7]; // by the screen's own clock

const tiles = document.getElementById("tiles");
const pager = document.getElementById("pager");
const words = document.getElementById("page-now");
const hold = document.getElementById("page-hold");
const full = document.getElementById("fullscreen");
const seconds = Number(tiles?.dataset.rotate ?? 0);
let paged = false;
let page = 0;
let columns = 1;
let rows = 1;
let turning = null;
let awake = null;

// The grid without pages says how many columns it makes and how tall a tile is; more columns are taken where all
// tiles then fit on one page. What does not fit is on further pages if they are to turn, else one scrolls.
function measure() {
  const all = [...tiles.children];
  paged = false;
  document.body.classList.remove("paged");
  for (const tile of all) tile.hidden = false;
  pager.hidden = true;
  if (innerWidth <= NARROW_PX) return;
  const style = getComputedStyle(tiles);
  const gap = parseFloat(style.columnGap);
  const made = Math.min(all.length, style.gridTemplateColumns.split(" ").length);
  const shape = Math.max(...all.slice(0, LAID_OUT).map((tile) => tile.offsetHeight)) / all[0].offsetWidth;
  const height = innerHeight - tiles.getBoundingClientRect().top - MARGIN_PX;
  const fit = (columns) => {
    const width = (tiles.clientWidth - gap * (columns - 1)) / columns;
    return Math.max(1, Math.floor((height + gap) / (width * shape + gap)));
  };
  const fitting = [made, made + 1].find((number) => number * fit(number) >= all.length);
  if (!fitting && seconds === 0) return;
  paged = true;
  columns = fitting ?? made;
  rows = Math.min(fit(columns), Math.ceil(all.length / columns));
  tiles.style.setProperty("--columns", columns);
  tiles.style.setProperty("--rows", rows);
  document.body.classList.add("paged");
  lay();
}

// Tiles with an alert stay on every page; the others take turns in their order.
function lay() {
  if (!paged) return;
  const all = [...tiles.children];
  const alarming = all.filter((tile) => tile.querySelector(".tile-face.open"));
  const pinned = new Set(alarming.slice(0, columns * rows - 1));
  const others = all.filter((tile) => !pinned.has(tile));
  const each = columns * rows - pinned.size;
  const pages = Math.max(1, Math.ceil(others.length / each));
  page = ((page % pages) + pages) % pages;
  const shown = new Set([...pinned, ...others.slice(page * each, (page + 1) * each)]);
  for (const tile of all) tile.hidden = !shown.has(tile);
  pager.hidden = pages === 1;
  words.textContent = words.dataset.words.replace("{page}", page + 1).replace("{pages}", pages);
}

function turn(by) {
  page += by;
  lay();
}

function keepTurning() {
  clearInterval(turning);
  const held = hold.getAttribute("aria-pressed") === "true";
  if (seconds > 0 && !held) turning = setInterval(() => turn(1), seconds * 1000);
}

function night() {
  if (!tiles || tiles.dataset.themeChosen !== "auto") return;
  const hour = new Date().getHours();
  if (hour >= NIGHT[0] || hour < NIGHT[1]) document.documentElement.dataset.theme = "dark";
  else delete document.documentElement.dataset.theme;
}

async function keepAwake() {
  awake = document.fullscreenElement ? await navigator.wakeLock?.request("screen").catch(() => null) : await awake?.release();
}

if (tiles) {
  document.getElementById("page-before").addEventListener("click", () => turn(-1));
  document.getElementById("page-after").addEventListener("click", () => turn(1));
  hold.addEventListener("click", () => {
    hold.setAttribute("aria-pressed", String(hold.getAttribute("aria-pressed") !== "true"));
    keepTurning();
  });
  addEventListener("resize", measure);
  document.addEventListener("live-update", lay);
  measure();
  keepTurning();
}

if (document.fullscreenEnabled) {
  const enter = full.textContent;
  full.hidden = false;
  full.addEventListener("click", () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
  );
  document.addEventListener("fullscreenchange", () => {
    full.textContent = document.fullscreenElement ? full.dataset.leave : enter;
    keepAwake();
    if (tiles) measure();
  });
}

night();
setInterval(night, 60000);
