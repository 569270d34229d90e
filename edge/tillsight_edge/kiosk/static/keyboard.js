// Letters for a screen without a keyboard. A key that is typed on a real one puts them away.

import { mark } from "./faces.js";
import { make } from "./parts.js";

const LETTERS = {
  en: ["qwertyuiop", "asdfghjkl", "zxcvbnm"],
  it: ["qwertyuiopè", "asdfghjklòà", "zxcvbnmùìé"],
  de: ["qwertzuiopü", "asdfghjklöä", "yxcvbnmß"],
  ar: ["ضصثقفغعهخحج", "شسيبلاتنمكط", "ئءؤرىةوزظدذأ"],
};
const SIGNS = ["1234567890", "-/:;()€&@\"", ".,?!'+%="];
const COMMA = { ar: "،" };

export function keyboard(language, text, words) {
  const keys = make("div", { class: "keys", role: "group", "aria-label": words.keys, dir: language === "ar" ? "rtl" : "ltr" });
  let capital = language !== "ar";
  let signs = false;
  keys.addEventListener("pointerdown", (event) => event.preventDefault()); // the text keeps the cursor
  text.addEventListener("keydown", (event) => {
    if (event.isTrusted && event.key.length === 1) keys.remove();
  });

  function type(letter) {
    if (text.value.length >= text.maxLength) return;
    text.setRangeText(letter, text.selectionStart, text.selectionEnd, "end");
    done();
  }

  function erase() {
    const { selectionStart: from, selectionEnd: to } = text;
    const before = Array.from(text.value.slice(0, from)).slice(0, -1).join("").length;
    text.setRangeText("", from === to ? before : from, to, "end");
    done();
  }

  function done() {
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.scrollTop = text.scrollHeight;
    const starts = language !== "ar" && /(^|[.!?]\s+)$/.test(text.value.slice(0, text.selectionStart));
    if (starts !== capital) {
      capital = starts;
      draw();
    }
  }

  function key(content, label, onclick, kind = "") {
    return make("button", { type: "button", class: `key ${kind}`, tabindex: "-1", "aria-label": label, onclick }, content);
  }

  function draw() {
    const rows = signs ? SIGNS : LETTERS[language] ?? LETTERS.en;
    const shown = rows.map((row) =>
      Array.from(row).map((letter) => {
        const said = capital && !signs && letter !== "ß" ? letter.toLocaleUpperCase(language) : letter;
        return key(said, null, () => type(said));
      }),
    );
    const shift = () => {
      capital = !capital;
      draw();
    };
    if (!signs && language !== "ar") shown[2].unshift(key(mark("shift"), words.shift, shift, capital ? "wide held" : "wide"));
    shown[2].push(key(mark("erase"), words.erase, erase, "wide"));
    const turn = () => {
      signs = !signs;
      draw();
    };
    const comma = COMMA[language] ?? ",";
    shown.push([
      key(signs ? words.letters : "123", null, turn, "wide"),
      key(comma, null, () => type(comma)),
      key("", words.space, () => type(" "), "space"),
      key(".", null, () => type(".")),
    ]);
    keys.replaceChildren(...shown.map((row) => make("div", { class: "key-row" }, ...row)));
  }

  draw();
  return keys;
}
