// A file goes up in pieces: each says where it belongs, the server says how much it has. Whatever breaks in between, the
// next piece starts where the last good one ended; after a reload the same file is known by its name, size and beginning.
(() => {
  const box = document.getElementById("upload");
  if (!box) return;
  const input = document.getElementById("upload-file");
  const drop = box.querySelector(".gm-drop");
  const shown = document.getElementById("upload-progress");
  const error = document.getElementById("upload-error");
  const status = document.getElementById("upload-status");
  const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  const pieceSize = Number(box.dataset.piece);
  const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  let busy = false;

  const say = (text) => { error.textContent = text; error.hidden = !text; };
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const fingerprint = async (file) => {
    const start = await file.slice(0, 65536).arrayBuffer();
    if (crypto.subtle) return hex(await crypto.subtle.digest("SHA-256", start));
    // Pages without https have no crypto.subtle: a plain sum tells two files apart well enough.
    let sum = 2166136261;
    for (const byte of new Uint8Array(start)) sum = Math.imul(sum ^ byte, 16777619) >>> 0;
    return `fnv-${sum.toString(16)}`;
  };
  const progress = (file, received) => {
    const percent = Math.floor((received / file.size) * 100);
    shown.hidden = false;
    shown.querySelector("[data-file]").textContent = file.name;
    shown.querySelector("[data-percent]").textContent = `${percent}%`;
    shown.querySelector("progress").value = percent;
  };

  // Tries until there is an answer; the pauses grow to 15 s.
  const send = async (url, options) => {
    for (let pause = 500; ; pause = Math.min(pause * 2, 15000)) {
      try {
        const answer = await fetch(url, { ...options, method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" } });
        if (answer.status < 500) { status.textContent = ""; return answer; }
      } catch {
        // No network: the same as a server that is starting again.
      }
      status.textContent = box.dataset.waits;
      await wait(pause);
    }
  };

  const upload = async (file) => {
    if (busy) return;
    say("");
    if (box.dataset.name && (file.name !== box.dataset.name || file.size !== Number(box.dataset.size))) return say(box.dataset.other);
    busy = true;
    input.disabled = true;
    try {
      const begun = await send(box.dataset.new, { body: new URLSearchParams({ name: file.name, size: file.size, fingerprint: await fingerprint(file) }) });
      const found = await begun.json();
      if (!begun.ok) return say(found.error ?? box.dataset.failed);
      const page = box.dataset.page.replace("00000000-0000-0000-0000-000000000000", found.id);
      history.replaceState(null, "", page);
      let received = found.received;
      progress(file, received);
      while (received < file.size) {
        const answer = await send(`${page}piece/?offset=${received}`, { body: file.slice(received, received + pieceSize) });
        const said = await answer.json().catch(() => ({}));
        if (!answer.ok && answer.status !== 409) return say(box.dataset.failed);
        received = said.received;
        progress(file, received);
        if (said.state && said.state !== "uploading") break;
      }
      location.href = page;
    } catch {
      say(box.dataset.failed);
    } finally {
      busy = false;
      input.disabled = false;
    }
  };

  input.addEventListener("change", () => { if (input.files[0]) upload(input.files[0]); });
  for (const name of ["dragover", "dragenter"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => { event.preventDefault(); const file = event.dataTransfer.files[0]; if (file) upload(file); });
  addEventListener("beforeunload", (event) => { if (busy) event.preventDefault(); });
})();
