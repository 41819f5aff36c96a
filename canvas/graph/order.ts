// The order in which a person may meet the cards, and the nested form of the same for lists.
import type { Card, JourneyDocument, Outlet } from "../types";
import { allKeys, isTrigger, links, targetOf, TRIGGER_OUTLET } from "./document";

export function outletsOf(doc: JourneyDocument, cards: Record<string, Card>, key: string): Outlet[] {
  if (isTrigger(doc, key)) return [cards[key]?.outlets[0] ?? { key: TRIGGER_OUTLET, label: "" }];
  const known = cards[key]?.outlets ?? [];
  const names = new Set(known.map((outlet) => outlet.key));
  // A step of an unknown kind still shows the roads it has.
  const extra = Object.keys(doc.steps[key]?.next ?? {}).filter((outlet) => !names.has(outlet));
  return extra.length ? [...known, ...extra.map((outlet) => ({ key: outlet, label: outlet }))] : known;
}

/** Depth first along the roads, outlets in their order; then what no road leads to. */
export function pathOrder(doc: JourneyDocument, cards: Record<string, Card>): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (start: string) => {
    const stack = [start];
    while (stack.length) {
      const key = stack.pop()!;
      if (seen.has(key)) continue;
      seen.add(key);
      order.push(key);
      const targets = outletsOf(doc, cards, key).map((outlet) => targetOf(doc, key, outlet.key));
      for (const to of targets.reverse()) if (to && !seen.has(to)) stack.push(to);
    }
  };
  Object.keys(doc.triggers).forEach(visit);
  const entered = new Set(links(doc).map((link) => link.to));
  allKeys(doc).filter((key) => !entered.has(key)).forEach(visit);
  allKeys(doc).forEach(visit);
  return order;
}

export interface OutlineItem {
  key: string;
  outlets: { outlet: Outlet; items: OutlineItem[]; joins: string | null }[];
}

/** Steps that a road from `start` leads to, itself included. */
function reachable(doc: JourneyDocument, start: string): Set<string> {
  const seen = new Set<string>();
  const stack = [start];
  while (stack.length) {
    const key = stack.pop()!;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const to of Object.values(doc.steps[key]?.next ?? {})) if (to && to in doc.steps) stack.push(to);
  }
  return seen;
}

/** Where the branches of a fork come together again: the first step that more than one of them leads to. */
function joinOf(doc: JourneyDocument, targets: string[], order: Map<string, number>): string | null {
  const counts = new Map<string, number>();
  for (const target of targets) for (const key of reachable(doc, target)) counts.set(key, (counts.get(key) ?? 0) + 1);
  const common = [...counts].filter(([, count]) => count > 1).map(([key]) => key);
  const most = Math.max(0, ...common.map((key) => counts.get(key)!));
  const joins = common.filter((key) => counts.get(key) === most).sort((a, b) => order.get(a)! - order.get(b)!);
  return joins.find((join) => joins.every((key) => reachable(doc, join).has(key))) ?? null;
}

/** The journey as nested lists. A straight road is one flat list, and where the branches of a fork
 *  meet again the list goes on below them. Every step is written once; a later road to it only
 *  names it (`joins`). */
export function outline(doc: JourneyDocument, cards: Record<string, Card>): OutlineItem[] {
  const written = new Set<string>();
  const order = new Map(pathOrder(doc, cards).map((key, i) => [key, i]));
  const chain = (start: string, stops: ReadonlySet<string>): OutlineItem[] => {
    const items: OutlineItem[] = [];
    let key: string | null = start;
    while (key && !written.has(key) && !stops.has(key)) {
      written.add(key);
      const outlets = outletsOf(doc, cards, key);
      const item: OutlineItem = { key, outlets: [] };
      items.push(item);
      const only: Outlet | undefined = outlets.length === 1 ? outlets[0] : undefined;
      const to: string | null = only ? targetOf(doc, key, only.key) : null;
      if (only && to && !written.has(to) && !stops.has(to)) {
        key = to;
        continue;
      }
      const targets = [...new Set(outlets.map((outlet) => targetOf(doc, key!, outlet.key)).filter((target): target is string => target !== null))];
      const join: string | null = targets.length > 1 ? joinOf(doc, targets, order) : null;
      const inner = join && !written.has(join) ? new Set([...stops, join]) : stops;
      for (const outlet of outlets) {
        const target = targetOf(doc, key, outlet.key);
        const below = target ? chain(target, inner) : [];
        item.outlets.push({ outlet, items: below, joins: below.length ? null : target });
      }
      key = join && !stops.has(join) ? join : null;
    }
    return items;
  };
  const entered = new Set(links(doc).map((link) => link.to));
  const starts = [...Object.keys(doc.triggers), ...Object.keys(doc.steps).filter((key) => !entered.has(key)), ...allKeys(doc)];
  return starts.flatMap((key) => chain(key, new Set()));
}

/** Neighbours for the arrow keys. */
export function neighbour(
  doc: JourneyDocument, cards: Record<string, Card>, key: string, way: "down" | "up" | "left" | "right",
): string | null {
  if (way === "down") {
    for (const outlet of outletsOf(doc, cards, key)) {
      const to = targetOf(doc, key, outlet.key);
      if (to) return to;
    }
    return null;
  }
  const parents = links(doc).filter((link) => link.to === key);
  const parent = parents[0];
  if (way === "up") return parent?.from ?? null;
  const siblings = parent
    ? [...new Set(outletsOf(doc, cards, parent.from)
        .map((outlet) => targetOf(doc, parent.from, outlet.key))
        .filter((to): to is string => to !== null))]
    : Object.keys(doc.triggers);
  const row = siblings.length > 1 ? siblings : parents.length > 1 ? parents.map((link) => link.from) : siblings;
  const at = row.indexOf(key);
  return at < 0 ? null : row[at + (way === "right" ? 1 : -1)] ?? null;
}

/** True when a road from `key` leads back to `key`, or would if `to` were connected. */
export function reaches(doc: JourneyDocument, from: string, to: string): boolean {
  const seen = new Set<string>();
  const stack = [from];
  while (stack.length) {
    const key = stack.pop()!;
    if (key === to) return true;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const target of Object.values(doc.steps[key]?.next ?? {})) if (target) stack.push(target);
  }
  return false;
}
