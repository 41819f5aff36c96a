// Light or dark. Runs before the first paint: the server has set data-theme when the reader chose one, else the
// system's choice holds and is followed.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { root.dataset.theme = dark.matches ? "gilmok-dark" : "gilmok"; };
  if (!("themeFixed" in root.dataset)) {
    follow();
    dark.addEventListener("change", () => { if (!("themeFixed" in root.dataset)) follow(); });
  }
  addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-toggle]");
    if (!button) return;
    const theme = root.dataset.theme === "gilmok-dark" ? "light" : "dark";
    root.dataset.theme = theme === "dark" ? "gilmok-dark" : "gilmok";
    root.dataset.themeFixed = "";
    const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
    fetch(button.dataset.url, {
      method: "POST",
      headers: { "X-CSRFToken": token, Accept: "application/json" },
      body: new URLSearchParams({ theme }),
    });
    dispatchEvent(new CustomEvent("gm:theme", { detail: theme }));
  });
})();
