// Sizes and places of the cards in canvas units. The document keeps the top centre of each card,
// so that cards of different widths stay on one axis.
import type { Card, JourneyDocument, Point } from "../types";
import { allKeys, targetOf } from "./document";
import { outletsOf } from "./order";

export const CARD_WIDTH = 264;
export const SHORT_WIDTH = 212;
const CARD_HEIGHT = 80;
const SHORT_HEIGHT = 38;
const NOTE_HEIGHT = 26;

export const GAP_PLAIN = 28;
export const GAP_FORK = 40;
export const GAP_LABEL = 56;
export const GAP_COLUMN = 40;

export interface Rect {
  cx: number;
  x: number;
  y: number;
  w: number;
  h: number;
}

export function cardSize(card: Card | undefined, noted: boolean): { w: number; h: number } {
  const short = card?.short ?? false;
  return { w: short ? SHORT_WIDTH : CARD_WIDTH, h: (short ? SHORT_HEIGHT : CARD_HEIGHT) + (noted ? NOTE_HEIGHT : 0) };
}

export function rectAt([cx, y]: Point, { w, h }: { w: number; h: number }): Rect {
  return { cx, x: cx - w / 2, y, w, h };
}

export function rectsOf(doc: JourneyDocument, cards: Record<string, Card>, noted: Set<string>): Map<string, Rect> {
  const rects = new Map<string, Rect>();
  for (const key of allKeys(doc)) {
    rects.set(key, rectAt(doc.layout?.[key] ?? [0, 0], cardSize(cards[key], noted.has(key))));
  }
  return rects;
}

/** An outlet that leads nowhere, drawn as a stub with its label under the card. */
export interface OpenOutlet {
  outlet: string;
  label: string;
  /** Distance of the stub from the card's middle. */
  dx: number;
}

export const STUB_TOP = 17;
export const STUB_HEIGHT = 24;
const STUB_STEP = 132;

/** Where the open outlets of a card hang: in the order of its outlets, clear of the labels of its roads. */
export function openOutlets(
  doc: JourneyDocument, cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>, key: string,
): OpenOutlet[] {
  const outlets = outletsOf(doc, cards, key);
  const here = rects.get(key);
  const taken: number[] = [];
  for (const outlet of outlets) {
    const to = targetOf(doc, key, outlet.key);
    const there = to ? rects.get(to) : undefined;
    if (there && here) taken.push(there.cx - here.cx);
  }
  const open: OpenOutlet[] = [];
  outlets.forEach((outlet, index) => {
    if (targetOf(doc, key, outlet.key)) return;
    const side = index >= (outlets.length - 1) / 2 ? 1 : -1;
    let dx = (index - (outlets.length - 1) / 2) * STUB_STEP;
    for (let tries = 0; tries < 20 && taken.some((x) => Math.abs(x - dx) < STUB_STEP - 8); tries += 1) dx += side * 22;
    taken.push(dx);
    open.push({ outlet: outlet.key, label: outlet.label, dx });
  });
  return open;
}
