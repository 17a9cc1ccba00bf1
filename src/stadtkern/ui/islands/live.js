// SPDX-License-Identifier: EUPL-1.2
// Moves figures when observations arrive: one stream of events for the page, changes in place, never hectic.
import { tell } from "./ages.js";

const CALM = 2000; // ms between two movements of one figure
const SOON = 1000; // ms until a tile without a figure of its own is read again
const LATER = 15_000; // ms until the sentence beside a figure is read again
const ANNOUNCE = 30_000; // ms between two announcements to screen readers
const language = document.documentElement.lang || "de";
let announced = 0;

function remember(figure) {
  if (figure.source === figure.dataset.live) return;
  figure.source = figure.dataset.live;
  figure.known = new Map(Object.entries(JSON.parse(figure.dataset.live)));
  figure.sum = Number(figure.dataset.liveTotal || 0);
}

const figures = () => [...document.querySelectorAll("[data-live]")].map((figure) => (remember(figure), figure));

// Instants in UTC with six digits behind the point, so that their texts stand in the order of time.
const instant = (text) => text.replace(/(\.\d+)?Z$/, (_, digits) => `${(digits ?? ".").padEnd(7, "0")}Z`);

function take(figure, { datastream, time, result }) {
  const known = figure.known.get(String(datastream));
  if (!known || typeof result !== "number" || (known[0] && instant(time) <= instant(known[0]))) return false;
  figure.sum += result;
  figure.known.set(String(datastream), [time, result]);
  return true;
}

function total(figure) {
  if (figure.dataset.liveMode === "add") return figure.sum;
  const values = [...figure.known.values()].map(([, value]) => value ?? 0);
  const sum = values.reduce((before, value) => before + value, 0);
  return figure.dataset.liveMode === "mean" ? sum / values.length : sum;
}

function draw(figure) {
  figure.waiting = undefined;
  figure.drawn = Date.now();
  const digits = Number(figure.dataset.digits || 0);
  const text = new Intl.NumberFormat(language === "en" ? "en-GB" : language, {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(total(figure)).replace("-", "−");
  if (figure.textContent === text) return;
  figure.textContent = text;
  figure.classList.remove("sk-moved");
  requestAnimationFrame(() => figure.classList.add("sk-moved"));
  announce(figure, text);
}

function announce(figure, text) {
  const voice = document.querySelector("[data-voice]");
  if (!voice || Date.now() - announced < ANNOUNCE) return;
  announced = Date.now();
  voice.textContent = `${figure.dataset.label}: ${text}${figure.dataset.unit ? ` ${figure.dataset.unit}` : ""}`;
}

// The part is read again by htmx, which comes after the page itself.
function reread(frame) {
  const now = () => frame.dispatchEvent(new CustomEvent("reread"));
  if (document.documentElement.dataset.swaps) now();
  else document.addEventListener("sk:swaps", now, { once: true });
}

function refresh(frame, wait, time) {
  for (const stamp of frame.querySelectorAll("time[data-age]")) {
    if (Date.parse(time) > Date.parse(stamp.dateTime)) {
      stamp.dateTime = time;
      tell(stamp);
    }
  }
  if (!frame.hasAttribute("hx-get") || frame.rereading) return;
  frame.rereading = setTimeout(() => {
    frame.rereading = undefined;
    reread(frame);
  }, wait);
}

function hear(event) {
  const observation = JSON.parse(event.data);
  for (const figure of figures()) {
    if (!take(figure, observation)) continue;
    const frame = figure.closest("[data-live-frame]");
    if (frame) refresh(frame, LATER, observation.time);
    figure.waiting ??= setTimeout(() => draw(figure), Math.max(0, CALM - (Date.now() - (figure.drawn || 0))));
  }
  for (const frame of document.querySelectorAll("[data-streams]")) {
    if (frame.dataset.streams.split(",").includes(String(observation.datastream)) && newer(frame, observation)) {
      refresh(frame, frame.querySelector("[data-live]") ? LATER : SOON, observation.time);
    }
  }
}

// The first event of each datastream repeats what the page already shows.
function newer(frame, { datastream, time }) {
  frame.heard ??= new Map();
  const before = frame.heard.get(datastream);
  frame.heard.set(datastream, time);
  return before !== undefined && before !== time;
}

document.addEventListener("sk:late", (event) => {
  const frame = event.target.closest("[data-live-frame]");
  if (frame) reread(frame);
});

let stream;
let asked = "";

function wanted() {
  const ids = new Set(figures().flatMap((figure) => [...figure.known.keys()]));
  for (const frame of document.querySelectorAll("[data-streams]")) {
    frame.dataset.streams.split(",").forEach((id) => ids.add(id));
  }
  return [...ids].slice(0, 500).join(",");
}

function listen() {
  const ids = wanted();
  if (!ids || (ids === asked && stream?.readyState !== EventSource.CLOSED)) return;
  stream?.close();
  asked = ids;
  stream = new EventSource(`/live?datastreams=${ids}`);
  stream.addEventListener("observation", hear);
  stream.addEventListener("open", () => { document.documentElement.dataset.stream = "open"; });
  stream.addEventListener("error", () => { document.documentElement.dataset.stream = "waiting"; });
}

// After the page itself: nothing moves before it can be seen.
if (document.readyState === "complete") listen();
else addEventListener("load", listen);
// A screen that reads itself again may show others, or come back after the server had refused.
document.addEventListener("sk:fresh", listen);
addEventListener("pagehide", () => stream?.close());
addEventListener("pageshow", (event) => event.persisted && location.reload());
