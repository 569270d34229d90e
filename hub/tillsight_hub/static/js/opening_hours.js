// Opening times as pairs of clocks, several a day, past midnight too. What is sent is still the line of text of
// each weekday, which this script writes; without it one types there.

const MINUTES = 30 * 60; // the strip shows a day and the six hours after it

for (const editor of document.querySelectorAll("[data-hours]")) {
  const days = [...editor.querySelectorAll(".day")].map((element) => new Day(editor, element));
  days.forEach((day, at) => day.build(at === 0 ? () => days.slice(1).forEach((other) => other.take(day)) : null));
  const own = editor.querySelector("[name=hours_own]");
  if (own) {
    const show = () => {
      for (const part of editor.querySelectorAll(".week, #hours-hint")) part.hidden = !own.checked;
    };
    own.addEventListener("change", show);
    show();
  }
}

function Day(editor, element) {
  const words = editor.dataset;
  const line = element.querySelector("input");
  const strip = element.querySelector("svg");
  const list = document.createElement("div");
  const note = document.createElement("span");
  const add = button(words.add, "+", () => {
    addSpan("", "");
    list.lastElementChild.querySelector("input").focus();
  });

  this.build = (copy) => {
    const spans = read(line.value);
    if (!spans) return; // not in our form: it stays a line of text
    line.hidden = true;
    list.className = "spans";
    note.className = "quiet small";
    element.querySelector(".times").append(list, note, add);
    add.title = words.add;
    if (copy) {
      const same = button(words.copy, words.copy, copy);
      same.removeAttribute("aria-label");
      add.after(same);
    }
    element.querySelector("label").removeAttribute("for");
    for (const [opens, closes] of spans) addSpan(opens, closes);
    changed();
  };

  this.take = (other) => {
    list.replaceChildren();
    for (const [opens, closes] of other.spans()) addSpan(opens, closes);
    changed();
  };

  this.spans = () =>
    [...list.children].map((span) => [...span.querySelectorAll("input")].map((input) => input.value));

  function addSpan(opens, closes) {
    const span = document.createElement("span");
    span.className = "span";
    span.append(clock(opens, words.opens), " – ", clock(closes, words.closes));
    span.append(
      button(words.remove, "×", () => {
        span.remove();
        changed();
        add.focus();
      }),
    );
    list.append(span);
  }

  function clock(value, label) {
    const input = document.createElement("input");
    input.type = "time";
    input.value = value;
    input.setAttribute("aria-label", `${element.dataset.day}: ${label}`);
    input.addEventListener("input", changed);
    return input;
  }

  function button(label, sign, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "slim";
    made.textContent = sign;
    made.setAttribute("aria-label", `${element.dataset.day}: ${label}`);
    made.addEventListener("click", act);
    return made;
  }

  const changed = () => {
    const spans = this.spans().filter(([opens, closes]) => opens && closes);
    line.value = spans.map((span) => span.join("-")).join(", ");
    note.textContent = list.children.length ? (spans.some(isOvernight) ? words.nextDay : "") : words.shut;
    draw(spans);
  };

  function draw(spans) {
    for (const old of strip.querySelectorAll(".open")) old.remove();
    for (const [opens, closes] of spans) {
      const from = minutes(opens);
      const to = Math.min(minutes(closes) + (isOvernight([opens, closes]) ? 1440 : 0), MINUTES);
      const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      const look = { class: "open", height: 12, rx: 2, x: `${(100 * from) / MINUTES}%` };
      look.width = `${(100 * (to - from)) / MINUTES}%`;
      for (const [name, value] of Object.entries(look)) bar.setAttribute(name, value);
      strip.lastElementChild.before(bar);
    }
  }
}

function read(text) {
  if (!text.trim()) return [];
  const spans = text.split(",").map((part) => part.trim().match(/^(\d\d:\d\d)-(\d\d:\d\d)$/));
  return spans.every(Boolean) ? spans.map(([, opens, closes]) => [opens, closes]) : null;
}

function isOvernight([opens, closes]) {
  return minutes(closes) <= minutes(opens);
}

function minutes(time) {
  const [hours, rest] = time.split(":").map(Number);
  return hours * 60 + rest;
}
