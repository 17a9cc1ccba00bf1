// SPDX-License-Identifier: EUPL-1.2
// Without a network: which pages lie on this device, and from when they are.
const FIRST = 2000; // ms until it looks whether there is an answer; it doubles
const LAST = 300_000;
const language = document.documentElement.lang || "de";
const when = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "medium", timeStyle: "short" });
const frame = document.querySelector("[data-kept-pages]");

function entry(path, title, at) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { href: path, textContent: title });
  const time = Object.assign(document.createElement("time"), { dateTime: at, textContent: when.format(new Date(at)) });
  item.append(link, " ", time);
  return item;
}

async function list() {
  const cache = await caches.open("pages-1");
  const items = [];
  for (const request of (await cache.keys()).reverse()) {
    const url = new URL(request.url);
    if (url.pathname.endsWith("/offline")) continue;
    const answer = await cache.match(request);
    const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
    items.push(entry(url.pathname + url.search, parsed.title || frame.dataset.withoutTitle, answer.headers.get("x-kept-at")));
  }
  frame.querySelector("ul").replaceChildren(...items);
  frame.hidden = !items.length;
}

// A network that has just come need not lead here yet, and says nothing when it does: so ask, ever more seldom.
// Where there is none, or nobody looks, nothing is asked; the events below say when that ends.
let pause;
let waiting;

function wait() {
  clearTimeout(waiting);
  waiting = setTimeout(look, pause);
  pause = Math.min(LAST, 2 * pause);
}

async function look() {
  if (document.hidden || !navigator.onLine) return;
  try {
    await fetch(location.href, { method: "HEAD", cache: "no-store" });
    location.reload();
  } catch {
    wait();
  }
}

function begin() {
  pause = FIRST;
  clearTimeout(waiting);
  look();
}

if ("caches" in window) list();
if (!location.pathname.endsWith("/offline")) {
  addEventListener("online", begin);
  document.addEventListener("visibilitychange", begin);
  pause = FIRST;
  wait();
}
