// SPDX-License-Identifier: EUPL-1.2
// Asks for what is near: where somebody is goes rounded into one request, and into no address.
const frame = document.querySelector("[data-near]");
const says = frame.querySelector("[data-near-says]");
const found = document.querySelector("[data-near-found]");
const button = frame.querySelector("button");

function position() {
  return new Promise((resolve, reject) => {
    navigator.geolocation.getCurrentPosition(resolve, reject, { maximumAge: 60_000, timeout: 15_000 });
  });
}

async function show({ coords }) {
  const body = new URLSearchParams({
    lat: coords.latitude.toFixed(3),
    lon: coords.longitude.toFixed(3),
    umkreis: document.getElementById("umkreis").value,
  });
  const answer = await fetch(frame.dataset.near, { method: "POST", body });
  if (!answer.ok) throw new Error(String(answer.status));
  found.innerHTML = await answer.text();
  says.textContent = "";
  found.querySelector("h2").focus();
}

button.addEventListener("click", async () => {
  button.disabled = true;
  says.textContent = frame.dataset.asking;
  try {
    await show(await position());
  } catch (error) {
    says.textContent = error instanceof GeolocationPositionError && error.code === error.PERMISSION_DENIED
      ? frame.dataset.refused : frame.dataset.failed;
  }
  button.disabled = false;
});

if (!("geolocation" in navigator)) frame.remove();
