// SPDX-License-Identifier: EUPL-1.2
// Colours that KERN writes in OKLCH, as sRGB: browsers before 2023 do not know them, nor do MapLibre and ECharts.

// https://bottosson.github.io/posts/oklab/, the numbers of CSS Color 4
function srgb(lightness, chroma, hue) {
  const angle = hue * Math.PI / 180;
  const a = chroma * Math.cos(angle);
  const b = chroma * Math.sin(angle);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
  ];
}

function channel(linear) {
  const inside = Math.min(1, Math.max(0, linear));
  const value = inside <= 0.0031308 ? 12.92 * inside : 1.055 * inside ** (1 / 2.4) - 0.055;
  return Math.round(value * 255).toString(16).padStart(2, "0");
}

const written = /oklch\(\s*([\d.]+)%\s+([\d.]+)\s+([\d.]+)\s*\)/g;

// A stylesheet with `#rrggbb` where it said `oklch(…)` without transparency.
export function plain(css) {
  return css.replace(written, (_, lightness, chroma, hue) =>
    `#${srgb(Number(lightness) / 100, Number(chroma), Number(hue)).map(channel).join("")}`);
}
