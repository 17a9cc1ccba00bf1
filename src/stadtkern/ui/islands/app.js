// SPDX-License-Identifier: EUPL-1.2
// Takes up the worker that keeps pages for when there is no network; after everything else is done.
export function keepPages() {
  if (!("serviceWorker" in navigator) || window !== window.top || location.search.includes("mode=")) return;
  addEventListener("load", () => {
    // A browser that forbids it (private windows) goes on without.
    setTimeout(() => navigator.serviceWorker.register("/sw.js").catch(() => {}), 1000);
  });
}
