// Draws each screen from what the agent says.

import { code, face, mark, moodOf } from "./faces.js";
import { badge, button, fill, make, toggle, top } from "./parts.js";
import { notice, privacy } from "./privacy.js";
import { question } from "./questions.js";
import { canSpeak } from "./speech.js";

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
    this.screen = screen;
    if (view === "away") return this.away(words);
    if (view === "privacy") return privacy(words, this);
    if (view === "notice") return notice(words, this);
    if (screen.state === "attract") return this.attract(frame, words);
    if (screen.state === "rate") return this.rate(frame, words);
    if (screen.state === "thanks") return this.thanks(frame, words);
    return question(frame, words, this);
  }

  /* The agent cannot be reached: calm, and nothing of anybody. */
  away(words) {
    return {
      top: [],
      stage: [
        make(
          "div",
          { class: "away" },
          make("div", { class: "mood-4" }, face(4)),
          make("h1", { id: "title", tabindex: "-1" }, words.away),
          make("p", { class: "hint" }, words["away-hint"]),
        ),
      ],
      foot: [],
    };
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
    const asked = this.facts.question[screen.language] ?? words.question;
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
    const isLoud = frame.not_stored || screen.undone;
    return { top: top(asked, note, this.ear(words), isLoud), stage: [list], foot: this.places(screen, words) };
  }

  thanks(frame, words) {
    const { screen } = frame;
    const { scale } = this.facts;
    const mood = moodOf(scale, screen.rating);
    const name = words.ratings[scale][screen.rating - 1] ?? "";
    const yours = make("p", {}, fill(words.yours, { rating: name }));
    const drawn = mood ? make("div", { class: `mood-${mood}` }, face(mood)) : make("div", { class: "plain" }, mark("yes"));
    const told = this.told(frame, words);
    const hero = frame.code ? this.qr(frame.code, words) : make("div", { class: "hero" }, drawn, yours);
    if (frame.code) told.unshift(make("div", { class: "yours" }, drawn, yours));
    const news = told.length ? [make("div", { class: "news" }, ...told)] : [];
    const kind = `thanks ${told.length ? "told" : ""} ${frame.code ? "coded" : ""}`;
    return {
      top: top(words.thanks, words.noted, this.ear(words)),
      stage: [make("div", { class: kind }, hero, ...news)],
      foot: this.undo(screen, words),
    };
  }

  told(frame, words) {
    const { screen } = frame;
    const card = frame.card === null ? null : this.facts.cards[frame.card];
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
    return told;
  }

  /* The way on to the shopper's own phone. */
  qr(drawn, words) {
    return make("figure", { class: "hero qr" }, code(drawn, words["phone-code"]), make("figcaption", {}, words.phone));
  }

  phone(frame, words) {
    if (!frame.code) return [];
    return [make("button", { type: "button", id: "phone", class: "upright", "aria-haspopup": "dialog", onclick: () => this.act("phone") }, mark("phone"), make("span", {}, words.phone))];
  }

  phoneDialog(frame) {
    const words = this.words(frame.screen.language);
    return [
      make("div", { class: "code-beside" }, code(frame.code, words["phone-code"]), make("div", {}, make("h2", { id: "phone-title" }, words["phone-title"]), make("p", {}, words["phone-hint"]), button("phone-done", "primary", words.back, () => this.act("close")))),
    ];
  }

  /* The languages, easier reading, and the way to what is known of the shopper. */
  places(screen, words) {
    const { languages, texts } = this.facts;
    const isFew = languages.length > 1 && languages.length <= 4;
    const spoken = isFew ? languages.map((language) => this.languageButton(language, screen, texts)) : [];
    const ease = make("button", { type: "button", id: "ease", class: "quiet upright", "aria-haspopup": "dialog", onclick: () => this.act("ways") }, mark("letters"), make("span", {}, words.ease));
    const shield = make("button", { type: "button", id: "privacy", class: "quiet upright", onclick: () => this.act("privacy") }, mark("shield"), make("span", {}, words.privacy));
    return [...spoken, ease, shield];
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

  /* Of a question: its languages and easier reading, and reading aloud. */
  corners(screen, words) {
    const picture = this.facts.languages.length > 1 ? "globe" : "letters";
    const ways = make(
      "button",
      { type: "button", id: "speak", class: "corner", "aria-haspopup": "dialog", "aria-label": words.ways, onclick: () => this.act("ways") },
      mark(picture),
    );
    return [...this.ear(words), ways];
  }

  /* Reads every screen aloud, where this browser has a voice of that language. */
  ear(words) {
    const { screen } = this;
    if (!canSpeak(screen.language)) return [];
    return [
      make(
        "button",
        { type: "button", id: "ear", class: "corner", "aria-pressed": String(screen.ease.aloud), "aria-label": words.aloud, onclick: () => this.act("ease", { id: "aloud" }) },
        mark("ear"),
      ),
    ];
  }

  waysDialog(frame) {
    const { screen } = frame;
    const { languages, texts } = this.facts;
    const words = this.words(screen.language);
    const spoken = languages.length > 1 && screen.state !== "rate" ? languages.map((each) => this.languageButton(each, screen, texts)) : [];
    const eases = [
      toggle("ease-large", "letters", words.large, screen.ease.large, () => this.act("ease", { id: "large" })),
      toggle("ease-contrast", "half", words.contrast, screen.ease.contrast, () => this.act("ease", { id: "contrast" })),
    ];
    if (canSpeak(screen.language)) {
      eases.push(toggle("ease-aloud", "ear", words.aloud, screen.ease.aloud, () => this.act("ease", { id: "aloud" })));
    }
    return [
      make("h2", { id: "ways-title" }, words.ways),
      spoken.length ? make("div", { class: `actions four` }, ...spoken) : null,
      make("div", { class: `actions ${eases.length === 3 ? "three" : ""}` }, ...eases),
      canSpeak(screen.language) ? make("p", { class: "hint" }, words.headset) : null,
      make("div", { class: "actions" }, button("ways-done", "primary", words.back, () => this.act("close"))),
    ].filter(Boolean);
  }

  undo(screen, words) {
    if (!screen.undo_ms) return [];
    return [
      make(
        "button",
        { type: "button", id: "undo", class: "upright", onclick: () => this.act("undo") },
        mark("undo"),
        make("span", {}, words.undo),
        badge(this.facts.undo_button, words),
      ),
    ];
  }
}
