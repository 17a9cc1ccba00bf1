// SPDX-License-Identifier: EUPL-1.2
// Lets a form with `data-passkey` ask the browser for a passkey (`get`) or make one (`create`), and send what it says.
// The question lies in the element named by `data-options`, or is fetched from `data-ask` when it is needed.
const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function question(options) {
  const asked = structuredClone(options.publicKey);
  asked.challenge = bytes(asked.challenge);
  if (asked.user) asked.user.id = bytes(asked.user.id);
  for (const list of ["allowCredentials", "excludeCredentials"]) {
    for (const one of asked[list] ?? []) one.id = bytes(one.id);
  }
  return asked;
}

function answer(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function options(form) {
  if (!form.dataset.ask) return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const told = await fetch(form.dataset.ask, { headers: { Accept: "application/json" } });
  if (!told.ok) throw new Error(String(told.status));
  return told.json();
}

async function ask(form) {
  const told = await options(form);
  if (form.dataset.passkey === "get") {
    return navigator.credentials.get({ publicKey: question(told.request_options) });
  }
  const asked = question(told.creation_options);
  const alone = form.elements.passwordless?.checked ?? false;
  asked.authenticatorSelection = {
    ...asked.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone ? { userVerification: "required" } : {}),
  };
  return navigator.credentials.create({ publicKey: asked });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    if (form.dataset.answered) return;
    event.preventDefault();
    const said = form.querySelector("[data-said]");
    said.textContent = "";
    try {
      form.elements.credential.value = JSON.stringify(answer(await ask(form)));
      form.dataset.answered = "yes";
      form.requestSubmit();
    } catch (error) {
      said.textContent = form.dataset.failed;
      console.warn(error);
    }
  });
}
