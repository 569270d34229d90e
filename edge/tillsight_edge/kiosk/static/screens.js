// Draws each screen from what the agent says. Every word comes from the survey or from the texts, as text.

import { face, mark, moodOf, svg } from "./faces.js";

export function make(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export class Screens {
  constructor(facts, act) {
    this.facts = facts;
    this.act = act;
  }

  words(language) {
    return this.facts.texts[language];
  }

  /* {top, stage, foot}: lists of elements. */
  draw(frame, view) {
    const { screen } = frame;
    const words = this.words(screen.language);
    if (view === "privacy") return this.privacy(words);
    if (screen.state === "attract") return this.attract(frame, words);
    if (screen.state === "rate") return this.rate(frame, words);
    if (screen.state === "thanks") return this.thanks(frame, words);
    return this.question(frame, words);
  }

  attract(frame, words) {
    const name = frame.present ? "present" : "away";
    const own = frame.present ? this.facts.attract_here : this.facts.attract;
    const says = own[frame.screen.language] ?? (frame.present ? words["attract-here"] : words.attract);
    return {
      top: [],
      stage: [
        make(
          "button",
          { type: "button", id: "wake", class: "attract", onclick: () => this.act("wake") },
          make("img", { src: `picture-${name}`, alt: "", class: "poster" }),
          make("span", { class: "call" }, make("strong", { role: "heading", "aria-level": "1" }, says), make("span", {}, words["attract-touch"])),
        ),
      ],
      foot: [],
    };
  }

  rate(frame, words) {
    const { screen } = frame;
    const { ratings, scale } = this.facts;
    const question = this.facts.question[screen.language] ?? words.question;
    const note = frame.not_stored ? words["not-stored"] : screen.undone ? words.undone : words.hint;
    const names = words.ratings[scale];
    const faces = ratings.map((rating, place) => {
      const mood = moodOf(scale, rating);
      const drawn = mood ? face(mood) : scale === "yes-no" ? mark(rating === 2 ? "yes" : "no") : null;
      return make(
        "button",
        {
          type: "button",
          id: `rate-${place + 1}`,
          class: `rating ${mood ? `mood-${mood}` : scale === "nps" ? "point" : "plain"}`,
          "data-rating": rating,
          onclick: () => this.act("rate", { button: place + 1, number: screen.number }),
        },
        drawn,
        make("span", { class: "name" }, names[rating - 1]),
      );
    });
    const list = make("div", { class: `faces count-${ratings.length}`, dir: "ltr", role: "group", "aria-labelledby": "title" }, ...faces);
    return { top: this.top(question, note, [], frame.not_stored || screen.undone), stage: [list], foot: this.places(screen, words) };
  }

  question(frame, words) {
    const { screen } = frame;
    const isText = screen.kind === "text";
    const isPoints = ["rating", "nps", "matrix"].includes(screen.kind);
    const options = screen.choices.filter((each) => !each.id.startsWith("-"));
    const others = screen.choices.filter((each) => each.id.startsWith("-"));
    const note = [
      screen.kind === "multiple" ? words.many : "",
      screen.step ? fill(words.row, { n: screen.step[0], of: screen.step[1] }) : "",
      screen.more && !isPoints ? fill(words.more, { n: screen.more }) : "",
    ].filter(Boolean);
    const stage = [];
    if (screen.row) stage.push(make("p", { class: "row", id: "row" }, screen.row));
    if (isText) stage.push(...this.writing(screen, words));
    else stage.push(this.choices(screen, options, isPoints, words));
    if (isPoints && (screen.ends || screen.more)) stage.push(this.ends(screen, words));
    const foot = others.map((each) => this.other(each, screen, words));
    if (isText) foot.unshift(this.button("send", "primary", words.send, () => this.send(screen)));
    foot.push(...this.undo(screen, words), this.button("leave", "quiet", words.leave, () => this.act("leave", { number: screen.number })));
    return { top: this.top(screen.title, note.join(" · "), this.speaker(screen, words)), stage, foot };
  }

  choices(screen, options, isPoints, words) {
    const isMany = screen.kind === "multiple";
    const buttons = options.map((each) =>
      make(
        "button",
        {
          type: "button",
          id: `choose-${each.id}`,
          class: isPoints ? "point" : "option",
          "aria-pressed": isMany ? String(each.chosen) : null,
          "data-reached": each.button ? true : null,
          onclick: () => this.act("choose", { id: each.id, number: screen.number }),
        },
        isMany ? make("span", { class: "box", "aria-hidden": "true" }, each.chosen ? mark("yes") : "") : null,
        make("span", { class: "name" }, each.text),
        this.badge(each.button, words),
      ),
    );
    return make(
      "div",
      {
        class: `${isPoints ? "points" : "options"} count-${options.length}`,
        role: "group",
        "aria-labelledby": screen.row ? "title row" : "title",
        dir: isPoints ? "ltr" : null,
      },
      ...buttons,
    );
  }

  ends(screen, words) {
    const [low, high] = screen.ends ?? ["", ""];
    const more = screen.more ? fill(words.more, { n: screen.more }) : "";
    return make("p", { class: "ends", dir: "ltr" }, ...[low, more, high].map((text) => make("span", { dir: "auto" }, text)));
  }

  writing(screen, words) {
    return [
      make("label", { class: "writing" }, make("span", {}, words.words), make("textarea", { id: "words", maxlength: "500", "aria-describedby": "words-hint", dir: "auto" })),
      make("p", { id: "words-hint", class: "hint" }, words["words-hint"]),
    ];
  }

  send(screen) {
    this.act("write", { text: document.getElementById("words").value, number: screen.number });
  }

  other(choice, screen, words) {
    const isDone = choice.id === "-done";
    return this.button(
      `choose${choice.id}`,
      isDone ? "primary" : "",
      isDone ? words.done : words.skip,
      () => this.act("choose", { id: choice.id, number: screen.number }),
      this.badge(choice.button, words),
    );
  }

  thanks(frame, words) {
    const { screen } = frame;
    const { scale } = this.facts;
    const mood = moodOf(scale, screen.rating);
    const name = words.ratings[scale][screen.rating - 1] ?? "";
    const card = frame.card === null ? null : this.facts.cards[frame.card];
    const hero = make(
      "div",
      { class: "hero" },
      mood ? make("div", { class: `mood-${mood}` }, face(mood)) : make("div", { class: "plain" }, mark("yes")),
      make("p", {}, fill(words.yours, { rating: name })),
    );
    const told = [];
    if (card) {
      told.push(
        make("div", { class: "card" }, make("h2", {}, words.said), make("p", {}, card.said[screen.language]), make("h2", {}, words.did), make("p", {}, card.done[screen.language])),
      );
    }
    if (frame.tally) {
      const share = new Intl.NumberFormat(screen.language, { style: "percent" }).format(frame.tally.positive / frame.tally.people);
      told.push(make("p", { class: "tally" }, fill(words.tally, { n: frame.tally.people, share })));
    }
    return {
      top: this.top(words.thanks, words.noted, []),
      stage: [make("div", { class: `thanks ${told.length ? "told" : ""}` }, hero, ...(told.length ? [make("div", { class: "news" }, ...told)] : []))],
      foot: this.undo(screen, words),
    };
  }

  privacy(words) {
    return {
      top: this.top(words.privacy, words["nobody-known"], []),
      stage: [make("div", { id: "watched", class: "watched" })],
      foot: [this.button("back", "primary", words.back, () => this.act("back"))],
    };
  }

  watched(told, words) {
    const rows = [[words.contacts, String(told.contacts)]];
    for (const [name, state] of Object.entries(told.cameras)) {
      rows.push([fill(words.camera, { name }), words["camera-states"][state] ?? state]);
    }
    const list = make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
    const none = Object.keys(told.cameras).length ? null : make("p", {}, words["no-cameras"]);
    return [make("h2", {}, words.counted), list, ...(none ? [none] : [])];
  }

  top(title, note, corner, isLoud = false) {
    return [
      make(
        "div",
        { class: "titles" },
        make("h1", { id: "title", tabindex: "-1" }, title),
        note ? make("p", { class: isLoud ? "note" : "hint" }, note) : null,
      ),
      ...corner,
    ];
  }

  /* The languages, and the way to what is known of the shopper. */
  places(screen, words) {
    const { languages, texts } = this.facts;
    const isFew = languages.length > 1 && languages.length <= 4;
    const spoken = isFew
      ? languages.map((language) => this.languageButton(language, screen, texts))
      : languages.length > 1
        ? this.speaker(screen, words)
        : [];
    const privacy = make("button", { type: "button", id: "privacy", class: "quiet", onclick: () => this.act("privacy") }, mark("shield"), make("span", {}, words.privacy));
    return [...spoken, privacy];
  }

  languageButton(language, screen, texts) {
    return make(
      "button",
      {
        type: "button",
        id: `speak-${language}`,
        class: "language",
        lang: language,
        dir: texts[language].direction,
        "aria-pressed": String(language === screen.language),
        onclick: () => this.act("speak", { language }),
      },
      texts[language].name,
    );
  }

  speaker(screen, words) {
    if (this.facts.languages.length < 2) return [];
    return [
      make(
        "button",
        { type: "button", id: "speak", class: "corner", "aria-haspopup": "dialog", "aria-label": words.language, onclick: () => this.act("languages") },
        mark("globe"),
      ),
    ];
  }

  undo(screen, words) {
    if (!screen.undo_ms) return [];
    return [make("button", { type: "button", id: "undo", onclick: () => this.act("undo") }, mark("undo"), make("span", {}, words.undo))];
  }

  button(id, kind, text, onclick, extra = null) {
    return make("button", { type: "button", id, class: kind, onclick }, make("span", {}, text), extra);
  }

  badge(button, words) {
    if (!button) return null;
    return make("span", { class: "badge" }, make("span", { "aria-hidden": "true" }, String(button)), make("span", { class: "unseen" }, ` (${fill(words.button, { n: button })})`));
  }
}

export { mark, svg };
