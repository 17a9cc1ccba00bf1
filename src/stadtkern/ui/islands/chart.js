// SPDX-License-Identifier: EUPL-1.2
// Turns a drawn chart into one whose values can be read off, zoomed and walked through; loaded on request only.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, DataZoomComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([LineChart, BarChart, GridComponent, TooltipComponent, DataZoomComponent, AriaComponent, CanvasRenderer]);

const FONT = "Fira Sans, sans-serif";
const language = document.documentElement.lang || "de";
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--sk-${name}`).trim();

function series({ kind, points, usual, labels }) {
  const main = {
    name: labels.value, type: kind === "count" ? "bar" : "line", data: points, color: ink("accent"),
    showSymbol: false, connectNulls: false, barCategoryGap: "10%", lineStyle: { width: 2 }, sampling: "lttb",
  };
  const compared = {
    name: labels.usual, type: "line", data: usual, color: ink("usual"), showSymbol: false,
    lineStyle: { type: "dashed", width: 2 },
  };
  return usual?.length ? [main, compared] : [main];
}

function options(data, zone) {
  const number = new Intl.NumberFormat(
    language, data.digits == null ? { maximumSignificantDigits: 4 } : { maximumFractionDigits: data.digits });
  const instant = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: zone });
  const short = new Intl.DateTimeFormat(language, {
    day: "numeric", month: "short", ...(data.days > 3 ? {} : { hour: "2-digit", minute: "2-digit" }), timeZone: zone,
  });
  const axis = { axisLine: { lineStyle: { color: ink("line-strong") } }, axisLabel: { color: ink("muted") } };
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    aria: { enabled: true },
    textStyle: { fontFamily: FONT, fontSize: 13 },
    grid: { left: 8, right: 16, top: 16, bottom: 76, containLabel: true },
    xAxis: {
      type: "time", ...axis,
      axisLabel: { color: ink("muted"), hideOverlap: true, formatter: (value) => short.format(value) },
    },
    yAxis: {
      type: "value", ...axis, scale: data.kind !== "count", splitLine: { lineStyle: { color: ink("line") } },
      axisLabel: { color: ink("muted"), formatter: (value) => number.format(value) },
    },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true,
      backgroundColor: ink("surface"), borderColor: ink("line-strong"),
      textStyle: { color: ink("text"), fontFamily: FONT, fontSize: 14 },
      formatter: (items) => [instant.format(items[0].value[0]), ...items.map(({ seriesName, value }) =>
        `${seriesName}: ${value[1] == null ? "–" : `${number.format(value[1])} ${data.unit}`}`)].join("\n"),
    },
    dataZoom: [{ type: "inside" }, {
      type: "slider", height: 36, bottom: 12, textStyle: { color: ink("muted") }, brushSelect: false,
      borderColor: ink("line"), backgroundColor: "transparent", fillerColor: ink("accent-soft"),
      handleStyle: { color: ink("surface"), borderColor: ink("accent") }, moveHandleSize: 0,
      dataBackground: { lineStyle: { color: ink("usual") }, areaStyle: { color: ink("usual-area") } },
      selectedDataBackground: { lineStyle: { color: ink("accent") }, areaStyle: { color: ink("accent-soft") } },
    }],
    series: series(data),
  };
}

export async function show(frame) {
  const answer = await fetch(frame.dataset.chart);
  if (!answer.ok) return;
  const data = await answer.json();
  const picture = frame.querySelector("[data-picture]");
  const stage = document.createElement("div");
  stage.className = "sk-stage";
  stage.tabIndex = 0;
  stage.setAttribute("role", "img");
  stage.setAttribute("aria-label", picture.querySelector("title")?.textContent ?? "");
  picture.replaceChildren(stage);
  frame.querySelectorAll("[data-static]").forEach((key) => key.remove());
  const chart = echarts.init(stage);
  const draw = () => chart.setOption(options(data, frame.dataset.zone), true);
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(() => chart.resize()).observe(stage);
}
