// SPDX-License-Identifier: EUPL-1.2
// A rectangle drawn on the small map becomes a choice of the field beside it; the field works without.
const LEAST = 8;

function begin(frame) {
  const map = frame.querySelector(".sk-extent__map");
  const box = frame.querySelector(".sk-extent__box");
  const says = frame.querySelector("[data-extent-says]");
  const field = document.getElementById(frame.dataset.field);
  const [west, south, east, north] = frame.dataset.extent.split(",").map(Number);
  let start = null;

  const place = (event) => {
    const { left, top, width, height } = map.getBoundingClientRect();
    const within = (value) => Math.min(1, Math.max(0, value));
    return { x: within((event.clientX - left) / width), y: within((event.clientY - top) / height), width, height };
  };

  const corners = (end) => ({
    left: Math.min(start.x, end.x), right: Math.max(start.x, end.x),
    top: Math.min(start.y, end.y), bottom: Math.max(start.y, end.y),
  });

  function show(event) {
    const end = place(event);
    const { left, right, top, bottom } = corners(end);
    Object.assign(box.style, {
      left: `${left * 100}%`, top: `${top * 100}%`,
      width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%`,
    });
    box.hidden = false;
    return (right - left) * end.width > LEAST && (bottom - top) * end.height > LEAST;
  }

  function choose(event) {
    const { left, right, top, bottom } = corners(place(event));
    const [lon, lat] = [(x) => west + x * (east - west), (y) => north - y * (north - south)];
    const value = [lon(left), lat(bottom), lon(right), lat(top)].map((n) => n.toFixed(4)).join(",");
    const option = field.querySelector("[data-drawn]") ?? new Option();
    Object.assign(option, { value, textContent: frame.dataset.name });
    option.dataset.drawn = "";
    field.add(option, 1);
    field.value = value;
    says.textContent = says.dataset.extentSays;
  }

  map.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    map.setPointerCapture(event.pointerId);
    start = place(event);
  });
  map.addEventListener("pointermove", (event) => start && show(event));
  map.addEventListener("pointerup", (event) => {
    if (start && show(event)) choose(event);
    else box.hidden = true;
    start = null;
  });
  map.addEventListener("pointercancel", () => { start = null; box.hidden = true; });
}

for (const frame of document.querySelectorAll("[data-extent]")) begin(frame);
