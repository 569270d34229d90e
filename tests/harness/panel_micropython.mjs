// Runs the panel's files in the MicroPython runtime: node panel_micropython.mjs PACKAGE FOLDER PROGRAM [TTY]
// FOLDER holds tillsight_panel and what else can be imported. Without TTY the program finds its standard input
// in INPUT. With TTY it gives command(text) for each line of standard input and step(hex, ms) -> hex.
import fs from "fs";
import path from "path";
import { pathToFileURL } from "url";

const [packageFolder, folder, program, tty] = process.argv.slice(2);
const runtime = await import(pathToFileURL(path.join(packageFolder, "micropython.mjs")));
const micropython = await runtime.loadMicroPython({
  heapsize: 192 * 1024, // about what an RP2040 has
  stdout: (line) => console.log(line),
});

function copy(from, to) {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const target = `${to}/${entry.name}`;
    const source = path.join(from, entry.name);
    if (entry.isDirectory()) {
      micropython.FS.mkdir(target);
      copy(source, target);
    } else if (entry.name.endsWith(".py")) {
      micropython.FS.writeFile(target, fs.readFileSync(source));
    }
  }
}

function play(step, command) {
  const file = fs.openSync(tty, fs.constants.O_RDWR | fs.constants.O_NOCTTY | fs.constants.O_NONBLOCK);
  const begin = performance.now();
  const buffer = Buffer.alloc(512);
  let words = "";
  process.stdin.on("data", (chunk) => {
    const lines = (words + chunk).split("\n");
    words = lines.pop();
    lines.forEach((line) => command(line));
  });
  process.stdin.on("end", () => process.exit(0));
  const turn = () => {
    let length = 0;
    try {
      length = fs.readSync(file, buffer, 0, buffer.length);
    } catch (error) {
      if (error.code !== "EAGAIN") process.exit(0); // the other end of the line is gone
    }
    const out = step(buffer.subarray(0, length).toString("hex"), Math.floor(performance.now() - begin));
    if (out) fs.writeSync(file, Buffer.from(out, "hex"));
    setTimeout(turn, 1);
  };
  turn();
}

micropython.FS.mkdir("/firmware");
copy(folder, "/firmware");
if (!tty) micropython.globals.set("INPUT", fs.readFileSync(0, "utf8"));
try {
  micropython.runPython("import sys; sys.path.append('/firmware')");
  micropython.runPython(fs.readFileSync(program, "utf8"));
} catch (error) {
  console.error(error.message); // Node would print the whole runtime before it
  process.exit(1);
}
if (tty) play(micropython.globals.get("step"), micropython.globals.get("command"));
