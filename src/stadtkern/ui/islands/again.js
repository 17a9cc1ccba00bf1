// SPDX-License-Identifier: EUPL-1.2
// A page that stands in for one that starts: looks quietly until that one is there, and only then gives way.
const EVERY = 2000; // ms

async function look() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
    if (answer.status !== 503) return location.reload();
  } catch {
    // nobody there at all: look again
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
