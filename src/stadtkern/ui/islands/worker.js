// SPDX-License-Identifier: EUPL-1.2
// Keeps what was looked at, for when there is no network: pages with the time of their state, files by their hash.
const { assets, pages: MOST, offline, says, begins } = self.STADTKERN;
const FILES = "files-1";
const PAGES = "pages-1";
const KEPT_AT = "x-kept-at";
// A page that somebody is signed in to, an export, a board on a wall: those are not ours to keep.
const FOREIGN = /^\/(?:sta|ogc|live|ingest|health|readyz|metrics|catalog|api)(?:[/.]|$)|[?&]mode=/;

// The beginnings of addresses by language; German pages have none.
const languageOf = (url) => Object.keys(begins).find((code) => begins[code] && url.pathname.split("/")[1] === begins[code]) ?? "de";

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    await (await caches.open(FILES)).addAll(assets);
    await Promise.all(Object.values(offline).map(async (path) => keep(path, await fetch(path, { credentials: "omit" }))));
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const known = new Set([FILES, PAGES]);
    await Promise.all((await caches.keys()).filter((name) => !known.has(name)).map((name) => caches.delete(name)));
    const files = await caches.open(FILES);
    const current = new Set(assets);
    for (const request of await files.keys()) {
      if (!current.has(new URL(request.url).pathname)) await files.delete(request);
    }
    const open = await clients.matchAll({ includeUncontrolled: true, type: "window" });
    await Promise.all(open.map((each) => begin(new URL(each.url)).catch(() => {}))); // it is kept when opened again
  })());
});

// The page that was there before us is kept as well, as the browser still has it.
async function begin(url) {
  if (!FOREIGN.test(url.pathname + url.search)) await keep(url.pathname + url.search, await fetch(url.pathname + url.search, { cache: "force-cache" }));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(file(request));
  else if (request.mode === "navigate" && !FOREIGN.test(url.pathname + url.search)) event.respondWith(page(event, url));
});

async function file(request) {
  const kept = await caches.match(request, { cacheName: FILES });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && answer.type === "basic") {
    await (await caches.open(FILES)).put(request, answer.clone());
  }
  return answer;
}

async function page(event, url) {
  try {
    const answer = await fetch(event.request);
    if (worthKeeping(answer)) event.waitUntil(keep(url.pathname + url.search, answer.clone()));
    else if (isPrivate(answer)) event.waitUntil(forget(url));
    return answer;
  } catch (error) {
    const found = await last(url);
    if (found) return found;
    throw error;
  }
}

const isPrivate = (answer) => /no-store/.test(answer.headers.get("cache-control") || "");

function worthKeeping(answer) {
  return answer.ok && !answer.redirected && !isPrivate(answer)
    && (answer.headers.get("content-type") || "").startsWith("text/html");
}

async function keep(path, answer) {
  if (!worthKeeping(answer)) return;
  const headers = new Headers(answer.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  headers.set(KEPT_AT, new Date().toISOString());
  const cache = await caches.open(PAGES);
  await cache.delete(path); // what is put last stands last, and the first goes first
  await cache.put(path, new Response(await answer.blob(), { status: 200, headers }));
  const spare = new Set(Object.values(offline));
  const paths = (await cache.keys()).filter((each) => !spare.has(new URL(each.url).pathname));
  await Promise.all(paths.slice(0, Math.max(0, paths.length - MOST)).map((each) => cache.delete(each)));
}

async function forget(url) {
  await (await caches.open(PAGES)).delete(url.pathname + url.search);
}

async function last(url) {
  const cache = await caches.open(PAGES);
  const language = languageOf(url);
  const found = await cache.match(url.pathname + url.search);
  if (found) return marked(found, language);
  return cache.match(offline[language]);
}

// The page as it was, with a line that says from when it is; nothing in it looks live.
async function marked(found, language) {
  const at = found.headers.get(KEPT_AT);
  const when = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { dateStyle: "long", timeStyle: "short" });
  const { offline: says_, reload } = says[language];
  const note = `<div class="sk-offline" role="status"><p class="sk-width"><span aria-hidden="true">◆</span> ${says_} `
    + `<time datetime="${at}">${when.format(new Date(at))}</time> · <a href="">${reload}</a></p></div>`;
  const text = (await found.text()).replaceAll("sk-fresh--live", "").replace(/<a class="sk-skip".*?<\/a>/, (skip) => skip + note);
  return new Response(text, { status: 200, headers: found.headers });
}

// What somebody follows has turned: the message comes encrypted and says itself what to show.
self.addEventListener("push", (event) => {
  const { title, body, url, tag } = event.data?.json() ?? {};
  if (!title) return;
  event.waitUntil(self.registration.showNotification(title, { body, tag, icon: self.STADTKERN.icon, data: { url } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data?.url || "/", location.origin);
  if (url.origin === location.origin) event.waitUntil(clients.openWindow(url.href));
});

// The push service has given this browser another address: the old one and its secret prove who moves.
self.addEventListener("pushsubscriptionchange", (event) => {
  const old = event.oldSubscription;
  if (!old) return;
  event.waitUntil((async () => {
    const to = event.newSubscription ?? await self.registration.pushManager.subscribe(old.options);
    await fetch("/folgen", { method: "POST", body: JSON.stringify({ do: "move", subscription: old, to }) });
  })());
});
