// SPDX-License-Identifier: EUPL-1.2
// Lets points move with their values: one stream of events for what is in view, changes drawn together.
const MOST = 500; // as many as one stream may name
const CALM = 2000; // ms between two drawings
const SETTLED = 1500; // ms after the view came to rest
const language = document.documentElement.lang || "de";

function words({ digits, unit, kind }, result, kinds) {
  const state = kinds[kind]?.states?.[String(Number(result))];
  if (state) return { value: state, mood: Number(result) === 1 ? "off" : "live" };
  if (typeof result !== "number") return { value: String(result), mood: "live" };
  const size = Math.abs(result);
  const places = digits ?? (Number.isInteger(result) || size >= 100 ? 0 : size >= 10 ? 1 : 2);
  const text = new Intl.NumberFormat(language === "en" ? "en-GB" : language, {
    minimumFractionDigits: places, maximumFractionDigits: places,
  }).format(result).replace("-", "−");
  return { value: `${text} ${unit ?? ""}`.trim(), mood: "live" };
}

export function follow({ map, kinds, found, source }) {
  let [stream, known, byStream, timer, drawing] = [null, "", new Map(), 0, 0];
  const pending = new Map();

  function draw() {
    drawing = 0;
    const update = [];
    for (const [feature, said] of pending) {
      Object.assign(feature.properties, said);
      update.push({ id: feature.id, addOrUpdateProperties: Object.entries(said).map(([key, value]) => ({ key, value })) });
    }
    pending.clear();
    source()?.updateData({ update });
  }

  function hear(event) {
    const { datastream, time, result } = JSON.parse(event.data);
    const feature = byStream.get(datastream);
    if (!feature || (feature.properties.at && Date.parse(time) <= Date.parse(feature.properties.at))) return;
    pending.set(feature, { ...words(feature.properties, result, kinds), at: time });
    drawing ||= setTimeout(draw, CALM);
  }

  function choose() {
    if (document.hidden) return;
    const bounds = map.getBounds();
    const near = found().features.filter(({ geometry }) => bounds.contains(geometry.coordinates)).slice(0, MOST);
    byStream = new Map(near.map((feature) => [feature.properties.stream, feature]));
    const ids = [...byStream.keys()].sort((a, b) => a - b).join(",");
    if (ids === known) return;
    stream?.close();
    known = ids;
    if (!ids) return;
    stream = new EventSource(`/live?datastreams=${ids}`);
    stream.addEventListener("observation", hear);
  }

  const soon = () => { clearTimeout(timer); timer = setTimeout(choose, SETTLED); };
  map.on("moveend", soon);
  document.addEventListener("visibilitychange", soon);
  addEventListener("pagehide", () => stream?.close());
  return {
    restart: () => { known = ""; soon(); },
    rest: () => { clearTimeout(timer); stream?.close(); known = ""; byStream = new Map(); },
  };
}
