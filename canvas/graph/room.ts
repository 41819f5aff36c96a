// Where a new card goes, and how the cards below make way for it.
import type { Card, JourneyDocument, Point } from "../types";
import { insertAfter, place, targetOf, type Added } from "./document";
import { cardSize, GAP_COLUMN, GAP_LABEL, GAP_PLAIN, openOutlets, type Rect } from "./geometry";
import { outletsOf, reaches } from "./order";
import type { StepNode } from "../types";

function overlaps(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w + GAP_COLUMN / 2 && b.x < a.x + a.w + GAP_COLUMN / 2 && a.y < b.y + b.h + 12 && b.y < a.y + a.h + 12;
}

/** The nearest free place at or right of `at`. */
export function freePlace(at: Point, size: { w: number; h: number }, rects: ReadonlyMap<string, Rect>): Point {
  let [x] = at;
  for (let tries = 0; tries < 60; tries += 1) {
    const rect: Rect = { cx: x, x: x - size.w / 2, y: at[1], ...size };
    const hit = [...rects.values()].find((other) => overlaps(rect, other));
    if (!hit) break;
    x = hit.x + hit.w + GAP_COLUMN + size.w / 2;
  }
  return [x, at[1]];
}

/** Insert behind an outlet. On a road, everything further down that the road leads to moves down to make room. */
export function insertWithRoom(
  doc: JourneyDocument, cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>,
  from: string, outlet: string, node: StepNode, card: Card,
): Added {
  const source = rects.get(from);
  const size = cardSize(card, false);
  const several = outletsOf(doc, cards, from).length > 1;
  const gapAbove = several ? GAP_LABEL : GAP_PLAIN;
  const gapBelow = card.outlets.length > 1 ? GAP_LABEL : GAP_PLAIN;
  const top = (source ? source.y + source.h : 0) + gapAbove;
  const to = targetOf(doc, from, outlet);
  const target = to ? rects.get(to) : undefined;
  if (!to || !target || !source || target.y < source.y) {
    const stub = openOutlets(doc, cards, rects, from).find((open) => open.outlet === outlet);
    const others = several && stub ? Math.sign(stub.dx) * Math.max(Math.abs(stub.dx), stub.dx === 0 ? 0 : 152) : 0;
    const at = freePlace([(source?.cx ?? 0) + others, top], size, rects);
    return insertAfter(doc, from, outlet, node, card.outlets, at);
  }
  const added = insertAfter(doc, from, outlet, node, card.outlets, [target.cx, top]);
  const missing = top + size.h + gapBelow - target.y;
  if (missing <= 0) {
    // There is space already: stand where the road's middle is.
    const y = Math.max(top, Math.min(target.y - gapBelow - size.h, (source.y + source.h + target.y - size.h) / 2));
    return { ...added, doc: place(added.doc, { [added.key]: [target.cx, y] }) };
  }
  const below: Record<string, Point> = {};
  for (const [key, rect] of rects) {
    if (rect.y >= target.y - 1 && reaches(doc, to, key)) below[key] = [rect.cx, rect.y + missing];
  }
  return { ...added, doc: place(added.doc, below) };
}
