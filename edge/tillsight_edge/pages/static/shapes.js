// What is drawn, without a picture: shapes with corners in shares of the frame, and the way back to earlier ones.

export const KINDS = {
  zone: { word: "Zone", setting: "zone", least: 3, start: [[0.35, 0.5], [0.65, 0.5], [0.65, 0.9], [0.35, 0.9]] },
  staff: { word: "Staff", setting: "staff_zones", least: 3, start: [[0.05, 0.1], [0.3, 0.1], [0.3, 0.5], [0.05, 0.5]] },
  queue: { word: "Queue", setting: "queue_zone", least: 3, start: [[0.68, 0.5], [0.95, 0.5], [0.95, 0.9], [0.68, 0.9]] },
  line: { word: "Entrance line", setting: "entrance_line", least: 2, start: [[0.1, 0.6], [0.4, 0.6]] },
  door: { word: "Entrance zone", setting: "entrance_zone", least: 3, start: [[0.02, 0.4], [0.2, 0.4], [0.2, 0.9], [0.02, 0.9]] },
};
export const MOST_CORNERS = 32;
const MOST_STAFF = 8;
const REMEMBERED = 200;

const round = (share) => Math.round(share * 1000) / 1000;

/** Four corners of a rectangle that was written as two. */
function corners(polygon) {
  if (polygon.length !== 2) return polygon.map(([x, y]) => [x, y]);
  const [[x1, y1], [x2, y2]] = polygon;
  return [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
}

export class Shapes {
  constructor() {
    this.list = [];
    this.chosen = null; // an id
    this.changed = () => {};
    this.past = [];
    this.nextId = 1;
  }

  load(drawn) {
    for (const [kind, { setting }] of Object.entries(KINDS)) {
      const value = drawn[setting];
      const polygons = kind === "staff" ? value ?? [] : value ? [value] : [];
      for (const points of polygons) this.list.push(this.shape(kind, kind === "line" ? points : corners(points)));
    }
    this.changed();
  }

  /** As the settings have it; null where nothing is drawn. */
  get drawn() {
    const settings = {};
    for (const [kind, { setting }] of Object.entries(KINDS)) {
      const found = this.list.filter((shape) => shape.kind === kind).map((shape) => shape.points);
      settings[setting] = kind === "staff" ? found : found[0] ?? null;
    }
    return settings;
  }

  get hasEntrance() {
    return this.list.some(({ kind }) => kind === "line" || kind === "door");
  }

  find(id) {
    return this.list.find((shape) => shape.id === id);
  }

  name(shape) {
    const alike = this.list.filter(({ kind }) => kind === shape.kind);
    const number = alike.length > 1 ? ` ${alike.indexOf(shape) + 1}` : "";
    return KINDS[shape.kind].word + number;
  }

  /** A new shape takes the place of the one of its kind; only of staff zones there may be several. */
  add(kind, points) {
    if (kind === "staff" && this.list.filter((shape) => shape.kind === kind).length >= MOST_STAFF) return null;
    this.remember();
    if (kind !== "staff") this.list = this.list.filter((shape) => shape.kind !== kind);
    const shape = this.shape(kind, points.map(([x, y]) => [round(x), round(y)]));
    this.list.push(shape);
    this.chosen = shape.id;
    this.changed();
    return shape;
  }

  remove(id) {
    this.remember();
    this.list = this.list.filter((shape) => shape.id !== id);
    if (this.chosen === id) this.chosen = null;
    this.changed();
  }

  /** The caller remembers first: a drag is one step back, however many moves it has. */
  move(id, index, [x, y]) {
    this.find(id).points[index] = [round(clamp(x)), round(clamp(y))];
    this.changed();
  }

  shift(id, from, dx, dy) {
    const xs = from.map(([x]) => x);
    const ys = from.map(([, y]) => y);
    const across = Math.min(Math.max(dx, -Math.min(...xs)), 1 - Math.max(...xs));
    const down = Math.min(Math.max(dy, -Math.min(...ys)), 1 - Math.max(...ys));
    this.find(id).points = from.map(([x, y]) => [round(x + across), round(y + down)]);
    this.changed();
  }

  insert(id, index, point) {
    const { points } = this.find(id);
    if (points.length >= MOST_CORNERS) return;
    points.splice(index, 0, point.map(round));
    this.changed();
  }

  /** False where the shape would have too few corners. */
  removeCorner(id, index) {
    const shape = this.find(id);
    if (shape.points.length <= KINDS[shape.kind].least) return false;
    this.remember();
    shape.points.splice(index, 1);
    this.changed();
    return true;
  }

  turnRound(id) {
    this.remember();
    this.find(id).points.reverse();
    this.changed();
  }

  choose(id) {
    if (this.chosen === id) return;
    this.chosen = id;
    this.changed();
  }

  remember() {
    this.past.push(JSON.stringify(this.list));
    if (this.past.length > REMEMBERED) this.past.shift();
  }

  /** A drag that went nowhere is no step. */
  forgetIfSame() {
    if (this.past.at(-1) === JSON.stringify(this.list)) this.past.pop();
    this.changed();
  }

  undo() {
    if (!this.past.length) return;
    this.list = JSON.parse(this.past.pop());
    if (!this.find(this.chosen)) this.chosen = null;
    this.changed();
  }

  shape(kind, points) {
    return { id: this.nextId++, kind, points };
  }
}

export function clamp(share) {
  return Math.min(1, Math.max(0, share));
}
