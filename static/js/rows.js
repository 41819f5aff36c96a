// A row with data-href opens on a click anywhere in it; the link in it is what keyboards and screen readers use.
addEventListener("click", (event) => {
  const row = event.target.closest?.("[data-href]");
  if (!row || event.target.closest("a, button, input, select, label, summary") || String(getSelection())) return;
  if (event.metaKey || event.ctrlKey) open(row.dataset.href);
  else location.href = row.dataset.href;
});
