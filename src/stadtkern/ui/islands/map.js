// SPDX-License-Identifier: EUPL-1.2
// The city map: outlines as ground, datasets and places above them; the list beside it says the same in words.
import * as maplibre from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import { fetched } from "./mapform.js";
import { follow } from "./maplive.js";
import { paint, style } from "./mapstyle.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const GROUPED = 150; // more places than that are grouped unless somebody does not want it
const PATIENCE = 4000; // milliseconds until the map is shown although some of its tiles are still missing
const DENSE = 2000; // more than that are circles, but from close by

function box(features) {
  const bounds = new maplibre.LngLatBounds();
  const walk = (numbers) => typeof numbers[0] === "number" ? bounds.extend(numbers) : numbers.forEach(walk);
  const within = ({ coordinates, geometries }) => coordinates ? walk(coordinates) : geometries?.forEach(within);
  for (const { geometry } of features) within(geometry);
  return bounds;
}

function middles(districts) {
  const features = districts.features.map((each) => ({
    ...each, geometry: { type: "Point", coordinates: box([each]).getCenter().toArray() },
  }));
  return { type: "FeatureCollection", features };
}

function element(name, text, more = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...more });
}

function placeWords(frame, kinds, { id, properties: { name, kind, value, mood, photo, shows } }) {
  const body = document.createElement("div");
  if (photo) {
    const src = `${frame.dataset.thing.replace(/0$/, id)}/bild?v=${photo}`;
    body.append(Object.assign(new Image(220, 124), { className: "sk-map-photo", src, alt: shows }));
  }
  const says = element("p", `${kinds[kind]?.one ?? ""}: ${value}`);
  body.append(element("strong", name), says);
  if (mood === "silent") body.append(element("p", frame.dataset.silent, { className: "sk-small" }));
  const link = element("a", frame.dataset.open, { href: frame.dataset.thing.replace(/0$/, id) });
  link.setAttribute("aria-label", `${name}: ${frame.dataset.open}`);
  body.append(link);
  return body;
}

function rowWords({ properties: { name, facts } }) {
  const body = document.createElement("div");
  const list = document.createElement("dl");
  for (const [key, value] of Object.entries(typeof facts === "string" ? JSON.parse(facts) : facts)) {
    list.append(element("dt", key), element("dd", value));
  }
  body.append(element("strong", name), list);
  return body;
}

class Atlas {
  constructor(frame, early) {
    this.frame = frame;
    this.early = early;
    this.kinds = JSON.parse(frame.dataset.kinds);
    this.collections = [];
    this.wish = document.querySelector("[data-atlas-group]");
  }

