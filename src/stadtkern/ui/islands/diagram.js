// SPDX-License-Identifier: EUPL-1.2
// Turns the diagram's own SVG into a PNG, twice as large as it is on the page, for slides and documents.
const SCALE = 2;

async function picture(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${answer.status}`);
  const source = URL.createObjectURL(new Blob([await answer.text()], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * SCALE;
    canvas.height = image.naturalHeight * SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("empty"))), "image/png");
    });
  } finally {
    URL.revokeObjectURL(source);
  }
}

async function save(button) {
  const says = document.querySelector("[data-png-says]");
  button.setAttribute("aria-busy", "true");
  try {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await picture(button.dataset.png));
    link.download = "diagramm.png";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    says.textContent = "";
  } catch {
    says.textContent = button.dataset.failed;
  }
  button.removeAttribute("aria-busy");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-png]");
  if (button) save(button);
});
