// SPDX-License-Identifier: EUPL-1.2
// Begins and ends to follow something: asks the browser for leave, and says to the server what it may tell.
const frame = document.querySelector("[data-following]");
const form = frame.querySelector("[data-follow-form]");
const says = frame.querySelector("[data-follow-says]");
const list = frame.querySelector("[data-follow-list]");
const words = frame.dataset;
const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const say = (text) => { says.textContent = text; };

async function registration() {
  await navigator.serviceWorker.register("/sw.js");
  return navigator.serviceWorker.ready;
}

// A subscription made with another key of ours is of no use any more.
async function current(worker) {
  const found = await worker.pushManager.getSubscription();
  const key = found?.options?.applicationServerKey;
  if (!found || !key) return found;
  const same = btoa(String.fromCharCode(...new Uint8Array(key))) === btoa(String.fromCharCode(...bytes(words.key)));
  if (same) return found;
  await found.unsubscribe();
  return null;
}

async function ask(what, subscription) {
  const answer = await fetch(words.address, { method: "POST", body: JSON.stringify({ ...what, subscription }) });
  if (answer.status === 404) return show([], subscription);
  if (!answer.ok) throw new Error(String(answer.status));
  return show((await answer.json()).follows, subscription);
}

function entry(follow, subscription) {
  const item = document.createElement("li");
  const text = document.createElement("div");
  const title = document.createElement(follow.url ? "a" : "span");
  if (follow.url) title.href = follow.url;
  title.textContent = follow.title;
  const when = Object.assign(document.createElement("p"), { className: "sk-small sk-muted", textContent: follow.says });
  text.append(title, when);
  const end = Object.assign(document.createElement("button"), { type: "button", className: "kern-btn kern-btn--secondary" });
  end.append(Object.assign(document.createElement("span"), { className: "kern-label", textContent: words.end }));
  end.setAttribute("aria-label", `${words.end}: ${follow.title}`);
  end.addEventListener("click", () => carefully(async () => {
    await ask({ do: "leave", id: follow.id }, subscription);
    say(words.ended);
    (list.hidden ? frame.querySelector("h1") : list.querySelector("h2")).focus();
  }));
  item.append(text, end);
  return item;
}

function show(follows, subscription) {
  list.querySelector("ul").replaceChildren(...follows.map((follow) => entry(follow, subscription)));
  list.hidden = !follows.length;
}

async function carefully(action) {
  try {
    await action();
  } catch (error) {
    say(error.name === "NotAllowedError" ? words.refused : words.failed);
  }
}

function bound() {
  const field = form.elements.bound;
  if (!field) return null;
  const text = field.value.trim().replace("−", "-").replace(",", ".");
  const number = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  const wrong = document.getElementById("grenze-fehler");
  wrong.hidden = !Number.isNaN(number);
  wrong.textContent = words.bound;
  field.setAttribute("aria-invalid", String(Number.isNaN(number)));
  field.setAttribute("aria-describedby", "grenze-fehler");
  if (Number.isNaN(number)) field.focus();
  return number;
}

async function follow() {
  const limit = bound();
  if (Number.isNaN(limit)) return;
  if (await Notification.requestPermission() !== "granted") {
    say(words.refused);
    return;
  }
  const worker = await registration();
  const subscription = await current(worker)
    ?? await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(words.key) });
  const { kind, name } = form.dataset;
  await ask({ do: "follow", kind, name, bound: limit, above: form.elements.above?.value !== "0" }, subscription);
  say(words.done);
}

async function begin() {
  frame.querySelector("[data-without-script]").hidden = true;
  frame.querySelector("h1").tabIndex = -1;
  if (!able) {
    form?.remove();
    say(words.missing);
    return;
  }
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    carefully(follow);
  });
  frame.querySelector("[data-end-all]").addEventListener("click", () => carefully(async () => {
    if (!confirm(words.sure)) return;
    const subscription = await current(await registration());
    await ask({ do: "leave" }, subscription);
    await subscription?.unsubscribe();
    say(words.ended);
    frame.querySelector("h1").focus();
  }));
  const worker = await navigator.serviceWorker.getRegistration("/");
  const subscription = worker && await current(worker);
  if (subscription) await carefully(() => ask({ do: "list" }, subscription));
}

begin();
