// <button data-copy="id" data-copied="Copied">: puts the text of #id where one can paste it from.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No permission, or no https: the text is selected, so that a key press copies it.
    getSelection().selectAllChildren(source);
    return;
  }
  dispatchEvent(new CustomEvent("gm:toast", { detail: { text: button.dataset.copied } }));
});
