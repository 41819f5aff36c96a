// Dragging a kind from the palette, and what lies under the pointer.

export const KIND_TYPE = "application/x-gilmok-kind";

export function writeKind(transfer: DataTransfer, kind: string, trigger: boolean): void {
  transfer.setData(KIND_TYPE, JSON.stringify({ kind, trigger }));
  transfer.effectAllowed = "copy";
}

export function readKind(transfer: DataTransfer): { kind: string; trigger: boolean } | null {
  const text = transfer.getData(KIND_TYPE);
  return text ? (JSON.parse(text) as { kind: string; trigger: boolean }) : null;
}

let marked: Element | null = null;

/** The road, open outlet or card under a point, as a place to insert; `mark` lights it up. */
export function dropTarget(x: number, y: number, except: string | null, mark = false): { from: string; outlet: string } | null {
  const found = document
    .elementsFromPoint(x, y)
    .map((element) => element.closest("[data-from]"))
    .find((element) => element && element.getAttribute("data-from") !== except) ?? null;
  if (marked !== found || !mark) marked?.classList.remove("is-drop");
  marked = mark ? found : null;
  marked?.classList.add("is-drop");
  const from = found?.getAttribute("data-from");
  const outlet = found?.getAttribute("data-outlet");
  return from && outlet ? { from, outlet } : null;
}
