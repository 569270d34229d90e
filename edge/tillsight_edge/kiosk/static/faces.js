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

export function mark(name) {
  const paths = {
    yes: ["M28 63 L51 86 L93 38"],
    no: ["M34 34 L86 86", "M86 34 L34 86"],
    globe: ["M60 14 A46 46 0 1 0 60 106 A46 46 0 1 0 60 14", "M14 60 H106", "M60 14 C36 40 36 80 60 106", "M60 14 C84 40 84 80 60 106"],
    shield: ["M60 12 L100 27 V57 C100 84 82 100 60 109 C38 100 20 84 20 57 V27 Z", "M42 60 L56 74 L80 46"],
    undo: ["M44 26 L20 50 L44 74", "M22 50 H72 A27 27 0 0 1 72 104 H52"],
    clock: ["M60 14 A46 46 0 1 0 60 106 A46 46 0 1 0 60 14", "M60 32 V62 L80 74"],
  };
  return picture("mark", ...paths[name].map((d) => svg("path", { d, class: "stroke" })));
}

function picture(kind, ...parts) {
  return svg("svg", { viewBox: "0 0 120 120", class: kind, "aria-hidden": "true", focusable: "false" }, ...parts);
}
