// Short tones beside what is seen. A browser that lets no page sound before a touch stays silent.

const TONES = {
  noted: [[523, 0], [784, 0.11]],
  chosen: [[660, 0]],
  undone: [[523, 0], [392, 0.12]],
  warning: [[880, 0], [880, 0.25]],
};

let context = null;

export function play(name) {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") context.resume().catch(() => {});
    for (const [pitch, after] of TONES[name]) tone(pitch, context.currentTime + after);
  } catch {
    // there is no sound on this device
  }
}

function tone(pitch, at) {
  const source = context.createOscillator();
  const level = context.createGain();
  source.frequency.value = pitch;
  level.gain.setValueAtTime(0.0001, at);
  level.gain.exponentialRampToValueAtTime(0.16, at + 0.02);
  level.gain.exponentialRampToValueAtTime(0.0001, at + 0.22);
  source.connect(level).connect(context.destination);
  source.start(at);
  source.stop(at + 0.25);
}
