// SPDX-License-Identifier: EUPL-1.2
// A board on a wall: one page of tiles after the other, the time, and no controls.
import { keepAges } from "./ages.js";
import { keepFresh } from "./recover.js";

const SHOWN = 15_000; // ms for each page of tiles
let place = 0;

function show() {
  const pages = [...document.querySelectorAll("[data-page]")];
  place %= Math.max(pages.length, 1);
  pages.forEach((page, number) => { page.hidden = number !== place; });
}

function tell() {
  const now = document.querySelector("[data-clock]");
  now.textContent = new Intl.DateTimeFormat(document.documentElement.lang, {
    weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: now.dataset.clock,
  }).format(new Date());
}

show();
tell();
setInterval(() => { place += 1; show(); }, SHOWN);
setInterval(tell, 1000);
document.addEventListener("sk:fresh", show);
keepAges();
keepFresh();