  async begin() {
    const asked = new URLSearchParams(location.search);
    this.districts = await this.early.districts;
    await this.read(asked, undefined, this.early.found);
    maplibre.setWorkerUrl(this.frame.dataset.worker);
    this.frame.hidden = false; // laid out, but not to be seen before it is drawn
    this.map = new maplibre.Map({ container: this.frame, style: this.style(), ...this.start(asked), ...this.manners() });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 110 }), "bottom-left");
    this.map.on("style.load", () => paint(this.map));
    // Without its tiles the map shows outlines; it tries again with the next movement.
    this.map.on("error", ({ error, sourceId }) => { if (sourceId !== "basemap") console.warn(error); });
    dark.addEventListener("change", () => this.restyle());
    this.wish.addEventListener("change", () => this.restyle());
    this.points();
    this.live = follow({
      map: this.map, kinds: this.kinds, found: () => this.found, dense: () => this.plain,
    });
    this.map.on("moveend", () => this.early.moved(this.view()));
    const drawn = new Promise((done) => { this.map.once("load", done); });
    drawn.then(() => this.ready(asked));
    await Promise.race([drawn, new Promise((done) => { setTimeout(done, PATIENCE); })]);
    document.querySelector("[data-map-sheet]").hidden = true;
    this.frame.dataset.shown = "true";
  }

  async read(asked, signal, early) {
    const wanted = new URLSearchParams(asked);
    wanted.delete("karte");
    const keys = wanted.getAll("sammlung");
    const { places, features } = this.frame.dataset;
    const [found, ...rows] = await Promise.all([
      early ?? fetched(places, wanted, signal),
      ...keys.map((key) => fetched(features.replace("KEY", key), wanted, signal)
        .catch((error) => { if (error.name === "AbortError") throw error; return null; })),
    ]);
    this.found = found;
    const same = keys.join() === this.collections.map(({ key }) => key).join();
    this.collections = keys.map((key, index) => ({ key, data: rows[index] })).filter(({ data }) => data);
    this.past = wanted.has("tag");
    return same;
  }

  get group() { return this.wish.checked && this.found.features.length > GROUPED; }

  get dense() { return this.found.features.length > DENSE; }

  style() {
    this.grouped = this.group;
    this.plain = this.dense;
    return style({
      dense: this.plain,
      districts: this.districts, middles: middles(this.districts), found: this.found, group: this.grouped,
      collections: this.collections, tiles: this.tiles(),
    });
  }

  tiles() {
    const { basemap, basemapBox } = this.frame.dataset;
    return basemap && { tiles: [location.origin + basemap], bounds: basemapBox.split(",").map(Number) };
  }

  restyle() { this.map.setStyle(this.style(), { diff: false }); }

  start(asked) {
    const view = asked.get("karte")?.split("/").map(Number);
    if (view?.length === 3 && view.every(Number.isFinite)) return { zoom: view[0], center: [view[2], view[1]] };
    const chosen = this.districts.features.filter(({ properties: { code } }) => code === asked.get("bezirk"));
    const thing = this.found.features.filter(({ id }) => String(id) === asked.get("ding"));
    if (thing.length) return { zoom: 15, center: thing[0].geometry.coordinates };
    const narrowed = asked.has("q") ? this.found.features : [];
    const shown = [chosen, narrowed, this.districts.features, this.found.features].find((some) => some.length);
    return shown ? { bounds: box(shown), fitBoundsOptions: { padding: 32, maxZoom: 15 } } : { zoom: 5, center: [10.4, 51.2] };
  }

  manners() {
    const said = this.frame.dataset;
    return {
      attributionControl: false, fadeDuration: 0, dragRotate: false, maxZoom: 18, cooperativeGestures: true,
      reduceMotion: still.matches,
      locale: {
        "NavigationControl.ZoomIn": said.zoomIn, "NavigationControl.ZoomOut": said.zoomOut,
        "Map.Title": said.title, "Popup.Close": said.close,
        "CooperativeGesturesHandler.WindowsHelpText": said.ctrl,
        "CooperativeGesturesHandler.MacHelpText": said.ctrl,
        "CooperativeGesturesHandler.MobileHelpText": said.fingers,
      },
    };
  }

  view() {
    const { lng, lat } = this.map.getCenter();
    return `${this.map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`;
  }

  ready(asked) {
    const thing = this.found.features.find(({ id }) => String(id) === asked.get("ding"));
    if (thing) this.open(thing.geometry.coordinates, placeWords(this.frame, this.kinds, thing));
    if (!this.past) this.live.restart();
    this.frame.dataset.ready = "true";
  }

  async refresh(asked, signal) {
    const same = await this.read(asked, signal);
    if (same && this.grouped === this.group && this.plain === this.dense) {
      this.map.removeFeatureState({ source: "places" });
      this.map.getSource("places").setData(this.found);
      for (const { key, data } of this.collections) this.map.getSource(`rows-${key}`).setData(data);
    } else this.restyle();
    if (this.past) this.live.rest();
    else this.live.restart();
  }

  open(where, body) {
    new maplibre.Popup({ maxWidth: "300px" }).setLngLat(where).setDOMContent(body).addTo(this.map);
  }

  points() {
    const { map } = this;
    const layers = () => ["group", "places", "near", ...this.collections.flatMap(({ key }) =>
      [`rows-${key}-point`, `rows-${key}-area`, `rows-${key}-edge`])].filter((id) => map.getLayer(id));
    map.on("click", async (event) => {
      const [hit] = map.queryRenderedFeatures(event.point, { layers: layers() });
      if (!hit) return;
      if (hit.layer.id === "group") {
        const zoom = await map.getSource("places").getClusterExpansionZoom(hit.properties.cluster_id);
        map.easeTo({ center: hit.geometry.coordinates, zoom });
      } else if (hit.source === "places") {
        const place = this.found.features.find(({ id }) => id === hit.id) ?? hit;
        this.open(hit.geometry.coordinates, placeWords(this.frame, this.kinds, place));
      } else this.open(event.lngLat, rowWords(hit));
    });
    let asked = 0;
    map.on("mousemove", ({ point }) => {
      if (asked || map.isMoving()) return; // one look per frame, none while the map itself moves
      asked = requestAnimationFrame(() => {
        asked = 0;
        const over = map.queryRenderedFeatures(point, { layers: layers() }).length;
        map.getCanvas().style.cursor = over ? "pointer" : "";
      });
    });
  }
}

function printable(atlas) {
  const picture = document.querySelector("[data-map-print]");
  // Drawn anew right before it is copied: the canvas keeps nothing between two frames.
  addEventListener("beforeprint", () => {
    atlas.map.redraw();
    picture.src = atlas.map.getCanvas().toDataURL("image/png");
    picture.hidden = false;
  });
  addEventListener("afterprint", () => { picture.hidden = true; });
}

// `early`: promises of the outlines and of the places, and whom to tell when the view has moved.
export async function open(frame, early) {
  const atlas = new Atlas(frame, early);
  await atlas.begin();
  printable(atlas);
  return { view: () => atlas.view(), refresh: (...asking) => atlas.refresh(...asking) };
}
