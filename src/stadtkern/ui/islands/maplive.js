// SPDX-License-Identifier: EUPL-1.2
// Lets points move with their values: one stream of events for what is in view, changes drawn together.
const MOST = 2000; // as many as one stream may name
const LONGEST = 6000; // characters of an address that servers in between take
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

// The differences of sorted numbers in base 36: 2,000 numbers in few characters.
function packed(ids) {
  const text = ids.map((id, index) => (id - (ids[index - 1] ?? 0)).toString(36)).join(".");
  return text.length > LONGEST ? packed(ids.slice(0, Math.floor(ids.length * LONGEST / text.length))) : text;
}

export function follow({ map, kinds, found, dense }) {
  let [stream, known, byStream, timer, drawing] = [null, "", new Map(), 0, 0];
  const pending = new Map();

  function draw() {
    drawing = 0;
    const update = [];
    const plain = dense();
    for (const [feature, said] of pending) {
      const turned = feature.properties.mood !== said.mood;
      Object.assign(feature.properties, said);
      // Plain circles show no value: only where the mood turns is there something to draw, without new tiles.
      if (plain && turned) map.setFeatureState({ source: "places", id: feature.id }, { mood: said.mood });
      if (plain) continue;
      update.push({ id: feature.id, addOrUpdateProperties: Object.entries(said).map(([key, value]) => ({ key, value })) });
    }
    pending.clear();
    if (update.length) map.getSource("places")?.updateData({ update });
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
  map.on("moveend", soon);
  document.addEventListener("visibilitychange", soon);
  addEventListener("pagehide", () => stream?.close());
  return {
    restart: () => { known = ""; soon(); },
    rest: () => { clearTimeout(timer); stream?.close(); known = ""; byStream = new Map(); },
  };
}
