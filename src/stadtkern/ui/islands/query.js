// SPDX-License-Identifier: EUPL-1.2
// Puts a query of the API together from a form, runs it and shows address, answer and lines of code.
const MOST = 40_000; // characters of an answer that are shown
const form = document.querySelector("[data-query]");
const { api, public: shown } = form.dataset;
const types = new Map(JSON.parse(form.dataset.types).map((type) => [type.set, type]));
const answer = document.querySelector("[data-answer]");
const told = answer.querySelector("[data-told]");
const body = answer.querySelector("[data-body]");
const next = answer.querySelector("[data-next]");
const field = (name) => form.elements[name];
const options = () => [...form.elements].filter((element) => element.name.startsWith("$"));
let running;

function target() {
  const type = types.get(field("set").value);
  const relation = field("id").value && type.relations.find(({ name }) => name === field("relation").value);
  return relation ? types.get(relation.set) : type;
}

// What stands in addresses as it is; everything else is percent-encoded.
const encode = (text) => encodeURIComponent(text).replace(/%(24|2C|28|29|2F|3A|3B|3D|40)/g, decodeURIComponent)
  .replaceAll("'", "%27");

function path() {
  const number = field("id").value.trim();
  const relation = number && field("relation").value;
  const parts = options().flatMap((element) => {
    const off = element.disabled || (element.type === "checkbox" && !element.checked);
    return off || !element.value.trim() ? [] : [`${element.name}=${encode(element.value.trim())}`];
  });
  const head = field("set").value + (number ? `(${number})` : "") + (relation ? `/${relation}` : "");
  return head + (parts.length ? `?${parts.join("&")}` : "");
}

function fill(list, texts) {
  list.replaceChildren(...texts.map((text) => new Option(text, text)));
}

function fit() {
  const type = types.get(field("set").value);
  const relation = field("relation");
  const chosen = relation.value;
  relation.replaceChildren(relation.options[0], ...type.relations.map(({ name }) => new Option(name, name)));
  relation.value = type.relations.some(({ name }) => name === chosen) ? chosen : "";
  relation.disabled = !field("id").value;
  const end = target();
  fill(document.getElementById("dazu-liste"), end.relations.map(({ name }) => name));
  fill(document.getElementById("felder-liste"), end.properties);
  for (const part of form.querySelectorAll("[data-only]")) {
    part.hidden = !(end.set === part.dataset.only && type.set === "Datastreams" && field("id").value);
    part.querySelector("input").disabled = part.hidden;
  }
}

function write() {
  const address = `${shown}/${path()}`;
  document.getElementById("adresse").textContent = address;
  const csv = field("$resultFormat").value === "CSV";
  for (const snippet of document.querySelectorAll("[data-snippet]")) {
    const text = csv ? snippet.dataset.snippetCsv : snippet.dataset.snippet;
    snippet.querySelector("code").textContent = text.replace("{address}", () => address);
  }
}

// Rows of plain values stay on one line.
function readable(text, kind) {
  if (!kind.includes("json")) return [text];
  const found = JSON.parse(text);
  const lines = JSON.stringify(found, null, 2).replace(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_, row) =>
    `[${row.replace(/\n\s+/g, " ")}]`);
  return [lines, found["@iot.nextLink"]];
}

async function ask(address) {
  running?.abort();
  running = new AbortController();
  answer.hidden = false;
  answer.setAttribute("aria-busy", "true");
  told.textContent = told.dataset.waiting;
  const begin = performance.now();
  try {
    const found = await fetch(`${api}/${address}`, { signal: running.signal });
    const text = await found.text();
    const [content, link] = readable(text, found.headers.get("content-type") ?? "");
    body.textContent = content.slice(0, MOST);
    const size = new Intl.NumberFormat(document.documentElement.lang, {
      style: "unit", unit: text.length < 1e4 ? "byte" : "kilobyte", maximumFractionDigits: 0,
    }).format(text.length < 1e4 ? text.length : text.length / 1000);
    const values = { status: found.status, ms: Math.round(performance.now() - begin), size };
    told.textContent = told.dataset.fine.replace(/{(\w+)}/g, (_, name) => values[name])
      + (content.length > MOST ? ` · ${told.dataset.cut}` : "");
    next.hidden = !link;
    next.dataset.next = link ? link.slice(link.indexOf(api) + api.length + 1) : "";
  } catch (error) {
    if (error.name === "AbortError") return;
    told.textContent = told.dataset.lost;
    body.textContent = "";
  }
  answer.removeAttribute("aria-busy");
}

function take(text) {
  const match = /^(\w+)(?:\((\d+)\))?(?:\/(\w+))?(?:\?(.*))?$/.exec(text);
  if (!match || !types.has(match[1])) return false;
  for (const element of options()) element.type === "checkbox" ? (element.checked = false) : (element.value = "");
  field("set").value = match[1];
  field("id").value = match[2] ?? "";
  fit();
  field("relation").value = match[3] ?? "";
  fit();
  for (const part of (match[4] ?? "").split("&").filter(Boolean)) {
    const [name, ...rest] = part.split("=");
    const element = field(name);
    if (!element) return false;
    if (element.type === "checkbox") element.checked = true;
    else element.value = decodeURIComponent(rest.join("="));
  }
  write();
  return true;
}

form.addEventListener("input", () => { fit(); write(); });
form.addEventListener("reset", () => setTimeout(() => { fit(); write(); answer.hidden = true; }));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  history.replaceState(null, "", `#${path()}`);
  ask(path());
});
next.addEventListener("click", () => ask(next.dataset.next));
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-example]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !take(link.dataset.example)) return;
  event.preventDefault();
  form.scrollIntoView();
  form.requestSubmit();
  document.getElementById("antwort").focus({ preventScroll: true });
});

fit();
if (!location.hash || !take(decodeURI(location.hash.slice(1)))) write();
else ask(path());
