// Roads are orthogonal with round corners. A fork turns just below the card it leaves, a join just
// above the card it enters; where a card stands in the way, the road takes a free lane beside it.
import type { Card, JourneyDocument } from "../types";
import { isTrigger, links, type Link } from "./document";
import type { Rect } from "./geometry";
import { outletsOf } from "./order";

const LEAD = 15;
const RADIUS = 12;
const CLEAR = 10;

export interface Road extends Link {
  id: string;
  d: string;
  /** Middle of the label, and of the button that adds a step. */
  lx: number;
  ly: number;
  /** The arrow's point. */
  tx: number;
  ty: number;
  label: string | null;
  share: string | null;
}

export const roadId = (from: string, outlet: string) => `${from}\u0000${outlet}`;

type Corner = [number, number];

/** A path through the corners, each rounded as far as its two legs allow. */
function pathThrough(corners: Corner[]): string {
  const first = corners[0]!;
  let d = `M${first[0]} ${first[1]}`;
  for (let i = 1; i < corners.length; i += 1) {
    const [x, y] = corners[i]!;
    const after = corners[i + 1];
    if (!after) {
      d += `L${x} ${y}`;
      continue;
    }
    const [px, py] = corners[i - 1]!;
    const r = Math.min(RADIUS, (Math.abs(x - px) + Math.abs(y - py)) / 2, (Math.abs(after[0] - x) + Math.abs(after[1] - y)) / 2);
    const inX = x - Math.sign(x - px) * r;
    const inY = y - Math.sign(y - py) * r;
    d += `L${inX} ${inY}Q${x} ${y} ${x + Math.sign(after[0] - x) * r} ${y + Math.sign(after[1] - y) * r}`;
  }
  return d;
}

function straightened(corners: Corner[]): Corner[] {
  return corners.filter(([x, y], i) => {
    const before = corners[i - 1];
    const after = corners[i + 1];
    if (!before || !after) return true;
    return !((before[0] === x && after[0] === x) || (before[1] === y && after[1] === y));
  });
}

class Obstacles {
  constructor(private readonly rects: Rect[], private readonly ends: Rect[]) {}

  vertical(x: number, y1: number, y2: number): boolean {
    const [low, high] = y1 < y2 ? [y1, y2] : [y2, y1];
    return !this.rects.some((r) =>
      r.x - CLEAR < x && x < r.x + r.w + CLEAR && r.y < high && r.y + r.h > low && !this.ends.includes(r));
  }

  horizontal(y: number, x1: number, x2: number): boolean {
    const [left, right] = x1 < x2 ? [x1, x2] : [x2, x1];
    return !this.rects.some((r) =>
      r.y - 4 < y && y < r.y + r.h + 4 && r.x < right && r.x + r.w > left && !this.ends.includes(r));
  }

  /** The free column nearest to `x`, counted from the sides of the cards. */
  lane(x: number, y1: number, y2: number, extra: number[]): number {
    const sides = [x, ...extra, ...this.rects.flatMap((r) =>
      r.y < Math.max(y1, y2) && r.y + r.h > Math.min(y1, y2) ? [r.x - 18, r.x + r.w + 18] : [])];
    sides.sort((a, b) => Math.abs(a - x) - Math.abs(b - x));
    return sides.find((side) => this.vertical(side, y1, y2)) ?? x;
  }
}

function cornersOf(a: Rect, b: Rect, low: boolean, shift: number, rects: Rect[]): { corners: Corner[]; turn: number; column: number } {
  const x1 = a.cx;
  const y1 = a.y + a.h;
  const x2 = b.cx;
  const y2 = b.y;
  const free = new Obstacles(rects, [a, b]);
  const start: Corner = [x1, y1];
  const end: Corner = [x2, y2];
  const viaLane = (lane: number): { corners: Corner[]; turn: number; column: number } => ({
    corners: [start, [x1, y1 + LEAD], [lane, y1 + LEAD], [lane, y2 - LEAD], [x2, y2 - LEAD], end],
    turn: y1 + LEAD,
    column: lane,
  });
  if (y2 - y1 < 10) {
    // Upwards, a loop: round the outside of both cards. The cards themselves are in the way too.
    const around = new Obstacles(rects, []);
    const right = Math.max(a.x + a.w, b.x + b.w) + 24;
    const left = Math.min(a.x, b.x) - 24;
    const near = Math.abs(right - x1) <= Math.abs(left - x1) ? right : left;
    return viaLane(around.lane(near, y2 - LEAD, y1 + LEAD, [left, right]));
  }
  if (shift !== 0) return viaLane(x2 + shift);
  if (Math.abs(x1 - x2) < 1 && free.vertical(x1, y1, y2)) {
    return { corners: [start, end], turn: y1, column: x2 };
  }
  const turns = [];
  for (let y = y1 + LEAD; y <= y2 - LEAD; y += 13) turns.push(y);
  // Cards that stand close share what space there is.
  const lowest = y2 - y1 < LEAD * 2 ? (y1 + y2) / 2 : y2 - LEAD;
  if (low) turns.reverse();
  if (low && turns[0] !== lowest) turns.unshift(lowest);
  if (!low) turns.push(lowest);
  const turn = turns.find((y) =>
    free.vertical(x1, y1, y) && free.horizontal(y, x1, x2) && free.vertical(x2, y, y2));
  if (turn !== undefined) {
    return { corners: [start, [x1, turn], [x2, turn], end], turn, column: x2 };
  }
  return viaLane(free.lane(low ? x1 : x2, y1 + LEAD, y2 - LEAD, [x2]));
}

export function roadsOf(doc: JourneyDocument, cards: Record<string, Card>, rects: ReadonlyMap<string, Rect>): Road[] {
  const all = links(doc);
  const incoming = new Map<string, number>();
  const twins = new Map<string, Link[]>();
  for (const link of all) {
    incoming.set(link.to, (incoming.get(link.to) ?? 0) + 1);
    const pair = `${link.from}\u0000${link.to}`;
    twins.set(pair, [...(twins.get(pair) ?? []), link]);
  }
  const boxes = [...rects.values()];
  const roads: Road[] = [];
  for (const link of all) {
    const a = rects.get(link.from);
    const b = rects.get(link.to);
    if (!a || !b) continue;
    const outlets = outletsOf(doc, cards, link.from);
    const several = outlets.length > 1 && !isTrigger(doc, link.from);
    const outlet = several ? outlets.find((one) => one.key === link.outlet) : undefined;
    const same = twins.get(`${link.from}\u0000${link.to}`)!;
    const shift = same.length > 1 ? (same.indexOf(link) - (same.length - 1) / 2) * 128 : 0;
    const low = (incoming.get(link.to) ?? 0) > 1 && !several;
    const { corners, turn, column } = cornersOf(a, b, low, shift, boxes);
    const clean = straightened(corners);
    const bottom = column === b.cx ? b.y : b.y - LEAD;
    const straight = clean.length === 2;
    const middle = (turn + bottom) / 2;
    roads.push({
      ...link,
      id: roadId(link.from, link.outlet),
      d: pathThrough(clean),
      lx: column,
      ly: straight ? middle : Math.max(Math.min(middle - 2, turn + 20), Math.min(turn, bottom)),
      tx: b.cx,
      ty: b.y,
      label: outlet?.label ?? null,
      share: outlet?.share ?? null,
    });
  }
  return roads;
}
