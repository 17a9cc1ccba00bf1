// SPDX-License-Identifier: EUPL-1.2
// Makes a chosen picture small enough to be sent, in the browser; without this the server says what is too large.
const ENOUGH = 300_000; // bytes below which a picture stays as it is

// How a WebP is turned (RFC 9649; tag 274 of CIPA DC-008): browsers turn JPEG by themselves, WebP they leave lying.
async function turnedWebp(file) {
  if (file.type !== "image/webp") return 1;
  const data = new DataView(await file.arrayBuffer());
  const name = (at) => String.fromCharCode(...[0, 1, 2, 3].map((n) => data.getUint8(at + n)));
  for (let at = 12; at + 8 <= data.byteLength;) {
    const length = data.getUint32(at + 4, true);
    if (name(at) === "EXIF") return orientation(data, at + (name(at + 8) === "Exif" ? 14 : 8));
    at += 8 + length + (length % 2);
  }
  return 1;
}

function orientation(data, tiff) {
  const little = data.getUint16(tiff) === 0x4949;
  const entries = tiff + data.getUint32(tiff + 4, little);
  for (let n = 0; n < Math.min(data.getUint16(entries, little), 200); n += 1) {
    const at = entries + 2 + 12 * n;
    if (data.getUint16(at, little) === 274) return data.getUint16(at + 8, little);
  }
  return 1;
}

const TURNS = {
  2: (w) => [-1, 0, 0, 1, w, 0], 3: (w, h) => [-1, 0, 0, -1, w, h], 4: (w, h) => [1, 0, 0, -1, 0, h],
  5: () => [0, 1, 1, 0, 0, 0], 6: (w, h) => [0, 1, -1, 0, h, 0], 7: (w, h) => [0, -1, -1, 0, h, w],
  8: (w) => [0, -1, 1, 0, 0, w],
};

async function shrunk(file, side) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const turned = await turnedWebp(file).catch(() => 1);
  const turn = TURNS[turned];
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  if (!turn && scale === 1 && file.size < ENOUGH) return file;
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  const canvas = document.createElement("canvas");
  Object.assign(canvas, turned >= 5 && turn ? { width: height, height: width } : { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff"; // what shines through in a PNG would be black in a JPEG
  pen.fillRect(0, 0, canvas.width, canvas.height);
  if (turn) pen.setTransform(...turn(width, height));
  pen.drawImage(picture, 0, 0, width, height);
  const made = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.82); });
  return made && (turn || made.size < file.size)
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
