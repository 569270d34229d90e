// A board with MicroPython: node panel_live.mjs PACKAGE FOLDER BOARD CUT_AFTER, its USB line on file 3.
// FOLDER is its flash. It runs /main.py where there is one, and then shows the prompt, as a real board does. Code 7
// is a reset. CUT_AFTER programs at the prompt later its power is cut; 0: never.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [packageFolder, folder, board, cutAfter] = process.argv.slice(2);
const LINE = 3;
const RESET = 7;
const runtime = await import(pathToFileURL(path.join(packageFolder, "micropython.mjs")));
const say = (bytes) => {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(LINE, bytes, at);
    } catch (error) {
      if (error.code !== "EAGAIN") process.exit(0);
    }
  }
};
let waiting = Buffer.alloc(0);
const hear = () => {
  const some = Buffer.alloc(512);
  try {
    const length = fs.readSync(LINE, some, 0, some.length);
    waiting = Buffer.concat([waiting, some.subarray(0, length)]);
  } catch (error) {
    if (error.code !== "EAGAIN" && error.code !== "EIO") process.exit(0);
  }
};
const micropython = await runtime.loadMicroPython({ heapsize: 192 * 1024, linebuffer: false, stdout: say });
const { FS } = micropython;
const own = new Set(["tmp", "home", "dev", "proc"]);

function load(from, to) {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), `${to}/${entry.name}`];
    if (entry.isDirectory()) {
      FS.mkdir(target);
      load(source, target);
    } else FS.writeFile(target, fs.readFileSync(source));
  }
}

function store(from, to) {
  const names = FS.readdir(from || "/").filter((name) => ![".", ".."].includes(name) && (from || !own.has(name)));
  for (const name of fs.readdirSync(to)) if (!names.includes(name)) fs.rmSync(path.join(to, name), { recursive: true });
  for (const name of names) {
    const [source, target] = [`${from}/${name}`, path.join(to, name)];
    if (FS.isDir(FS.stat(source).mode)) {
      fs.mkdirSync(target, { recursive: true });
      store(source, target);
    } else {
      const data = Buffer.from(FS.readFile(source));
      if (!fs.existsSync(target) || !fs.readFileSync(target).equals(data)) fs.writeFileSync(target, data);
    }
  }
}

const reset = () => {
  store("", folder);
  process.exit(RESET);
};
const pause = new Int32Array(new SharedArrayBuffer(4));
let fed = null;
let timer = null;
micropython.registerJsModule("line", {
  waiting: () => (hear(), waiting.length),
  read: () => {
    const byte = waiting[0];
    waiting = waiting.subarray(1);
    return byte;
  },
  write: (byte) => say(Buffer.from([byte])),
  now: () => Math.floor(performance.now()),
  sleep: (ms) => Atomics.wait(pause, 0, 0, ms),
  feed: () => (fed = performance.now()),
  timer: (ms, call) => (timer = setInterval(call, ms)),
  reset,
});

load(folder, "");
micropython.runPython(fs.readFileSync(board, "utf8"));
if (FS.analyzePath("/main.py").exists) {
  try {
    micropython.runPython(FS.readFile("/main.py", { encoding: "utf8" }));
  } catch (error) {
    console.error(error.message);
  }
}
store("", folder);
micropython.replInit();
let programs = 0;
setInterval(() => {
  if (fed !== null && performance.now() - fed > 2000) reset(); // the watchdog
  hear();
  while (waiting.length) {
    const byte = waiting[0];
    waiting = waiting.subarray(1);
    if (micropython.replProcessChar(byte)) reset(); // Ctrl-D at an empty line
    if (byte !== 4) continue;
    store("", folder);
    programs += 1;
    if (programs === Number(cutAfter)) process.exit(1);
  }
}, 2);
