// SPDX-License-Identifier: EUPL-1.2
// A board at a terminal: goes back to its start when nobody touches it, and leaves nothing behind.
import { keepAges } from "./ages.js";
import { keepFresh, lost, read } from "./recover.js";

const IDLE = 60_000; // ms without a touch until it asks
const ASKED = 15_000; // ms until it goes back by itself
const start = document.documentElement.dataset.start;
const question = document.querySelector("[data-still]");
let idle;

function forget() {
  sessionStorage.clear();
  localStorage.clear();
}

// Without entries in the history: the next person cannot go back to what the last one looked at.
async function go(address) {
  try {
    await read(address);
    location.replace(address);
  } catch {
    lost();
  }
}

function leave() {
  forget();
  question.close();
  go(start);
}

function ask() {
  if (location.pathname + location.search === start) {
    scrollTo(0, 0);
    return touched();
  }
  question.showModal();
  idle = setTimeout(leave, ASKED);
}

function touched() {
  clearTimeout(idle);
  if (question.open) question.close();
  idle = setTimeout(ask, IDLE);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link) return;
  event.preventDefault();
  if (link.hasAttribute("data-inside")) go(link.getAttribute("href"));
});
for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
  addEventListener(kind, touched, { passive: true });
}
addEventListener("contextmenu", (event) => event.preventDefault());
forget();
touched();
keepAges();
keepFresh();
