// SPDX-License-Identifier: EUPL-1.2
// The city map: district outlines as ground, places above them; the list beside it says the same in words.
import * as maplibre from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { shape, SHAPES } from "./shapes.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--sk-${name}`).trim();

function style(districts, things) {
  return {
    version: 8,
    sources: {
      districts: { type: "geojson", data: districts },
      things: { type: "geojson", data: things },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": ink("surface") } },
      { id: "land", type: "fill", source: "districts", paint: { "fill-color": ink("land") } },
      { id: "edges", type: "line", source: "districts", paint: { "line-color": ink("land-line") } },
      {
        id: "things", type: "symbol", source: "things",
        layout: {
          "icon-image": ["get", "shape"],
          "icon-size": ["get", "size"],
          "icon-allow-overlap": true,
          "text-field": ["step", ["zoom"], "", 12, ["get", "name"]],
          "text-font": ["Fira Sans, sans-serif"],
          "text-size": 13,
          "text-offset": [0, 1.1],
          "text-anchor": "top",
          "text-optional": true,
        },
        paint: { "text-color": ink("text"), "text-halo-color": ink("surface"), "text-halo-width": 2 },
      },
    ],
  };
}

function box(collections) {
  const bounds = new maplibre.LngLatBounds();
  const walk = (numbers) => typeof numbers[0] === "number" ? bounds.extend(numbers) : numbers.forEach(walk);
  for (const { features } of collections) for (const { geometry } of features) walk(geometry.coordinates);
  return bounds;
}

function words({ name, kind, value, url }) {
  const body = document.createElement("div");
  const link = document.createElement("a");
  const says = document.createElement("p");
  link.href = url;
  link.textContent = name;
  says.textContent = value ? `${kind}: ${value}` : kind;
  body.append(link, says);
  return body;
}

function listen(map) {
  map.on("click", "things", ({ features: [{ geometry, properties }] }) => {
    new maplibre.Popup({ maxWidth: "300px" })
      .setLngLat(geometry.coordinates).setDOMContent(words(properties)).addTo(map);
  });
  map.on("mouseenter", "things", () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "things", () => { map.getCanvas().style.cursor = ""; });
}

async function open(frame) {
  const [districts, things] = await Promise.all(
    [frame.dataset.districts, frame.dataset.things].map(async (url) => (await fetch(url)).json()));
  maplibre.setWorkerUrl(frame.dataset.worker);
  frame.hidden = false;
  const map = new maplibre.Map({
    container: frame, style: style(districts, things), attributionControl: false,
    bounds: box([districts, things].filter(({ features }) => features.length).slice(0, 1)),
    fitBoundsOptions: { padding: 32 }, dragRotate: false, maxZoom: 17, cooperativeGestures: true,
    reduceMotion: still.matches,
    locale: {
      "NavigationControl.ZoomIn": frame.dataset.zoomIn,
      "NavigationControl.ZoomOut": frame.dataset.zoomOut,
      "Map.Title": frame.dataset.title,
      "Popup.Close": frame.dataset.close,
      "CooperativeGesturesHandler.WindowsHelpText": frame.dataset.ctrl,
      "CooperativeGesturesHandler.MacHelpText": frame.dataset.ctrl,
      "CooperativeGesturesHandler.MobileHelpText": frame.dataset.fingers,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
  const paint = () => SHAPES.forEach((name) => {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, shape(name, ink("accent"), ink("surface")), { pixelRatio: 2 });
  });
  map.on("style.load", paint);
  dark.addEventListener("change", () => map.setStyle(style(districts, things)));
  listen(map);
  map.once("idle", () => { frame.dataset.ready = "true"; });
}

const frame = document.querySelector("[data-map]");
if (frame) {
  try {
    await open(frame);
  } catch (error) {
    frame.hidden = true;
    document.querySelector("[data-map-failed]").hidden = false;
    console.warn(error);
  }
}
