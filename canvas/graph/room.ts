// Where a new card goes, and how the cards below make way for it.
import type { Card, JourneyDocument, Point } from "../types";
import { insertAfter, linksInto, moveOnto, place, targetOf, type Added } from "./document";
import { cardSize, GAP_COLUMN, GAP_LABEL, GAP_PLAIN, openOutlets, rectAt, type Rect } from "./geometry";
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

/** Shift a group of new cards to the right until none of them stands on another. */
export function asideOf(
  doc: JourneyDocument, keys: string[], cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>,
): JourneyDocument {
  const group = keys.map((key) => rectAt(doc.layout?.[key] ?? [0, 0], cardSize(cards[key], false)));
  let dx = 0;
  while (dx < 40_000) {
    const shifted = group.map((rect) => ({ ...rect, x: rect.x + dx }));
    if (![...rects.values()].some((other) => shifted.some((rect) => overlaps(rect, other)))) break;
    dx += GAP_COLUMN;
  }
  return place(doc, Object.fromEntries(keys.map((key, i) => [key, [group[i]!.cx + dx, group[i]!.y] as Point])));
}

/** Where a card of this size stands between `from` and `to`; everything further down that the road
 *  leads to moves down as far as is needed. Null when `to` does not lie below `from`. */
function between(
  doc: JourneyDocument, rects: ReadonlyMap<string, Rect>, from: string, to: string, size: { w: number; h: number },
  gapAbove: number, gapBelow: number,
): { at: Point; below: Record<string, Point> } | null {
  const source = rects.get(from);
  const target = rects.get(to);
  if (!source || !target || target.y < source.y) return null;
  const top = source.y + source.h + gapAbove;
  const missing = top + size.h + gapBelow - target.y;
  if (missing <= 0) {
    // There is space already: stand in the middle of the road.
    const y = Math.max(top, Math.min(target.y - gapBelow - size.h, (source.y + source.h + target.y - size.h) / 2));
    return { at: [target.cx, y], below: {} };
  }
  const below: Record<string, Point> = {};
  for (const [key, rect] of rects) {
    if (rect.y >= target.y - 1 && reaches(doc, to, key)) below[key] = [rect.cx, rect.y + missing];
  }
  return { at: [target.cx, top], below };
}

/** The open space behind an outlet that leads nowhere. */
function under(
  doc: JourneyDocument, cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>, from: string, outlet: string,
  size: { w: number; h: number }, gap: number,
): Point {
  const source = rects.get(from);
  const stub = openOutlets(doc, cards, rects, from).find((open) => open.outlet === outlet);
  const aside = stub && stub.dx !== 0 ? Math.sign(stub.dx) * Math.max(Math.abs(stub.dx), 152) : 0;
  // A way that leads nowhere is a problem, so the card has a note, or gets one as soon as it is saved.
  const height = source ? Math.max(source.h, cardSize(cards[from], true).h) : 0;
  return freePlace([(source?.cx ?? 0) + aside, (source ? source.y + height : 0) + gap], size, rects);
}

function gaps(doc: JourneyDocument, cards: Record<string, Card>, from: string, card: Card): [number, number] {
  return [outletsOf(doc, cards, from).length > 1 ? GAP_LABEL : GAP_PLAIN, card.outlets.length > 1 ? GAP_LABEL : GAP_PLAIN];
}

/** Put a new step behind an outlet, and make room for it. */
export function insertWithRoom(
  doc: JourneyDocument, cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>,
  from: string, outlet: string, node: StepNode, card: Card,
): Added {
  const size = cardSize(card, false);
  const [above, below] = gaps(doc, cards, from, card);
  const to = targetOf(doc, from, outlet);
  const room = to ? between(doc, rects, from, to, size, above, below) : null;
  const at = room?.at ?? under(doc, cards, rects, from, outlet, size, above);
  const added = insertAfter(doc, from, outlet, node, card.outlets, at);
  return room ? { ...added, doc: place(added.doc, room.below) } : added;
}

/** Give a new card whose roads are drawn already its place on them. */
export function settle(
  doc: JourneyDocument, cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>, key: string,
): JourneyDocument {
  const card = cards[key];
  const from = linksInto(doc, key)[0];
  if (!card) return doc;
  const size = cardSize(card, false);
  if (!from) return place(doc, { [key]: freePlace([0, 0], size, rects) });
  const [above, below] = gaps(doc, cards, from.from, card);
  const to = card.outlets[0] ? targetOf(doc, key, card.outlets[0].key) : null;
  const room = to ? between(doc, rects, from.from, to, size, above, below) : null;
  return place(doc, { ...room?.below, [key]: room?.at ?? under(doc, cards, rects, from.from, from.outlet, size, above) });
}

/** Move a step behind an outlet, out of the road where it stands, and make room for it. */
export function moveWithRoom(
  doc: JourneyDocument, cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>, key: string, from: string, outlet: string,
): JourneyDocument {
  const card = cards[key];
  const moved = moveOnto(doc, key, from, outlet, card?.outlets ?? []);
  if (moved === doc || !card) return doc;
  const others = new Map([...rects].filter(([other]) => other !== key));
  const size = cardSize(card, false);
  const [above, below] = gaps(doc, cards, from, card);
  const on = card.outlets[0] ? targetOf(moved, key, card.outlets[0].key) : null;
  const room = on ? between(moved, others, from, on, size, above, below) : null;
  const at = room?.at ?? under(doc, cards, others, from, outlet, size, above);
  return place(moved, { ...room?.below, [key]: at });
}
