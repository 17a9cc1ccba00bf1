// SPDX-License-Identifier: EUPL-1.2
// Lets the points of a description move while somebody types; the server counts, nothing is stored.
const form = document.querySelector("[data-points-url]");
const words = document.querySelector("[data-points-words]");
const FIRST = 6; // as many as the page shows at first
let timer = 0;
let asked = new AbortController();

function link(hint) {
  const item = document.createElement("li");
  const anchor = document.createElement("a");
  anchor.href = hint.target === "distributions" ? "#formen" : `#id_${hint.target}`;
  anchor.textContent = hint.text;
  item.append(anchor);
  return item;
}

function show(found) {
  const sum = document.querySelector("[data-points-sum]");
  if (sum.textContent !== String(found.points)) sum.textContent = found.points;
  document.querySelector("[data-points-meter]").value = found.points;
  if (words.textContent !== found.words) words.textContent = found.words;
  const links = found.hints.map(link);
  const [first, rest] = document.querySelectorAll("[data-points-hints]");
  first.replaceChildren(...links.slice(0, FIRST));
  rest.replaceChildren(...links.slice(FIRST));
  rest.parentElement.hidden = links.length <= FIRST;
  for (const place of document.querySelectorAll("[data-points]")) {
    place.textContent = found.fields[place.dataset.points] ?? "";
    place.hidden = !place.textContent;
  }
}

async function count() {
  asked.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(form.dataset.pointsUrl, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: asked.signal,
    });
    if (answer.ok) show(await answer.json());
  } catch (error) {
    if (error.name !== "AbortError") words.dataset.away = "";
  }
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(count, 350);
});
