// SPDX-License-Identifier: EUPL-1.2
// Keeps a screen that nobody looks after right: reads the page again, and says so when that fails.
const EVERY = 60_000; // ms between two readings while all is well
const PATIENCE = 20_000; // ms until an answer counts as lost
const FIRST = 3_000; // ms until the first new attempt; it doubles
const LAST = 30_000;
let waiting;
let failures = 0;
let since;

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });

function lost() {
  since ??= new Date();
  document.documentElement.dataset.connection = "lost";
  const banner = document.querySelector("[data-lost]");
  banner.querySelector("[data-since]").textContent = clock.format(since);
  banner.hidden = false;
}

function found() {
  since = undefined;
  failures = 0;
  delete document.documentElement.dataset.connection;
  document.querySelector("[data-lost]").hidden = true;
}

// Only a page that has come whole takes the place of what is shown; so nobody ever sees the browser's own error.
export async function read(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status === 410) location.reload(); // this screen may show nothing any more
  if (!answer.ok) throw new Error(`${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("[data-screen]")) throw new Error("another page");
  return page;
}

function take(page) {
  const [shown, fresh] = [document, page].map((each) => each.querySelector("[data-screen]"));
  // New files of ours, or another arrangement: begin anew, now that the server answers.
  if (shown.dataset.screen !== fresh.dataset.screen) return location.reload();
  shown.replaceChildren(...fresh.childNodes);
  document.dispatchEvent(new CustomEvent("sk:fresh"));
}

async function refresh() {
  clearTimeout(waiting);
  let next = EVERY;
  try {
    take(await read(location.href));
    found();
  } catch {
    lost();
    next = Math.min(LAST, FIRST * 2 ** failures++);
  }
  waiting = setTimeout(refresh, next);
}

export function keepFresh() {
  waiting = setTimeout(refresh, EVERY);
  addEventListener("offline", lost);
  addEventListener("online", refresh);
}

export { lost };
