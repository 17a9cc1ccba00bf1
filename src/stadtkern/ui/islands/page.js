// SPDX-License-Identifier: EUPL-1.2
// What every page needs: copying an address, ages of values, the menu, charts on request; htmx where a part is read again.
import { keepAges } from "./ages.js";
import { keepPages } from "./app.js";
import { keepSearches } from "./search.js";
import { keepTerms } from "./terms.js";

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.querySelector("[data-said]").textContent = button.dataset.done;
  } catch {
    getSelection().selectAllChildren(source);
    button.querySelector("[data-said]").textContent = button.dataset.selected;
  }
}

async function explore(button) {
  const frame = button.closest("[data-chart]");
  button.setAttribute("aria-busy", "true");
  try {
    const chart = await import(frame.dataset.chartModule);
    await chart.show(frame);
    button.remove();
  } catch (error) {
    button.removeAttribute("aria-busy"); // the picture stays, and the button can be pressed again
    console.warn(error);
  }
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
  const button = event.target.closest("[data-copy], [data-explore]");
  if (button?.dataset.copy) copy(button);
  else if (button) explore(button);
  const menu = document.querySelector(".sk-menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector(".sk-menu[open]");
  if (event.key === "Escape" && menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  // A search inside a larger form: Enter searches, and does not send the form.
  const search = event.key === "Enter" && event.target.matches?.("input") && event.target.closest("[data-enter]");
  if (search) {
    event.preventDefault();
    search.querySelector("button").click();
  }
});

// Parts that read themselves again do so after the page stands; until then they need nothing.
async function swaps() {
  if (!document.querySelector("[hx-get]")) return;
  try {
    await import(document.querySelector("meta[name=htmx-config]").dataset.module);
  } catch {
    return; // without network a page that was kept stays as it is
  }
  document.documentElement.dataset.swaps = "true";
  document.dispatchEvent(new Event("sk:swaps"));
}

if (document.readyState === "complete") swaps();
else addEventListener("load", swaps);

for (const element of document.querySelectorAll("[data-needs-script]")) element.hidden = false;
for (const fold of document.querySelectorAll("[data-atlas-fold]")) {
  if (matchMedia("(max-width: 62rem)").matches) fold.open = false;
  fold.dataset.folded = "";
}
keepAges();
keepPages();
keepTerms();
keepSearches();
