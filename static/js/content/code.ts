// Turns <textarea data-code> into a code editor with line numbers. The textarea stays the truth for the rest of the page:
// it gets the text and an input event; gm:value, gm:insert and gm:line on it reach the editor.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { html } from "@codemirror/lang-html";
import { HighlightStyle, bracketMatching, foldGutter, foldKeymap, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState } from "@codemirror/state";
import { Decoration, EditorView, MatchDecorator, ViewPlugin, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import type { DecorationSet, ViewUpdate } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const fromPage = Annotation.define<boolean>();

const colours = HighlightStyle.define([
  { tag: [tags.tagName, tags.angleBracket], color: "var(--gm-message-ink)" },
  { tag: tags.attributeName, color: "var(--gm-data-ink)" },
  { tag: [tags.attributeValue, tags.string], color: "var(--gm-brand-ink)" },
  { tag: tags.comment, color: "var(--gm-ink-3)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "0.75rem", color: "var(--gm-ink)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Noto Sans Mono CJK KR', monospace", lineHeight: "1.25rem" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--gm-ink-3)", border: "0" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--gm-hover)" },
  ".cm-cursor": { borderLeftColor: "var(--gm-ink)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { backgroundColor: "var(--gm-picked)" },
  ".cm-selectionMatch": { backgroundColor: "var(--gm-picked)" },
  ".cm-liquid": { backgroundColor: "var(--gm-decide-bg)", color: "var(--gm-decide-ink)", borderRadius: "0.25rem" },
  ".cm-liquid *": { color: "inherit" },
  ".cm-panels": { backgroundColor: "var(--gm-raised)", color: "var(--gm-ink)", borderColor: "var(--gm-line)" },
});

const token = new MatchDecorator({ regexp: /\{\{.*?\}\}|\{%.*?%\}/g, decoration: Decoration.mark({ class: "cm-liquid" }) });
const liquid = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) { this.decorations = token.createDeco(view); }
    update(update: ViewUpdate) { this.decorations = token.updateDeco(update, this.decorations); }
  },
  { decorations: (plugin) => plugin.decorations },
);

for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-code]")) mount(field);

function mount(field: HTMLTextAreaElement) {
  const box = document.createElement("div");
  box.className = "gm-code";
  field.before(box);
  box.append(field);
  field.hidden = true;
  const view = new EditorView({
    parent: box,
    state: EditorState.create({
      doc: field.value,
      extensions: [
        lineNumbers(), foldGutter(), history(), drawSelection(), bracketMatching(), highlightActiveLine(), highlightSelectionMatches(),
        search({ top: true }), html({ autoCloseTags: true }), syntaxHighlighting(colours), look, liquid, EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": field.getAttribute("aria-label") ?? "" }),
        // Tab leaves the editor for who has pressed Escape before: a keyboard is never trapped (CodeMirror's own rule).
        keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged || update.transactions.some((change) => change.annotation(fromPage))) return;
          field.value = update.state.doc.toString();
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }),
      ],
    }),
  });
  view.scrollDOM.tabIndex = 0; // long sources scroll by keyboard, too
  field.addEventListener("gm:value", () => {
    if (field.value === view.state.doc.toString()) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: field.value }, annotations: fromPage.of(true) });
  });
  field.addEventListener("gm:insert", (event) => {
    event.preventDefault();
    view.dispatch(view.state.replaceSelection((event as CustomEvent<string>).detail));
    view.focus();
  });
  field.addEventListener("gm:line", (event) => {
    const line = (event as CustomEvent<number | null>).detail;
    view.focus();
    if (!line || line > view.state.doc.lines) return;
    const found = view.state.doc.line(line);
    view.dispatch({ selection: { anchor: found.from, head: found.to }, effects: EditorView.scrollIntoView(found.from, { y: "center" }) });
  });
}
