// SPDX-License-Identifier: EUPL-1.2
// Lets points move with their values: one stream of events for what is in view, changes drawn together.
import { CLOSE } from "./mapstyle.js";

const MOST = 2000; // as many as one stream may name
const LONGEST = 6000; // characters of an address that servers in between take
const CALM = 2000; // ms between two drawings
const SETTLED = 1500; // ms after the view came to rest
const language = document.documentElement.lang || "de";

const formats = new Map(); // by decimal places: to make one takes longer than to use it a hundred times

function formatted(number, places) {
  if (!formats.has(places)) {
    const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
    formats.set(places, new Intl.NumberFormat(language === "en" ? "en-GB" : language, digits));
  }
  return formats.get(places).format(number).replace("-", "−");
}

function words({ digits, unit, kind }, result, kinds) {
  const state = kinds[kind]?.states?.[String(Number(result))];
  if (state) return { value: state, mood: Number(result) === 1 ? "off" : "live" };
  if (typeof result !== "number") return { value: String(result), mood: "live" };
  const size = Math.abs(result);
  const places = digits ?? (Number.isInteger(result) || size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return { value: `${formatted(result, places)} ${unit ?? ""}`.trim(), mood: "live" };
}

// The differences of sorted numbers in base 36: 2,000 numbers in few characters.
function packed(ids) {
  const text = ids.map((id, index) => (id - (ids[index - 1] ?? 0)).toString(36)).join(".");
  return text.length > LONGEST ? packed(ids.slice(0, Math.floor(ids.length * LONGEST / text.length))) : text;
}

export function follow({ map, kinds, found, dense }) {
  let [stream, known, byStream, timer, drawing] = [null, "", new Map(), 0, 0];
  const pending = new Map(); // the newest result of each place since the last drawing
  const untold = new Set(); // places whose tiles do not know their value yet

  function draw() {
    drawing = 0;
    const plain = dense();
    for (const [feature, { result, time }] of pending) {
      const before = feature.properties.mood;
      Object.assign(feature.properties, words(feature.properties, result, kinds), { at: time });
      const { mood } = feature.properties;
      // Circles show no value: only where the mood turns is there something to draw, without new tiles.
      if (plain && mood !== before) map.setFeatureState({ source: "places", id: feature.id }, { mood });
      untold.add(feature);
    }
    pending.clear();
    tell();
  }

  function tell() {
    if (!untold.size || (dense() && map.getZoom() < CLOSE)) return;
    const update = [...untold].map(({ id, properties: { value, mood, at } }) => ({
      id, addOrUpdateProperties: Object.entries({ value, mood, at }).map(([key, said]) => ({ key, value: said })),
    }));
    untold.clear();
    map.getSource("places")?.updateData({ update });
  }

  function hear(event) {
    const { datastream, time, result } = JSON.parse(event.data);
    const feature = byStream.get(datastream);
    const heard = feature && (pending.get(feature)?.time ?? feature.properties.at);
    if (!feature || (heard && Date.parse(time) <= Date.parse(heard))) return;
    pending.set(feature, { result, time });
    drawing ||= setTimeout(draw, CALM);
  }

  function choose() {
    if (document.hidden) return;
    const near = inView().map((feature) => [feature.properties.stream, feature]).sort(([a], [b]) => a - b);
    byStream = new Map(near);
    const steps = packed([...byStream.keys()]);
    if (steps === known) return;
    stream?.close();
    known = steps;
    if (!steps) return;
    stream = new EventSource(`/live?steps=${steps}`);
    stream.addEventListener("observation", hear);
  }

  // Those in view; of too many, those nearest to the middle.
  function inView() {
    const bounds = map.getBounds();
    const { lng, lat } = map.getCenter();
    const some = found().features.filter(({ geometry }) => bounds.contains(geometry.coordinates));
    if (some.length <= MOST) return some;
    const across = Math.cos(lat * Math.PI / 180);
    const away = ({ geometry: { coordinates: [x, y] } }) => ((x - lng) * across) ** 2 + (y - lat) ** 2;
    return some.map((feature) => [away(feature), feature]).sort(([a], [b]) => a - b).slice(0, MOST)
      .map(([, feature]) => feature);
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(choose, SETTLED); };
  map.on("moveend", tell);
  map.on("moveend", soon);
  document.addEventListener("visibilitychange", soon);
  addEventListener("pagehide", () => stream?.close());
  const forget = () => { pending.clear(); untold.clear(); }; // what was heard is about places that are gone
  return {
    restart: () => { known = ""; forget(); soon(); },
    rest: () => { clearTimeout(timer); stream?.close(); known = ""; byStream = new Map(); forget(); },
  };
}
