// ⌘K, Ctrl K: the search dialog. What is typed becomes the ?q= of each list's link.
(() => {
  const dialog = document.getElementById("search");
  const input = dialog.querySelector("input");
  const links = [...dialog.querySelectorAll("[data-search-url]")];
  if (!/Mac|iPhone|iPad/.test(navigator.platform)) {
    for (const key of document.querySelectorAll("[data-shortcut]")) key.textContent = "Ctrl K";
  }
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
    input.select();
  });
  input.addEventListener("input", () => {
    const text = input.value.trim();
    for (const link of links) {
      link.hidden = !text;
      link.href = `${link.dataset.searchUrl}?q=${encodeURIComponent(text)}`;
      link.querySelector("[data-search-text]").textContent = text;
    }
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      // A search field takes the first Escape for itself, to empty it.
      event.preventDefault();
      dialog.close();
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops = [input, ...dialog.querySelectorAll("a:not([hidden])")];
    const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    event.preventDefault();
    stops[(next + stops.length) % stops.length].focus();
  });
})();
