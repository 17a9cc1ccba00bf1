// SPDX-License-Identifier: EUPL-1.2
// Small shapes that tell kinds of places apart without colour; drawn once per colour scheme.
const PATHS = {
  circle: (c, r) => c.arc(0, 0, r, 0, Math.PI * 2),
  square: (c, r) => c.rect(-r * 0.88, -r * 0.88, r * 1.76, r * 1.76),
  triangle: (c, r) => polygon(c, 3, r * 1.15),
  "triangle-down": (c, r) => polygon(c, 3, r * 1.15, Math.PI / 2),
  diamond: (c, r) => polygon(c, 4, r * 1.15),
  hexagon: (c, r) => polygon(c, 6, r * 1.05),
};

function polygon(context, corners, radius, turn = -Math.PI / 2) {
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = (corner / corners) * Math.PI * 2 + turn;
    context.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius);
  }
  context.closePath();
}

export function shape(name, fill, edge, dashed = false) {
  const size = 48;
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d");
  context.translate(size / 2, size / 2);
  context.beginPath();
  (PATHS[name] ?? PATHS.circle)(context, 17);
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = fill === edge ? 3 : 4;
  context.strokeStyle = edge;
  if (dashed) context.setLineDash([7, 5]);
  context.stroke();
  return context.getImageData(0, 0, size, size);
}

export const SHAPES = Object.keys(PATHS);
