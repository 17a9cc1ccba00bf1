// SPDX-License-Identifier: EUPL-1.2
// The page of the map: forms, list and drawing at once. The moving map comes when somebody asks for it; on a large
// screen, where nobody pays for it by the megabyte, after everything else.
import { address, fetched, listen, remember } from "./mapform.js";

const frame = document.querySelector("[data-map]");
const drawing = () => document.querySelector("[data-map-sheet]");
const button = document.querySelector("[data-atlas-open]");
const large = matchMedia("(min-width: 62rem) and (pointer: fine)");
const failed = document.querySelector("[data-map-failed]");
let [coming, atlas, tries] = [null, null, 0];

function styles() {
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: frame.dataset.styles });
    Object.assign(link, { onload: resolve, onerror: () => { link.remove(); reject(new Error(link.href)); } });
    document.head.append(link);
  });
}

// Some browsers remember that a module could not be had: another address asks for it anew.
const module = () => import(frame.dataset.module + (tries++ ? `?${tries}` : ""));

async function begin(focus) {
  const label = button.querySelector(".kern-label");
  const words = label.textContent;
  failed.hidden = true;
  label.textContent = button.dataset.busy;
  button.setAttribute("aria-busy", "true");
  const wanted = new URLSearchParams(location.search);
  wanted.delete("karte");
  const early = { districts: fetched(frame.dataset.districts), found: fetched(frame.dataset.places, wanted) };
  try {
    const [map] = await Promise.all([module(), styles(), ...Object.values(early)]);
    const made = await map.open(frame, { ...early, moved: (view) => remember(address(view)) });
    if (focus) frame.querySelector("canvas").focus({ preventScroll: true });
    return (atlas = made);
  } catch (error) {
    frame.hidden = true;
    frame.replaceChildren();
    drawing().hidden = false;
    failed.hidden = false;
    coming = null; // whoever asks again gets another try
    if (focus) failed.querySelector("button").focus();
    console.warn(error);
    return null;
  } finally {
    button.hidden = true;
    label.textContent = words;
    button.removeAttribute("aria-busy");
  }
}

const ask = (focus = false) => (coming ??= begin(focus));

function offer() {
  const asked = new URLSearchParams(location.search);
  if (asked.has("karte") || asked.has("ding")) ask();
  else if (large.matches && !navigator.connection?.saveData) {
    const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 200));
    const soon = () => idle(() => ask(), { timeout: 2000 });
    if (document.readyState === "complete") soon();
    else addEventListener("load", soon);
  } else button.hidden = false;
}

if (frame) {
  button.addEventListener("click", () => ask(true));
  document.querySelector("[data-atlas-stage]").addEventListener("click", (event) => {
    if (event.target.closest("[data-map-sheet]") && !event.target.closest("a")) ask(true);
  });
  document.querySelector("[data-atlas-again]").addEventListener("click", () => {
    button.hidden = false;
    button.focus();
    ask(true);
  });
  document.querySelector("[data-atlas-group]").addEventListener("change", () => ask());
  document.querySelector("[data-atlas-print]").addEventListener("click", () => print());
  listen({
    view: () => atlas?.view() ?? new URLSearchParams(location.search).get("karte"),
    refresh: async (...asking) => (await coming)?.refresh(...asking),
  });
  offer();
}
