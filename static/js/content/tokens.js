// Personal words: a click puts the token where the cursor was, with what stands there when it is missing.
let field = null;

export function watchTokens(root) {
  field = root.querySelector("textarea[data-field]");
  root.addEventListener("focusin", (event) => {
    const found = event.target.closest("[data-field]") ?? event.target.closest(".gm-code")?.querySelector("[data-field]");
    if (found) field = found;
  });
  const dialog = document.getElementById("token-dialog");
  if (!dialog) return;
  const fallback = dialog.querySelector("#token-fallback");
  let chosen = null;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-token]");
    if (!button) return;
    button.closest("dialog")?.close();
    chosen = button.dataset;
    if (!("fallback" in chosen)) return insertToken(`{{ ${chosen.token} }}`);
    dialog.querySelector("[data-token-name]").textContent = button.textContent.trim();
    fallback.value = "";
    dialog.showModal();
    fallback.focus();
  });
  dialog.querySelector("form").addEventListener("submit", () => {
    const words = fallback.value.trim();
    const number = chosen.filter === "number" && /^-?\d+(\.\d+)?$/.test(words);
    const quote = words.includes("'") ? '"' : "'";
    const value = number ? words : quote + words.replaceAll(quote, "") + quote;
    insertToken(`{{ ${[chosen.token, words && `default: ${value}`, chosen.filter].filter(Boolean).join(" | ")} }}`);
  });
}

export function insertToken(text) {
  if (!field) return;
  if (!field.dispatchEvent(new CustomEvent("gm:insert", { detail: text, cancelable: true }))) return;
  field.focus();
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
