// SPDX-License-Identifier: EUPL-1.2
// How the map is drawn: quiet outlines below, shapes with words above; colours come from the stylesheet.
import { shape, SHAPES } from "./shapes.js";

export const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--sk-${name}`).trim();
// Labels are drawn in the browser from the page's own font: nothing is fetched for them.
const FONT = ["Fira Sans, sans-serif"];
const EMPTY = { type: "FeatureCollection", features: [] };
const single = ["!", ["has", "point_count"]];
export const CLOSE = 14.5; // from here on also each of thousands of places shows its shape, name and value

const halo = () => ({ "text-color": ink("text"), "text-halo-color": ink("surface"), "text-halo-width": 2 });

// Layers as basemap.de names them, in the colours of our own outlines; names stay those of the city.
const RAILS = ["Eisenbahn", "S-Bahn", "U-Bahn", "Gleis", "Straßenbahn", "Stadtbahn"];

function basemap(tiles) {
  if (!tiles) return [];
  const from = (id, layer) => ({ id: `base-${id}`, source: "basemap", "source-layer": layer });
  const area = (id, layer, colour, opacity, minzoom = 0) => ({
    ...from(id, layer), type: "fill", minzoom, paint: { "fill-color": ink(colour), "fill-opacity": opacity },
  });
  const line = (id, layer, width, minzoom, more = {}, paint = {}) => ({
    ...from(id, layer), type: "line", minzoom, layout: { "line-cap": "round", "line-join": "round" }, ...more,
    paint: { "line-color": ink("land-line"), "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], ...width],
      ...paint },
  });
  const kind = ["get", "klasse"];
  const rail = ["in", kind, ["literal", RAILS]];
  const path = ["in", kind, ["literal", ["Fußweg", "Radweg", "Wirtschaftsweg", "Weg, Pfad, Steig", "Fährlinie"]]];
  return [
    area("town", "Siedlungsflaeche", "land-line", 0.12),
    area("green", "Vegetationsflaeche", "good-soft", 0.45),
    area("water", "Gewaesserflaeche", "usual", 0.3),
    line("stream", "Gewaesserlinie", [11, 0.5, 16, 2.5], 11, {}, { "line-color": ink("usual"), "line-opacity": 0.35 }),
    line("path", "Verkehrslinie", [14, 0.4, 18, 2], 14, { filter: path }, { "line-opacity": 0.6 }),
    line("road", "Verkehrslinie", [8, 0.4, 12, 1, 15, 3, 18, 12], 8, { filter: ["!", ["any", rail, path]] }),
    line("rail", "Verkehrslinie", [9, 0.4, 16, 1.6], 9, { filter: rail },
      { "line-color": ink("muted"), "line-opacity": 0.5, "line-dasharray": [4, 3] }),
    area("building", "Gebaeudeflaeche", "land-line", 0.45, 14),
  ];
}

function outlines() {
  const named = (level) => ["==", ["get", "level"], level];
  const name = (level, minzoom, maxzoom) => ({
    id: `name-${level}`, type: "symbol", source: "middles", minzoom, maxzoom, filter: named(level),
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12 },
    paint: { ...halo(), "text-color": ink("muted") },
  });
  return [
    { id: "land", type: "fill", source: "districts", paint: { "fill-color": ink("land") } },
    { id: "edges", type: "line", source: "districts", paint: { "line-color": ink("land-line") } },
    name("district", 9, 12), name("quarter", 12, 15),
  ];
}

function rows(source) {
  const form = (kind) => ["==", ["geometry-type"], kind];
  const strong = { "line-color": ink("accent"), "line-width": 2 };
  return [
    { id: `${source}-area`, type: "fill", source, filter: form("Polygon"),
      paint: { "fill-color": ink("accent"), "fill-opacity": 0.25 } },
    { id: `${source}-edge`, type: "line", source, filter: ["!=", ["geometry-type"], "Point"], paint: strong },
    { id: `${source}-point`, type: "circle", source, filter: form("Point"),
      paint: { "circle-color": ink("surface"), "circle-stroke-color": ink("accent"), "circle-stroke-width": 2,
        "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2.5, 15, 6] } },
    { id: `${source}-name`, type: "symbol", source, minzoom: 14, filter: form("Point"),
      layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 12, "text-offset": [0, 0.9],
        "text-anchor": "top", "text-optional": true },
      paint: halo() },
  ];
}

const clusters = () => [
  { id: "group", type: "circle", source: "places", filter: ["has", "point_count"],
    paint: { "circle-color": ink("accent-soft"), "circle-stroke-color": ink("accent"),
      "circle-stroke-width": 2, "circle-radius": ["step", ["get", "point_count"], 15, 20, 19, 200, 24] } },
  { id: "group-n", type: "symbol", source: "places", filter: ["has", "point_count"],
    layout: { "text-field": ["get", "point_count"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true },
    paint: { "text-color": ink("text") } },
];

// Each place with its shape, and from close by with its name and value.
function shapes(id, { from = 0, named }) {
  const label = ["format", ["get", "name"], {}, "\n", {}, ["get", "value"], { "font-scale": 1.05 }];
  return [
    { id, type: "symbol", source: "places", filter: single, minzoom: from,
      layout: { "icon-image": ["concat", ["get", "shape"], "-", ["get", "mood"]], "icon-allow-overlap": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.6, 13, 1] } },
    { id: "names", type: "symbol", source: "places", filter: single, minzoom: named,
      layout: { "text-field": label, "text-font": FONT, "text-size": 13, "text-offset": [0, 1],
        "text-anchor": "top", "text-optional": true },
      paint: halo() },
  ];
}

// Of thousands of places, those that stand alone are circles, filled or hollow; what they are is said from close by.
function many() {
  const mood = ["coalesce", ["feature-state", "mood"], ["get", "mood"]];
  const by = (live, off, silent) => ["match", mood, "off", off, "silent", silent, live];
  const edge = by(ink("surface"), ink("accent"), ink("usual"));
  return [
    ...clusters(),
    { id: "places", type: "circle", source: "places", filter: single, maxzoom: CLOSE,
      paint: { "circle-color": by(ink("accent"), ink("surface"), ink("surface")), "circle-stroke-color": edge,
        "circle-stroke-width": by(1, 2, 1), "circle-radius": ["interpolate", ["linear"], ["zoom"], 9, 2.5, 15, 6] } },
    ...shapes("near", { from: CLOSE, named: CLOSE }),
  ];
}

export function style({ districts, middles, found, group, dense, collections, tiles }) {
  const geo = (data) => ({ type: "geojson", data: data ?? EMPTY });
  const sources = {
    districts: geo(districts), middles: geo(middles),
    places: { ...geo(found), cluster: group, clusterRadius: 36, clusterMaxZoom: 14 },
    ...Object.fromEntries(collections.map(({ key, data }) => [`rows-${key}`, geo(data)])),
  };
  if (tiles) sources.basemap = { type: "vector", ...tiles, minzoom: 5, maxzoom: 15 };
  const [land, ...drawn] = outlines();
  return {
    version: 8, sources,
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ink("surface") } },
      land, ...basemap(tiles), ...drawn,
      ...collections.flatMap(({ key }) => rows(`rows-${key}`)),
      ...(dense ? many() : [...clusters(), ...shapes("places", { named: 12.5 })]),
    ],
  };
}

export function paint(map) {
  const looks = {
    live: [ink("accent"), ink("surface"), false],
    off: [ink("surface"), ink("accent"), false],
    silent: [ink("surface"), ink("usual"), true],
  };
  for (const name of SHAPES) {
    for (const [mood, [fill, edge, dashed]] of Object.entries(looks)) {
      const image = `${name}-${mood}`;
      if (map.hasImage(image)) map.removeImage(image);
      map.addImage(image, shape(name, fill, edge, dashed), { pixelRatio: 2 });
    }
  }
}
