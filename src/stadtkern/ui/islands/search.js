// SPDX-License-Identifier: EUPL-1.2
// Suggestions below the search field, as a combobox with a list: arrows choose, Enter goes there, Escape closes.
const WAIT = 120;
const LEAST = 2;

function begin(form) {
  const field = form.querySelector("input[type=search]");
  const list = document.createElement("ul");
  const voice = document.createElement("p");
  let [chosen, waiting, asking] = [-1, 0, null];
  Object.assign(list, { id: "vorschlaege", className: "sk-suggestions", hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.some);
  voice.className = "sk-hidden";
  voice.setAttribute("aria-live", "polite");
  form.append(list, voice);
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list",
  })) field.setAttribute(name, value);

  // Also what is still being asked for: a list that was put away does not open again by itself.
  function close() {
    clearTimeout(waiting);
    asking?.abort();
    hide();
  }

  function hide() {
    [list.hidden, chosen] = [true, -1];
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function show(found) {
    list.replaceChildren(...found.map((each, index) => {
      const option = document.createElement("li");
      const [title, kind] = [document.createElement("span"), document.createElement("span")];
      Object.assign(option, { id: `vorschlag-${index}` });
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.url = each.url;
      title.textContent = each.text;
      Object.assign(kind, { textContent: each.kind, className: "sk-small sk-muted" });
      option.append(title, " ", kind);
      return option;
    }));
    voice.textContent = found.length ? `${found.length} ${form.dataset.some}` : form.dataset.none;
    if (!found.length) return hide(); // what was typed meanwhile is still asked for
    [list.hidden, chosen] = [false, -1];
    field.setAttribute("aria-expanded", "true");
    field.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    asking?.abort();
    const text = field.value.trim();
    if (text.length < LEAST) return close();
    asking = new AbortController();
    try {
      const address = `${form.dataset.suggestions}?${new URLSearchParams({ q: text })}`;
      const answer = await fetch(address, { signal: asking.signal });
      if (answer.ok && document.activeElement === field) show((await answer.json()).suggestions);
    } catch (error) {
      if (error.name !== "AbortError") hide();
    }
  }

  function choose(step) {
    const options = [...list.children];
    options[chosen]?.setAttribute("aria-selected", "false");
    chosen = (chosen + step + options.length + 1) % (options.length + 1);
    if (chosen === options.length) chosen = step > 0 ? 0 : options.length - 1;
    options[chosen].setAttribute("aria-selected", "true");
    options[chosen].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", options[chosen].id);
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      if (!list.hidden) event.preventDefault();
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.hidden) {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      location.assign(list.children[chosen].dataset.url);
    }
  });
  field.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) location.assign(option.dataset.url);
  });
}

export function keepSearches() {
  for (const form of document.querySelectorAll("form[data-search]")) begin(form);
}
