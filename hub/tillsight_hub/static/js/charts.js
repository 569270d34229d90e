// Draws every chart of the page from the JSON beside it, once the page itself can be read. Colours are the page's
// own variables, so a change of theme needs no redrawing; a change of width does. Only errors are logged: that a layer
// has nothing to draw is no news.

const figures = [...document.querySelectorAll("figure.drawing")];
const drawn = new WeakMap();
let tools;

function load(figure) {
  tools ??= Promise.all([
    import(figure.dataset.vega),
    fetch(figure.dataset.look).then((answer) => answer.json()),
  ]).then(([, look]) => look);
  return tools;
}

async function draw(figure) {
  const canvas = figure.querySelector(".drawing-canvas");
  const look = await load(figure);
  const scale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  const width = canvas.clientWidth;
  if (!width || drawn.get(figure)?.width === width) return;
  const before = drawn.get(figure);
  const spec = JSON.parse(figure.querySelector("script").textContent);
  const stage = document.createElement("div");
  const result = await window.vegaEmbed(
    stage,
    { ...spec, width: Math.floor(width / scale) },
    { ...look, mode: "vega-lite", ast: true, renderer: "svg", actions: false, defaultStyle: false, logLevel: 1, tooltip },
  );
  const svg = stage.querySelector("svg");
  svg.setAttribute("width", Math.floor(width));
  svg.setAttribute("height", Math.round(svg.viewBox.baseVal.height * scale));
  canvas.replaceChildren(stage);
  before?.result.finalize();
  drawn.set(figure, { width, result });
  figure.dataset.drawn = "";
}

// --- What a mark says when it is pointed at -------------------------------------------------------------------

const bubble = document.createElement("div");
bubble.className = "drawing-tip";
bubble.hidden = true;
document.body.append(bubble);

function tooltip(_handler, event, _item, value) {
  if (value === null || value === undefined || value === "") {
    bubble.hidden = true;
    return;
  }
  const entries = typeof value === "object" ? Object.entries(value) : [["", value]];
  bubble.replaceChildren(...entries.filter(([, text]) => text !== "").map(line));
  bubble.hidden = false;
  const { clientWidth: room } = document.documentElement;
  const left = Math.min(Math.max(8, event.clientX + 14), room - bubble.offsetWidth - 8);
  const above = event.clientY - bubble.offsetHeight - 12;
  bubble.style.left = `${left}px`;
  bubble.style.top = `${above > 8 ? above : event.clientY + 18}px`;
}

function line([title, text], index) {
  const row = document.createElement("div");
  const value = document.createElement("span");
  value.textContent = text;
  if (index === 0) {
    row.className = "first";
  } else {
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = title;
    row.append(name);
  }
  row.append(value);
  return row;
}

addEventListener("scroll", () => (bubble.hidden = true), { passive: true });

let leaving = false;
for (const end of ["beforeunload", "pagehide"]) addEventListener(end, () => (leaving = true));

// --- When to draw ---------------------------------------------------------------------------------------------

async function drawAll() {
  for (const figure of figures) {
    try {
      await draw(figure);
    } catch (error) {
      if (leaving) return;
      figure.querySelector(".drawing-canvas").textContent = figure.dataset.failed;
      figure.querySelector("details").open = true;
      console.error(error);
    }
    await new Promise((resolve) => setTimeout(resolve));
  }
  document.documentElement.dataset.charts = "drawn";
}

export function add(root) {
  const added = [...root.querySelectorAll("figure.drawing")].filter((figure) => !figures.includes(figure));
  figures.push(...added);
  for (const figure of added) {
    figure.querySelector("details").open = false;
    figure.dataset.ready = "";
    widths.observe(figure);
  }
  later();
}

let waiting;
let running = Promise.resolve();
function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => (running = running.then(drawAll)), 60);
}

const widths = new ResizeObserver(later);
for (const figure of figures) {
  figure.querySelector("details").open = false;
  figure.dataset.ready = "";
  widths.observe(figure);
}
