// The keyboard of ui.md section 4. It works while nothing else wants the keys: no field, no dialog.
import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { isTrigger } from "../graph/document";
import { neighbour, pathOrder } from "../graph/order";
import { useTools } from "../state/context";

const SLOT = "gilmok:single-keys";

export function singleKeys(): boolean {
  try {
    return localStorage.getItem(SLOT) !== "off";
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  try {
    localStorage.setItem(SLOT, on ? "on" : "off");
  } catch {
    // Without storage the choice cannot be kept.
  }
}

function writing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

const WAYS = { ArrowDown: "down", ArrowUp: "up", ArrowLeft: "left", ArrowRight: "right" } as const;
const SHIFTS = { ArrowDown: [0, 20], ArrowUp: [0, -20], ArrowLeft: [-20, 0], ArrowRight: [20, 0] } as const;

export function useKeyboard(): void {
  const { editor, test } = useTools();
  const flow = useReactFlow();
  useEffect(() => {
    const current = () => {
      const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.card : undefined;
      return focused ?? editor.state.selection[0] ?? null;
    };
    const chosen = () => {
      const { selection } = editor.state;
      const key = current();
      return key && !selection.includes(key) ? [key] : selection;
    };

    const withCommand = (event: KeyboardEvent): boolean => {
      const key = event.key.toLowerCase();
      if (key === "z") {
        if (event.shiftKey) editor.redo();
        else editor.undo();
      } else if (key === "y") editor.redo();
      else if (key === "d" && chosen().length) editor.duplicate(chosen());
      else return false;
      return true;
    };

    const single = (event: KeyboardEvent): boolean => {
      const key = current();
      const { view } = editor.state;
      const letter = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (letter === "?") editor.dialog("keys");
      else if (letter === "/") document.getElementById("gm-find-step")?.focus();
      else if (letter === "t" && event.shiftKey) editor.tidyUp();
      else if (letter === "t") test.enter();
      else if (letter === "o") editor.store.set({ view: view === "outline" ? "canvas" : "outline" });
      else if (letter === "+" || letter === "=") void flow.zoomIn();
      else if (letter === "-") void flow.zoomOut();
      else if (letter === "0") editor.store.set({ fit: editor.state.fit + 1 });
      else if (letter === "1") void flow.zoomTo(1);
      else if (letter === "a") {
        const way = key ? editor.firstWay(key) : editor.looseEnd();
        editor.choose({ kind: "add", from: key ?? way?.from ?? null, outlet: way?.outlet ?? null });
      } else if (letter === "m" && key && !isTrigger(editor.doc, key)) editor.choose({ kind: "move", key });
      else if (letter === "l" && key && (isTrigger(editor.doc, key) || editor.cards[key]?.outlets.length)) editor.choose({ kind: "connect", from: key, outlet: null });
      else return false;
      return true;
    };

    const walk = (event: KeyboardEvent): boolean => {
      const key = current();
      if (event.key === "Delete" || event.key === "Backspace") {
        const { road } = editor.state;
        if (road) {
          const [from, outlet] = road.split("\u0000");
          if (from && outlet) editor.connect(from, outlet, null);
        } else editor.remove(chosen());
        return true;
      }
      if (event.key === "Escape") {
        const { panel, selection, road } = editor.state;
        if (editor.state.testing) test.leave();
        else if (panel) editor.closePanel();
        else if (selection.length || road) editor.select([]);
        else return false;
        return true;
      }
      if (event.key === "Tab") {
        // From card to card in path order, also to those that are out of view.
        if (!key || !(event.target as HTMLElement).matches(".gm-board [data-card]")) return false;
        const order = pathOrder(editor.doc, editor.cards);
        const next = order[order.indexOf(key) + (event.shiftKey ? -1 : 1)];
        if (next) editor.revealCard(next);
        return Boolean(next);
      }
      const way = WAYS[event.key as keyof typeof WAYS];
      if (!way || !key) return false;
      if (event.altKey) {
        const [dx, dy] = SHIFTS[event.key as keyof typeof SHIFTS];
        editor.nudge(chosen(), dx, dy);
        return true;
      }
      const next = neighbour(editor.doc, editor.cards, key, way);
      if (next) {
        if (editor.state.panel?.kind === "inspector") editor.open(next, true);
        else {
          editor.select([next]);
          editor.revealCard(next);
        }
      }
      return true;
    };

    const down = (event: KeyboardEvent) => {
      if (event.defaultPrevented || editor.state.dialog || editor.state.chooser || event.isComposing) return;
      const target = event.target as HTMLElement;
      const escape = event.key === "Escape" && (editor.state.testing || target.closest(".gm-side"));
      if (writing(target) && !escape) return;
      // Keys belong to the journey, not to whatever button of a pane has the focus.
      if (escape && writing(target)) target.blur(); // what is in the field counts
      const inside = target === document.body || target.closest(".gm-board, .gm-outline, .gm-path");
      const command = event.metaKey || event.ctrlKey;
      let done = false;
      if (command && !event.altKey) done = withCommand(event);
      else if (!command && (inside || escape)) {
        if (editor.state.testing) done = event.key === "Escape" && walk(event);
        else done = walk(event) || (!event.altKey && singleKeys() && single(event));
      }
      if (done) event.preventDefault();
    };

    const away = (event: ClipboardEvent) => {
      const target = event.target as HTMLElement;
      return editor.state.dialog || editor.state.chooser || editor.state.testing || writing(target) || Boolean(target.closest?.(".gm-side"));
    };
    const copy = (event: ClipboardEvent) => {
      if (away(event) || !window.getSelection()?.isCollapsed) return;
      const text = editor.copy();
      if (!text) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
    };
    const paste = (event: ClipboardEvent) => {
      if (away(event) || !editor.canEdit) return;
      const text = event.clipboardData?.getData("text/plain");
      if (text) {
        editor.paste(text);
        event.preventDefault();
      }
    };

    document.addEventListener("keydown", down);
    document.addEventListener("copy", copy);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("keydown", down);
      document.removeEventListener("copy", copy);
      document.removeEventListener("paste", paste);
    };
  }, [editor, test, flow]);
}
