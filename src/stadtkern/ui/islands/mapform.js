// SPDX-License-Identifier: EUPL-1.2
// The forms around the map: every change becomes an address, the page's list follows, the view stays in it.
const forms = () => [...document.querySelectorAll("[data-atlas-form]")];
const panel = () => document.querySelector("[data-atlas-panel]");
const SETTLED = 250; // ms after the last change

export async function fetched(url, asked, signal) {
  const query = asked?.toString();
  const answer = await fetch(query ? `${url}?${query}` : url, { signal });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

export function address(view) {
  const asked = new URLSearchParams(new FormData(panel()));
  const q = forms()[0].elements.q.value.trim();
  for (const name of ["q", "karte"]) asked.delete(name);
  if (q) asked.set("q", q);
  if (!asked.get("tag")) asked.delete("stunde");
  for (const [name, value] of [...asked]) if (!value) asked.delete(name);
  if (view) asked.set("karte", view);
  return asked;
}

export function remember(asked) {
  const text = asked.toString();
  history.replaceState(history.state, "", text ? `?${text}` : location.pathname);
  document.querySelector("[data-atlas-address]").textContent = location.href;
}

async function swap(asked, signal) {
  const answer = await fetch(`${location.pathname}?${asked}`, { signal });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.closest("[data-atlas-swap]") ? document.activeElement : null;
  for (const part of page.querySelectorAll("[data-atlas-swap]")) {
    const here = document.getElementById(part.id);
    const sheet = here?.hasAttribute("data-map-sheet") && here.hidden;
    here?.replaceWith(document.adoptNode(part));
    if (sheet) part.hidden = true;
  }
  if (focused?.name) {
    document.querySelector(`[name="${focused.name}"][value="${CSS.escape(focused.value)}"]`)?.focus();
  }
  document.querySelector("[data-atlas-voice]").textContent = document.querySelector("#liste h2").textContent;
}

export function listen({ view, refresh }) {
  let [timer, asking] = [0, null];
  const go = () => {
    clearTimeout(timer);
    asking?.abort();
    asking = new AbortController();
    const asked = address(view());
    remember(asked);
    return Promise.all([refresh(asked, asking.signal), swap(asked, asking.signal)])
      .catch((error) => { if (error.name !== "AbortError") console.warn(error); });
  };
  document.querySelector("[data-atlas-submit]").hidden = true;
  panel().addEventListener("submit", (event) => { event.preventDefault(); go(); });
  panel().addEventListener("input", (event) => {
    if (event.target.type === "range") hour(event.target);
    clearTimeout(timer);
    timer = setTimeout(go, SETTLED);
  });
  forms()[0].addEventListener("submit", (event) => {
    if (event.submitter?.type === "button") return;
    event.preventDefault();
    go();
  });
  play(go);
}

function hour(range) {
  const value = Number(range.value);
  const text = range.dataset.hours.replace("{from}", value).replace("{to}", value + 1);
  range.setAttribute("aria-valuetext", text);
  document.querySelector("[data-atlas-hour]").textContent = text;
  const day = document.getElementById("tag");
  if (!day.value) day.value = day.max;
}

function play(go) {
  const button = document.querySelector("[data-atlas-play]");
  const range = document.getElementById("stunde");
  const label = button.querySelector(".kern-label");
  const start = label.textContent;
  let running = false;
  const say = () => {
    label.textContent = running ? button.dataset.stop : start;
    button.setAttribute("aria-pressed", running);
  };
  const step = async () => {
    if (!running) return;
    const last = Number(range.value) >= 23;
    if (last) running = false;
    else {
      range.value = Number(range.value) + 1;
      hour(range);
      await Promise.all([go(), new Promise((done) => { setTimeout(done, 900); })]);
    }
    say();
    if (running) step();
  };
  button.addEventListener("click", async () => {
    running = !running;
    say();
    if (!running) return;
    const day = document.getElementById("tag");
    if (!day.value) {
      // Yesterday: a whole day that has been.
      day.value = new Date(Date.parse(day.max) - 86_400_000).toISOString().slice(0, 10);
    }
    range.value = 0;
    hour(range);
    await go();
    step();
  });
}
