// The picture with everything over it, and what pointer, finger and keyboard do to the shapes.

import { clamp, KINDS } from "./shapes.js";

const STEP = 0.005;
const FAR_STEP = 0.05;
const NEAR_PX = 14; // to the first corner: closes; to the last one: ends
const DRAG_PX = 8;
const SNAP = 0.012;

const at = (id) => document.getElementById(id);
const stage = at("stage");
const overlay = at("overlay");
const handles = at("handles");

function part(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

export class Board {
  constructor(shapes, say) {
    this.shapes = shapes;
    this.say = say; // tells words above the picture
    this.size = [640, 480];
    this.people = [];
    this.drawing = null; // { kind, points, at, pressed }
    this.drag = null; // { id, index | null, from, start }
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.moved(event));
    stage.addEventListener("pointerup", (event) => this.up(event));
    stage.addEventListener("pointercancel", () => this.dropDrag());
    handles.addEventListener("keydown", (event) => this.key(event));
    handles.addEventListener("focusin", (event) => shapes.choose(Number(event.target.dataset.shape)));
  }

  // --- drawing a new shape -----------------------------------------------------------------------------

  begin(kind) {
    this.drawing = { kind, points: [], at: null, pressed: null };
    stage.dataset.drawing = kind;
    this.tellDrawing();
    this.draw();
  }

  cancel() {
    this.drawing = null;
    delete stage.dataset.drawing;
    this.draw();
  }

  finish() {
    if (!this.drawing || this.drawing.points.length < KINDS[this.drawing.kind].least) return;
    const { kind, points } = this.drawing;
    this.cancel();
    this.place(kind, points);
  }

  /** A shape of the usual size, to be moved by the keyboard. */
  putInTheMiddle(kind) {
    this.cancel();
    this.place(kind, KINDS[kind].start);
    handles.querySelector(`[data-shape="${this.shapes.chosen}"]`)?.focus();
  }

  place(kind, points) {
    if (!this.shapes.add(kind, points)) this.say("There cannot be more than eight staff zones.");
  }

  tellDrawing() {
    const { kind, points } = this.drawing;
    const words = KINDS[kind].word;
    if (kind === "line") this.say(points.length ? `${words}: click its other end.` : `${words}: click both ends, or drag.`);
    else if (points.length < 3) this.say(`${words}: click its corners, or drag a rectangle.`);
    else this.say(`${words}: click the first corner, or Finish, to close it.`);
    at("finish").disabled = points.length < KINDS[kind].least;
  }

  undoCorner() {
    this.drawing.points.pop();
    this.tellDrawing();
    this.draw();
  }

  // --- pointer and finger ------------------------------------------------------------------------------

  share(event) {
    const box = stage.getBoundingClientRect();
    return [snap((event.clientX - box.left) / box.width), snap((event.clientY - box.top) / box.height)];
  }

  distance([x1, y1], [x2, y2]) {
    const box = stage.getBoundingClientRect();
    return Math.hypot((x1 - x2) * box.width, (y1 - y2) * box.height);
  }

  down(event) {
    if (event.button !== 0) return;
    const spot = this.share(event);
    if (this.drawing) {
      this.drawing.pressed = this.drawing.at = spot;
    } else if (event.target.dataset.shape) {
      const id = Number(event.target.dataset.shape);
      this.shapes.choose(id);
      this.shapes.remember();
      this.drag = { id, index: this.grabbed(event.target, id), from: structuredClone(this.shapes.find(id).points), start: spot };
    } else {
      this.shapes.choose(null);
      return;
    }
    stage.setPointerCapture(event.pointerId);
    if (!event.target.classList.contains("handle")) event.preventDefault();
  }

  /** Index of the corner under the pointer, of a new one between two, or null for the whole shape. */
  grabbed(target, id) {
    const { index, between } = target.dataset;
    if (between !== undefined) {
      const { points } = this.shapes.find(id);
      const [before, after] = [points[between], points[(Number(between) + 1) % points.length]];
      this.shapes.insert(id, Number(between) + 1, [(before[0] + after[0]) / 2, (before[1] + after[1]) / 2]);
      return Number(between) + 1;
    }
    return index === undefined ? null : Number(index);
  }

  moved(event) {
    const spot = this.share(event);
    if (this.drawing) {
      this.drawing.at = spot;
      this.draw();
    } else if (this.drag) {
      const { id, index, from, start } = this.drag;
      if (index === null) this.shapes.shift(id, from, spot[0] - start[0], spot[1] - start[1]);
      else this.shapes.move(id, index, spot);
    }
  }

  up(event) {
    if (this.drawing?.pressed) this.setCorner(this.share(event));
    else this.dropDrag();
  }

  dropDrag() {
    if (!this.drag) return;
    this.drag = null;
    this.shapes.forgetIfSame();
  }

  setCorner(spot) {
    const { kind, points, pressed } = this.drawing;
    this.drawing.pressed = null;
    if (!points.length && this.distance(pressed, spot) > DRAG_PX) {
      this.drawing.points = kind === "line" ? [pressed, spot] : rectangle(pressed, spot);
      this.finish();
      return;
    }
    const ends = points.length && [points[0], points.at(-1)].some((corner) => this.distance(corner, spot) < NEAR_PX);
    if (ends && points.length >= KINDS[kind].least) {
      this.finish();
      return;
    }
    if (!ends) points.push(spot);
    if (kind === "line" && points.length === 2) this.finish();
    else {
      this.tellDrawing();
      this.draw();
    }
  }

  // --- keyboard ----------------------------------------------------------------------------------------

  key(event) {
    const { shape, index } = event.target.dataset;
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [id, corner] = [Number(shape), Number(index)];
    if (event.key in moves) {
      const step = event.shiftKey ? FAR_STEP : STEP;
      const [x, y] = this.shapes.find(id).points[corner];
      if (!event.repeat) this.shapes.remember();
      this.shapes.move(id, corner, [x + step * moves[event.key][0], y + step * moves[event.key][1]]);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      if (this.shapes.removeCorner(id, corner)) this.focus(id, Math.max(0, corner - 1));
      else this.say(`${this.shapes.name(this.shapes.find(id))} needs these corners; the list removes it as a whole.`);
    } else if (event.key === "Insert" || event.key === "+") {
      this.addAfter(id, corner);
    } else {
      return;
    }
    event.preventDefault();
  }

  addAfter(id, corner) {
    const { kind, points } = this.shapes.find(id);
    if (kind === "line") return;
    const [before, after] = [points[corner], points[(corner + 1) % points.length]];
    this.shapes.remember();
    this.shapes.insert(id, corner + 1, [(before[0] + after[0]) / 2, (before[1] + after[1]) / 2]);
    this.focus(id, corner + 1);
  }

  focus(id, corner) {
    handles.querySelector(`[data-shape="${id}"][data-index="${corner}"]`)?.focus();
  }

  // --- showing -----------------------------------------------------------------------------------------

  resize(width, height) {
    if (this.size[0] === width && this.size[1] === height) return;
    this.size = [width, height];
    overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.draw();
  }

  show(people) {
    this.people = people;
    this.draw();
  }

  draw() {
    overlay.replaceChildren(
      ...this.shapes.list.flatMap((shape) => this.shapeParts(shape)),
      ...this.people.flatMap((person) => this.personParts(person)),
      ...this.roughParts(),
    );
    at("hint-buttons").hidden = !this.drawing;
    this.drawHandles();
  }

  px([x, y]) {
    return [x * this.size[0], y * this.size[1]];
  }

  /** So much on the screen, in pixels of the picture. */
  onScreen(px) {
    return (px * this.size[0]) / Math.max(1, stage.clientWidth);
  }

  path(points) {
    return points.map((point) => this.px(point).map((value) => value.toFixed(1)).join(",")).join(" ");
  }

  shapeParts(shape) {
    const chosen = shape.id === this.shapes.chosen ? " chosen" : "";
    const points = this.path(shape.points);
    const attributes = { class: `shape ${shape.kind}${chosen}`, points, "data-shape": shape.id };
    const label = this.label(shape);
    if (shape.kind !== "line") return [part("polygon", attributes), label];
    return [part("polyline", { class: "dark", points }), part("polyline", attributes), ...this.arrow(shape), label];
  }

  label(shape) {
    const size = this.onScreen(15);
    const xs = shape.points.map(([x]) => x);
    const top = Math.min(...shape.points.map(([, y]) => y));
    const [x, y] = this.px([clamp(Math.min(...xs)), clamp(top)]);
    const inside = shape.kind === "line" ? y - size * 0.6 : y + size * 1.15;
    const attributes = { x: x + size * 0.4, y: Math.max(size, inside), "font-size": size, "pointer-events": "none" };
    return part("text", attributes, this.shapes.name(shape));
  }

  /** From the middle of the line to its right hand, where "in" is. */
  arrow({ points }) {
    const [[x1, y1], [x2, y2]] = points.map((point) => this.px(point));
    const length = Math.hypot(x2 - x1, y2 - y1);
    if (length < 1) return [];
    const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
    const reach = this.onScreen(44);
    const [mx, my] = [(x1 + x2) / 2, (y1 + y2) / 2];
    const [tx, ty] = [mx - dy * reach, my + dx * reach];
    const wing = reach / 3;
    const head = [1, -1].map((side) => [tx + dy * wing + side * dx * wing, ty - dx * wing + side * dy * wing]);
    const line = `M${mx},${my} L${tx},${ty} M${head[0]} L${tx},${ty} L${head[1]}`;
    const size = this.onScreen(14);
    const words = part("text", { x: tx + size / 2, y: ty + size / 2, "font-size": size, "pointer-events": "none" }, "in");
    return [part("path", { class: "dark", d: line }), part("path", { class: "arrow", d: line }), words];
  }

  personParts({ box: [x1, y1, x2, y2], foot, state }) {
    const [left, top] = this.px([x1, y1]);
    const [right, bottom] = this.px([x2, y2]);
    const [x, y] = this.px(foot);
    const size = this.onScreen(13);
    const parts = [
      part("rect", { class: `person ${state}`, x: left, y: top, width: right - left, height: bottom - top, rx: 3 }),
      part("circle", { class: `foot ${state}`, cx: x, cy: y, r: this.onScreen(6) }),
    ];
    if (state === "served" || state === "stands") {
      parts.push(part("text", { x: left + 4, y: top + size, "font-size": size, "pointer-events": "none" }, state));
    }
    return parts;
  }

  roughParts() {
    if (!this.drawing) return [];
    const { kind, points, at: spot, pressed } = this.drawing;
    if (pressed && !points.length && spot && kind !== "line") {
      return [part("polygon", { class: "rough", points: this.path(rectangle(pressed, spot)) })];
    }
    const shown = [...(pressed && !points.length ? [pressed] : points), ...(spot ? [spot] : [])];
    const dots = points.map((point) => {
      const [cx, cy] = this.px(point);
      return part("circle", { class: "foot", cx, cy, r: this.onScreen(6) });
    });
    return [part("polyline", { class: "rough", points: this.path(shown) }), ...dots];
  }

  /** Buttons for corners are kept where they are the same, so that the focus stays. */
  drawHandles() {
    const wanted = this.shapes.list.flatMap((shape) => shape.points.map((point, index) => ({ shape, point, index })));
    wanted.forEach(({ shape, point, index }, order) => {
      const key = `${shape.id}.${index}`;
      let handle = [...handles.children].find((each) => each.dataset.key === key);
      if (!handle) {
        handle = Object.assign(document.createElement("button"), { type: "button" });
        Object.assign(handle.dataset, { key, shape: shape.id, index });
      }
      if (handles.children[order] !== handle) handles.insertBefore(handle, handles.children[order] ?? null);
      handle.className = `handle ${shape.kind}`;
      put(handle, point);
      handle.setAttribute("aria-label", this.spoken(shape, index));
    });
    while (handles.children.length > wanted.length) handles.lastChild.remove();
    this.drawBetween();
  }

  drawBetween() {
    const chosen = this.shapes.find(this.shapes.chosen);
    const points = chosen && chosen.kind !== "line" && !this.drag ? chosen.points : [];
    const dots = points.map((point, index) => {
      const after = points[(index + 1) % points.length];
      const dot = Object.assign(document.createElement("span"), { className: "between", ariaHidden: "true" });
      Object.assign(dot.dataset, { shape: chosen.id, between: index });
      put(dot, [(point[0] + after[0]) / 2, (point[1] + after[1]) / 2]);
      return dot;
    });
    for (const old of stage.querySelectorAll(".between")) old.remove();
    handles.before(...dots);
  }

  spoken(shape, index) {
    const [x, y] = shape.points[index];
    const what = shape.kind === "line" ? (index ? "end" : "start") : `corner ${index + 1} of ${shape.points.length}`;
    return `${this.shapes.name(shape)}, ${what}: ${Math.round(100 * x)} % across, ${Math.round(100 * y)} % down`;
  }
}

/** Nobody hits the edge of the picture exactly. */
function snap(share) {
  return share < SNAP ? 0 : share > 1 - SNAP ? 1 : share;
}

function rectangle([x1, y1], [x2, y2]) {
  const [left, right] = [Math.min(x1, x2), Math.max(x1, x2)];
  const [top, bottom] = [Math.min(y1, y2), Math.max(y1, y2)];
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** A corner beyond the frame is shown at its edge. */
function put(element, [x, y]) {
  element.style.left = `${100 * clamp(x)}%`;
  element.style.top = `${100 * clamp(y)}%`;
}
