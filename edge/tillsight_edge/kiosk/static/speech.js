// Reads a screen aloud, for who asks for it, in a voice that this browser has.

const READ = "#title, .hint, .note, #row, .name, .ends span, .card h2, .card p, .tally, .hero p, .watched h2, .watched dt, .watched dd, .watched li, .says";

export function canSpeak(language) {
  return Boolean(voiceOf(language));
}

/* Whenever voices are there later than the page. */
export function whenVoicesCome(act) {
  globalThis.speechSynthesis?.addEventListener?.("voiceschanged", act);
}

export function readAloud(root, language) {
  quiet();
  const voice = voiceOf(language);
  if (!voice) return;
  const texts = Array.from(root.querySelectorAll(READ)).filter((each) => !each.closest(".unseen"));
  const words = texts.map((each) => each.textContent.trim()).filter(Boolean);
  const said = new SpeechSynthesisUtterance(words.join(". "));
  said.voice = voice;
  said.lang = voice.lang;
  said.rate = 0.95;
  speechSynthesis.speak(said);
}

export function quiet() {
  globalThis.speechSynthesis?.cancel();
}

function voiceOf(language) {
  const voices = globalThis.speechSynthesis?.getVoices() ?? [];
  return voices.find((each) => each.lang.toLowerCase().split(/[-_]/)[0] === language);
}
