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

// As the server writes it: `Donnerstag, 26. Februar 2026, 15:58 Uhr`.
function tell() {
  const clock = document.querySelector("[data-clock]");
  const { lang } = document.documentElement;
  const format = (parts) => new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { ...parts, timeZone: clock.dataset.clock });
  const now = new Date();
  const day = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(now);
  const time = format({ hour: "2-digit", minute: "2-digit" }).format(now);
  clock.textContent = `${day}, ${time}${lang.startsWith("de") ? " Uhr" : ""}`;
}

show();
tell();
setInterval(() => { place += 1; show(); }, SHOWN);
setInterval(tell, 1000);
document.addEventListener("sk:fresh", show);
keepAges();
keepFresh();
