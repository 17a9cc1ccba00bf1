// SPDX-License-Identifier: EUPL-1.2
// Says how old a value is, in the page's language, and keeps saying it while the page is open.
const language = document.documentElement.lang || "de";
let relative; // made when first needed: its tables cost more than all else that a page does while it starts
const STEPS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [Infinity, "day", 86400]];

export function age(seconds) {
  const past = Math.max(0, seconds);
  if (past < 10) return language.startsWith("en") ? "just now" : "gerade eben";
  const [, unit, size] = STEPS.find(([limit]) => past < limit);
  relative ??= new Intl.RelativeTimeFormat(language, { numeric: "always" });
  return relative.format(-Math.floor(past / size), unit);
}

export function tell(element) {
  const seconds = (Date.now() - Date.parse(element.dateTime)) / 1000;
  const text = age(seconds);
  if (element.textContent !== text) element.textContent = text;
  const late = Number(element.dataset.lateAfter || Infinity);
  const frame = element.closest(".sk-fresh--live");
  if (frame && seconds > late) {
    frame.classList.remove("sk-fresh--live");
    element.dispatchEvent(new CustomEvent("sk:late", { bubbles: true }));
  }
}

export function keepAges() {
  // A page that was kept says how old its values were when it was made.
  if (document.querySelector(".sk-offline")) document.querySelectorAll("time[data-age]").forEach(tell);
  setInterval(() => document.querySelectorAll("time[data-age]").forEach(tell), 10_000);
}
