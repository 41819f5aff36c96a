// The content editor: fields of one language at a time, saved by itself, shown as it arrives.
import { watchTokens } from "./tokens.js";
import { languageTabs, paneTabs } from "./tabs.js";
import { makePreview } from "./preview.js";
import { makeSaving } from "./saving.js";
import { showProblems } from "./problems.js";
import { read, watchRows, write } from "./places.js";

const root = document.querySelector("[data-content-editor]");
const boot = JSON.parse(document.getElementById("content-boot").textContent);
const inputs = [...root.querySelectorAll("[data-field]")];

const state = {
  revision: boot.revision,
  name: boot.name,
  team: boot.team,
  default_locale: boot.defaultLocale,
  variants: boot.variants,
  locale: boot.variants[boot.defaultLocale] ? boot.defaultLocale : Object.keys(boot.variants)[0],
  person: null,
  dark: false,
};

const preview = makePreview(root, boot, state);
const problems = (list) => showProblems(root, boot, list, goTo);
const saving = makeSaving(root, boot, state, problems);
const panes = paneTabs(root.querySelector(".gm-editor__side"));
const languages = languageTabs(root, boot, state, { changed, show });
watchTokens(root);
const rows = watchRows(root, boot, state, { changed, show });

function changed() {
  saving.soon();
  preview.soon();
}

// The fields of the language that is chosen.
function show() {
  const words = state.variants[state.locale] ?? {};
  for (const input of inputs) {
    input.value = read(words, input.dataset.field);
    input.lang = input.classList.contains("gm-source") && boot.medium !== "sms" ? "" : state.locale;
    input.dispatchEvent(new CustomEvent("gm:value"));
  }
  for (const shown of root.querySelectorAll("[data-shown]")) {
    shown.textContent = read(words, shown.dataset.shown);
    shown.lang = state.locale;
  }
  for (const button of root.querySelectorAll("[data-format]")) {
    button.setAttribute("aria-pressed", String(button.dataset.format === words.format));
  }
  rows.draw();
  preview.now();
}

// To the place of a problem: its language, its field, its line.
function goTo(problem) {
  if (problem.locale && state.variants[problem.locale] && problem.locale !== state.locale) languages.choose(problem.locale);
  const input = inputs.find((found) => found.dataset.field === problem.field);
  if (!input) return;
  if (input.closest("#pane-source")) panes.choose("pane-source");
  input.dispatchEvent(new CustomEvent("gm:line", { detail: problem.line }));
  if (input.hidden) return;
  input.focus();
  if (problem.line && input instanceof HTMLTextAreaElement) {
    const lines = input.value.split("\n");
    const start = lines.slice(0, problem.line - 1).join("\n").length + (problem.line > 1 ? 1 : 0);
    input.setSelectionRange(start, start + (lines[problem.line - 1] ?? "").length);
    input.scrollTop = Math.max(0, (problem.line - 4) * 20);
  }
}

for (const input of inputs) {
  input.addEventListener("input", () => {
    write(state.variants[state.locale], input.dataset.field, input.value);
    rows.count();
    changed();
  });
}
for (const button of root.querySelectorAll("[data-format]")) {
  button.addEventListener("click", () => {
    state.variants[state.locale].format = button.dataset.format;
    for (const other of root.querySelectorAll("[data-format]")) other.setAttribute("aria-pressed", String(other === button));
    changed();
  });
}
for (const input of root.querySelectorAll("[data-about]")) {
  input.addEventListener("change", () => {
    if (input.dataset.about === "name" && !input.value.trim()) return;
    state[input.dataset.about] = input.value;
    if (input.dataset.about === "name") document.querySelector("h1").textContent = input.value;
    saving.soon();
  });
}
for (const button of root.querySelectorAll("[data-width]")) {
  button.addEventListener("click", () => {
    for (const other of root.querySelectorAll("[data-width]")) other.setAttribute("aria-pressed", String(other === button));
    root.querySelector("[data-sheet]").dataset.sheet = button.dataset.width;
    preview.measureSoon();
  });
}
root.querySelector("[data-dark]").addEventListener("click", (event) => {
  state.dark = !state.dark;
  event.currentTarget.setAttribute("aria-pressed", String(state.dark));
  preview.now();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-person]");
  if (!button) return;
  state.person = button.dataset.person || null;
  root.querySelector("[data-preview-as]").textContent = state.person ? boot.strings.as.replace("{name}", button.dataset.name) : button.dataset.name;
  button.closest("dialog").close();
  languages.follow(button.dataset.locale);
  preview.now();
});

problems(boot.problems);
// What was typed before this script ran (js/early.js) is kept.
for (const input of inputs) if ("early" in input.dataset) write(state.variants[state.locale], input.dataset.field, input.value);
show();
