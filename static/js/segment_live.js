// The live result of a segment says how old it is, and is counted again while somebody looks at it.
(() => {
  const AGAIN = 30;
  const result = document.getElementById("live-result");
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { style: "narrow" });
  const loaded = Date.now();
  let answered = null; // our own clock, when the newest answer came: the server's may differ
  let told = "";
  setInterval(() => {
    const mark = result.querySelector("[data-live-at]");
    if (!mark || document.hidden) return;
    if (mark.dataset.liveAt !== told) { told = mark.dataset.liveAt; answered = Date.now(); }
    const age = Math.round((Date.now() - (answered ?? loaded)) / 1000);
    mark.textContent = age < 2 ? mark.dataset.live : `${mark.dataset.live}, ${words.format(-age, "second")}`;
    if (age >= AGAIN && !result.contains(document.activeElement)) result.dispatchEvent(new Event("gm:again"));
  }, 1000);
})();
