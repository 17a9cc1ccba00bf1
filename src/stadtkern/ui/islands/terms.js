// SPDX-License-Identifier: EUPL-1.2
// Explanations of words: Escape puts one away, and one near the right edge opens to the left. CSS does the rest.
export function keepTerms() {
  for (const name of ["pointerover", "focusin"]) {
    document.addEventListener(name, (event) => {
      const term = event.target.closest?.("[data-term]");
      if (!term) return;
      const room = document.documentElement.clientWidth - term.getBoundingClientRect().left;
      term.classList.toggle("sk-term--end", room < 340);
    });
  }
  for (const name of ["pointerout", "focusout"]) {
    document.addEventListener(name, (event) => {
      const term = event.target.closest?.("[data-term]");
      if (term && !term.contains(event.relatedTarget)) term.classList.remove("sk-term--quiet");
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const term of document.querySelectorAll("[data-term]:is(:hover, :focus-within)")) {
      term.classList.add("sk-term--quiet");
    }
  });
}
