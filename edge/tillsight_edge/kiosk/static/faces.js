// The faces: each has its own mouth and brows, so that none is told by its colour alone.

const NS = "http://www.w3.org/2000/svg";

const MOODS = {
  "smiley-3": [1, 3, 5],
  "smiley-4": [1, 2, 4, 5],
  "smiley-5": [1, 2, 3, 4, 5],
};

const EYES = { 1: [46, 52, 5.5, 6.5], 2: [46, 50, 5.5, 7], 3: [46, 50, 5.5, 7], 4: [46, 48, 5.5, 7.5], 5: [46, 46, 6, 8.5] };

const MOUTHS = {
  1: { d: "M37 91 Q60 62 83 91", line: true },
  2: { d: "M42 85 Q60 74 78 85", line: true },
  3: { d: "M42 81 H78", line: true },
  4: { d: "M40 74 Q60 92 80 74", line: true },
  5: { d: "M33 68 Q60 73 87 68 Q85 97 60 98 Q35 97 33 68 Z", line: false },
};

const BROWS = { 1: ["M31 43 Q40 33 52 33", "M89 43 Q80 33 68 33"] };

export function svg(name, attributes, ...children) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function moodOf(scale, rating) {
  return MOODS[scale]?.[rating - 1] ?? null;
}

export function face(mood) {
  const [x, y, rx, ry] = EYES[mood];
  const mouth = MOUTHS[mood];
  const parts = [
    svg("circle", { cx: 60, cy: 60, r: 55, class: "skin" }),
    svg("ellipse", { cx: x, cy: y, rx, ry, class: "ink" }),
    svg("ellipse", { cx: 120 - x, cy: y, rx, ry, class: "ink" }),
    svg("path", { d: mouth.d, class: mouth.line ? "line" : "ink" }),
  ];
  if (mood === 5) parts.push(svg("path", { d: "M45 91 Q60 80 75 91 Q68 97 60 97 Q52 97 45 91 Z", class: "tongue" }));
  for (const d of BROWS[mood] ?? []) parts.push(svg("path", { d, class: "line brow" }));
  return picture("face", ...parts);
}

const PATHS = {
  yes: ["M28 63 L51 86 L93 38"],
  no: ["M34 34 L86 86", "M86 34 L34 86"],
  globe: ["M60 14 A46 46 0 1 0 60 106 A46 46 0 1 0 60 14", "M14 60 H106", "M60 14 C36 40 36 80 60 106", "M60 14 C84 40 84 80 60 106"],
  shield: ["M60 12 L100 27 V57 C100 84 82 100 60 109 C38 100 20 84 20 57 V27 Z", "M42 60 L56 74 L80 46"],
  undo: ["M44 26 L20 50 L44 74", "M22 50 H72 A27 27 0 0 1 72 104 H52"],
  clock: ["M60 14 A46 46 0 1 0 60 106 A46 46 0 1 0 60 14", "M60 32 V62 L80 74"],
  pause: ["M60 14 A46 46 0 1 0 60 106 A46 46 0 1 0 60 14", "M47 42 V78", "M73 42 V78"],
  phone: ["M40 10 H80 A8 8 0 0 1 88 18 V102 A8 8 0 0 1 80 110 H40 A8 8 0 0 1 32 102 V18 A8 8 0 0 1 40 10 Z", "M54 94 H66"],
  ear: ["M18 46 H38 L64 22 V98 L38 74 H18 Z", "M80 44 A24 24 0 0 1 80 76", "M92 28 A46 46 0 0 1 92 92"],
  letters: ["M8 98 L36 22 L64 98", "M18 72 H54", "M112 56 V98", "M112 77 A20 22 0 1 1 72 77 A20 22 0 1 1 112 77"],
  half: ["M60 14 A46 46 0 1 0 60 106 A46 46 0 1 0 60 14", "M60 14 V106", "M76 34 V86", "M90 50 V70"],
  shift: ["M60 18 L100 60 H78 V98 H42 V60 H20 Z"],
  erase: ["M40 26 H108 V94 H40 L12 60 Z", "M60 46 L88 74", "M88 46 L60 74"],
};

export function mark(name) {
  return picture("mark", ...PATHS[name].map((d) => svg("path", { d, class: "stroke" })));
}

/* A camera's light: filled while it looks, else an empty ring. */
export function lamp(isOn) {
  const rays = ["M60 6 V20", "M60 100 V114", "M6 60 H20", "M100 60 H114"].map((d) => svg("path", { d, class: "stroke" }));
  return picture(`lamp ${isOn ? "on" : "off"}`, svg("circle", { cx: 60, cy: 60, r: 30, class: "bulb" }), ...(isOn ? rays : []));
}

/* Time that runs out, as a ring; `left` is its share. */
export function ring(left) {
  const around = 2 * Math.PI * 48;
  return picture(
    "ring",
    svg("circle", { cx: 60, cy: 60, r: 48, class: "ring-all" }),
    svg("circle", { cx: 60, cy: 60, r: 48, class: "ring-left", "stroke-dasharray": `${around * left} ${around}`, transform: "rotate(-90 60 60)" }),
    svg("path", { d: "M60 34 V62 L78 72", class: "stroke" }),
  );
}

/* A QR code from the agent: its path, drawn over `size` modules, the quiet border among them. */
export function code(drawn, label) {
  return svg(
    "svg",
    { viewBox: `0 0 ${drawn.size} ${drawn.size}`, class: "code", role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { width: drawn.size, height: drawn.size, class: "code-paper" }),
    svg("path", { d: drawn.path, class: "code-ink" }),
  );
}

function picture(kind, ...parts) {
  return svg("svg", { viewBox: "0 0 120 120", class: kind, "aria-hidden": "true", focusable: "false" }, ...parts);
}
