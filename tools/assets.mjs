// SPDX-License-Identifier: EUPL-1.2
// Bundles what pages load in the browser into src/stadtkern/web/assets, with hashed names and a manifest.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import * as sass from "sass";
import subset from "subset-font";
import { plain } from "./colours.mjs";
import { lean } from "./lean.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const ui = path.join(root, "src/stadtkern/ui");
const out = path.join(root, "src/stadtkern/web/assets");

// Latin as far as European names need it, plus the signs that figures and sentences use.
const letters = [[0x20, 0x7e], [0xa0, 0x17f], [0x218, 0x21b], [0x1e9e, 0x1e9e]];
const signs = "–—‘’‚“”„•…‰′″‹›€−≈≤≥→←↑↓△▲▼◆●■²³₂₃₄₅µ°·×";
const glyphs = letters.flatMap(([from, to]) =>
  Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index))).join("") + signs;

// Kerning, tabular and lining figures, marks that are put together; what pages never ask for stays away, and so do
// the hints for screens of 1990 that are more than a third of each file.
const features = ["kern", "tnum", "lnum", "liga", "mark", "mkmk", "ccmp", "locl"];

// All that may name a class or a property of KERN: templates, islands, what Python writes.
async function words() {
  const files = await readdir(path.join(root, "src/stadtkern"), { recursive: true });
  const named = files.filter((file) => /\.(html|py|js)$/.test(file) && !file.startsWith(path.join("web", "assets")));
  return (await Promise.all(named.map((file) => readFile(path.join(root, "src/stadtkern", file), "utf8")))).join("\n");
}

const styles = {
  name: "styles",
  setup(build) {
    build.onLoad({ filter: /\.scss$/ }, async ({ path: file }) => {
      const { css } = sass.compile(file, {
        loadPaths: [path.join(root, "node_modules")], quietDeps: true, silenceDeprecations: ["import"],
      });
      return { contents: lean(plain(css), "kern-", await words()), loader: "css", resolveDir: path.dirname(file) };
    });
  },
};

const fonts = {
  name: "fonts",
  setup(build) {
    build.onLoad({ filter: /\.woff2$/ }, async ({ path: file }) => ({
      contents: await subset(await readFile(file), glyphs, {
        targetFormat: "woff2", noHinting: true, keepFeatures: features,
      }),
      loader: "file",
    }));
  },
};

async function bundle() {
  return esbuild.build({
    absWorkingDir: root,
    entryPoints: {
      app: path.join(ui, "styles/app.scss"),
      page: path.join(ui, "islands/page.js"),
      htmx: "htmx.org",
      live: path.join(ui, "islands/live.js"),
      atlas: path.join(ui, "islands/atlas.js"),
      map: path.join(ui, "islands/map.js"),
      "map-worker": "maplibre-gl/dist/maplibre-gl-worker.mjs",
      chart: path.join(ui, "islands/chart.js"),
      query: path.join(ui, "islands/query.js"),
      passkey: path.join(ui, "islands/passkey.js"),
      boards: path.join(ui, "islands/boards.js"),
      wall: path.join(ui, "islands/wall.js"),
      kiosk: path.join(ui, "islands/kiosk.js"),
      points: path.join(ui, "islands/points.js"),
      extent: path.join(ui, "islands/extent.js"),
      worker: path.join(ui, "islands/worker.js"),
      offline: path.join(ui, "islands/offline.js"),
      again: path.join(ui, "islands/again.js"),
      follow: path.join(ui, "islands/follow.js"),
      near: path.join(ui, "islands/near.js"),
      diagram: path.join(ui, "islands/diagram.js"),
      shrink: path.join(ui, "islands/shrink.js"),
    },
    outdir: out,
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    bundle: true,
    format: "esm",
    target: ["es2022", "firefox115", "safari16"],
    minify: true,
    legalComments: "eof",
    metafile: true,
    write: false,
    plugins: [styles, fonts],
    logLevel: "warning",
  });
}

function manifest(metafile) {
  const names = {};
  for (const file of Object.keys(metafile.outputs)) {
    const name = path.basename(file);
    names[name.replace(/-[A-Z0-9]{8}(?=\.)/, "")] = name;
  }
  return Object.fromEntries(Object.entries(names).sort());
}

async function copyIcon(names) {
  const icon = await readFile(path.join(ui, "styles/icon.svg"));
  const name = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase()}.svg`;
  names["icon.svg"] = name;
  return { path: path.join(out, name), contents: icon };
}

const result = await bundle();
const names = manifest(result.metafile);
const files = [...result.outputFiles, await copyIcon(names)];
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const file of files) {
  await writeFile(file.path, file.contents);
  if (!file.path.endsWith(".woff2")) {
    await writeFile(`${file.path}.gz`, gzipSync(file.contents, { level: 9 }));
  }
}
await writeFile(path.join(out, "manifest.json"), `${JSON.stringify(names, null, 2)}\n`);
console.log(Object.entries(names).map(([name, file]) => `${name} → ${file}`).join("\n"));
