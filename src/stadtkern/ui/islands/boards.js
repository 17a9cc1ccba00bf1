// SPDX-License-Identifier: EUPL-1.2
// Lets editors drag tiles into another order; the arrows beside them do the same without.
const form = document.querySelector("[data-arrange]");
let held;

function below(list, y) {
  return [...list.querySelectorAll("[data-piece]")]
    .filter((piece) => piece !== held)
    .find((piece) => y < piece.getBoundingClientRect().top + piece.offsetHeight / 2);
}

function send() {
  const lists = [...document.querySelectorAll("[data-theme]")];
  const order = lists.flatMap((list) => [...list.querySelectorAll("[data-piece]")]
    .map((piece) => `${list.dataset.theme}:${piece.dataset.piece}`));
  form.elements.ordnung.value = order.join(" ");
  form.requestSubmit();
}

if (form) {
  for (const piece of document.querySelectorAll("[data-piece]")) {
    piece.draggable = true;
    piece.addEventListener("dragstart", (event) => {
      held = piece;
      event.dataTransfer.effectAllowed = "move";
      piece.classList.add("sk-piece--held");
    });
    piece.addEventListener("dragend", () => {
      piece.classList.remove("sk-piece--held");
      held = undefined;
    });
  }
  for (const list of document.querySelectorAll("[data-theme]")) {
    list.addEventListener("dragover", (event) => {
      if (!held) return;
      event.preventDefault();
      list.insertBefore(held, below(list, event.clientY) ?? null);
    });
    list.addEventListener("drop", (event) => {
      if (!held) return;
      event.preventDefault();
      send();
    });
  }
}
