// SPDX-License-Identifier: EUPL-1.2
// Makes a chosen picture small enough to be sent, in the browser; without this the server says what is too large.
const ENOUGH = 300_000; // bytes below which a picture stays as it is

async function shrunk(file, side) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size < ENOUGH) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // what shines through in a PNG would be black in a JPEG
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.82); });
  return made && made.size < file.size
    ? new File([made], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" })
    : file;
}

for (const field of document.querySelectorAll("input[data-shrink]")) {
  const says = document.querySelector("[data-shrunk]");
  field.addEventListener("change", async () => {
    const [file] = field.files;
    says.hidden = true;
    if (!file) return;
    try {
      const made = await shrunk(file, Number(field.dataset.shrink));
      if (made === file) return;
      const list = new DataTransfer();
      list.items.add(made);
      field.files = list.files;
      const size = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
      says.textContent = says.dataset.shrunk.replace("{size}", `${size.format(made.size / 1000)} kB`);
      says.hidden = false;
    } catch {
      // No picture that the browser can read: the server says so beside the field.
      says.hidden = true;
    }
  });
}
