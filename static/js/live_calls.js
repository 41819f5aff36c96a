// The live debugger: asks once a second for what came since, as long as the page is seen and not paused.
(() => {
  const list = document.getElementById("live-calls");
  const form = document.getElementById("live-filter");
  const pause = document.getElementById("live-pause");
  const empty = document.getElementById("live-empty");
  const status = document.getElementById("live-status");
  let last = 0;
  let paused = false;
  let asking = false;
  let fresh = 0;
  const take = () => {
    const mark = list.querySelector("[data-last]");
    if (!mark) return;
    last = mark.dataset.last;
    mark.remove();
  };
  take();
  const query = (extra) => {
    const given = new URLSearchParams(new FormData(form));
    for (const [key, value] of Object.entries(extra)) given.set(key, value);
    return `${list.dataset.url}?${given}`;
  };
  const ask = async (anew) => {
    if (asking && !anew) return;
    asking = true;
    const asked = query({ after: anew ? 0 : last });
    try {
      const answer = await fetch(asked, { headers: { Accept: "text/html" } });
      if (!answer.ok || (paused && !anew) || asked !== query({ after: anew ? 0 : last })) return;
      const box = document.createElement("template");
      box.innerHTML = await answer.text();
      const rows = [...box.content.querySelectorAll("[data-call]")];
      if (anew) list.replaceChildren();
      list.prepend(...rows, box.content.querySelector("[data-last]"));
      take();
      fresh += anew ? 0 : rows.length;
      const all = list.querySelectorAll("[data-call]");
      for (const row of [...all].slice(Number(list.dataset.most))) if (!row.querySelector("details[open]")) row.remove();
      empty.hidden = all.length > 0;
    } catch {
      // The network is away for a moment: the next second asks again.
    } finally {
      asking = false;
    }
  };
  // Spoken seldom: a busy source would never let a screen reader finish.
  setInterval(() => { if (fresh) status.textContent = `+${fresh}`; fresh = 0; }, 15000);
  setInterval(() => { if (!paused && !document.hidden) ask(false); }, 1000);
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.querySelector("[data-label]").textContent = paused ? pause.dataset.resume : pause.dataset.pause;
    for (const icon of pause.querySelectorAll("[data-when]")) icon.hidden = icon.dataset.when !== (paused ? "paused" : "running");
    if (!paused) ask(false);
  });
  let later;
  const filtered = () => {
    clearTimeout(later);
    later = setTimeout(() => { history.replaceState(null, "", `?${new URLSearchParams(new FormData(form))}`); ask(true); }, 250);
  };
  form.addEventListener("input", filtered);
  form.addEventListener("change", filtered);
  form.addEventListener("submit", (event) => { event.preventDefault(); filtered(); });
})();
