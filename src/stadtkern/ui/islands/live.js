// SPDX-License-Identifier: EUPL-1.2
// Moves figures when observations arrive: one stream of events for the page, changes in place, never hectic.
import { tell } from "./ages.js";

const CALM = 2000; // ms between two movements of one figure
const REREAD = 15_000; // ms between two fetches of one sentence
const ANNOUNCE = 30_000; // ms between two announcements to screen readers
const language = document.documentElement.lang || "de";
let announced = 0;

function figures() {
  return [...document.querySelectorAll("[data-live]")].map((element) => {
    element.known ??= new Map(Object.entries(JSON.parse(element.dataset.live)));
    return element;
  });
}

function total(element) {
  const values = [...element.known.values()].map(([, value]) => value).filter(Number.isFinite);
  if (element.dataset.liveMode === "add") return element.sum;
  const sum = values.reduce((a, b) => a + b, 0);
  return element.dataset.liveMode === "mean" ? sum / values.length : sum;
}

function take(element, { datastream, time, result }) {
  const known = element.known.get(String(datastream));
  if (!known || typeof result !== "number" || (known[0] && time <= known[0])) return false;
  element.sum = (element.sum ?? Number(element.dataset.liveTotal || 0)) + result;
  element.known.set(String(datastream), [time, result]);
  return true;
}

function draw(element) {
  element.waiting = undefined;
  element.drawn = Date.now();
  const digits = Number(element.dataset.digits || 0);
  const text = new Intl.NumberFormat(language, {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(total(element)).replace("-", "−");
  if (element.textContent === text) return;
  element.textContent = text;
  element.classList.remove("sk-moved");
  requestAnimationFrame(() => element.classList.add("sk-moved"));
  announce(element, text);
}

function announce(element, text) {
  const voice = document.querySelector("[data-voice]");
  if (!voice || Date.now() - announced < ANNOUNCE) return;
  announced = Date.now();
  voice.textContent = `${element.dataset.label}: ${text}${element.dataset.unit ? ` ${element.dataset.unit}` : ""}`;
}

function refresh(element, time) {
  const frame = element.closest("[data-live-frame]");
  if (!frame) return;
  for (const stamp of frame.querySelectorAll("time[data-age]")) {
    if (Date.parse(time) > Date.parse(stamp.dateTime)) {
      stamp.dateTime = time;
      tell(stamp);
    }
  }
  if (!frame.getAttribute("hx-get") || frame.rereading) return;
  frame.rereading = setTimeout(() => {
    frame.rereading = undefined;
    frame.dispatchEvent(new CustomEvent("reread"));
  }, REREAD);
}

function hear(event) {
  const observation = JSON.parse(event.data);
  for (const element of figures()) {
    if (!take(element, observation)) continue;
    refresh(element, observation.time);
    const wait = Math.max(0, CALM - (Date.now() - (element.drawn || 0)));
    element.waiting ??= setTimeout(() => draw(element), wait);
  }
}

// A swapped-in fragment brings newer figures than those remembered.
document.addEventListener("htmx:after:swap", () => {
  for (const element of document.querySelectorAll("[data-live]")) {
    if (element.source !== element.dataset.live) {
      element.source = element.dataset.live;
      element.known = new Map(Object.entries(JSON.parse(element.dataset.live)));
      element.sum = undefined;
    }
  }
});

document.addEventListener("sk:late", (event) => {
  event.target.closest("[data-live-frame]")?.dispatchEvent(new CustomEvent("reread"));
});

const ids = new Set(figures().flatMap((element) => [...element.known.keys()]));
if (ids.size) {
  const stream = new EventSource(`/live?datastreams=${[...ids].join(",")}`);
  stream.addEventListener("observation", hear);
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
