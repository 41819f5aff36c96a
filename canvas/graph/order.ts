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

/** The journey as nested lists. A straight road is one flat list; a step where roads join is
 *  written once, and every later road to it only names it (`joins`). */
export function outline(doc: JourneyDocument, cards: Record<string, Card>): OutlineItem[] {
  const written = new Set<string>();
  const chain = (start: string): OutlineItem[] => {
    const items: OutlineItem[] = [];
    let key: string | null = start;
    while (key) {
      written.add(key);
      const outlets = outletsOf(doc, cards, key);
      const item: OutlineItem = { key, outlets: [] };
      items.push(item);
      const only: Outlet | undefined = outlets.length === 1 ? outlets[0] : undefined;
      const to: string | null = only ? targetOf(doc, key, only.key) : null;
      if (only && to && !written.has(to)) {
        key = to;
        continue;
      }
      for (const outlet of outlets) {
        const target = targetOf(doc, key, outlet.key);
        item.outlets.push({
          outlet,
          items: target && !written.has(target) ? chain(target) : [],
          joins: target,
        });
        const last = item.outlets.at(-1)!;
        if (last.items.length) last.joins = null;
      }
      key = null;
    }
    return items;
  };
  const entered = new Set(links(doc).map((link) => link.to));
  const starts = [...Object.keys(doc.triggers), ...Object.keys(doc.steps).filter((key) => !entered.has(key))];
  const top = starts.flatMap((key) => (written.has(key) ? [] : chain(key)));
  return [...top, ...allKeys(doc).flatMap((key) => (written.has(key) ? [] : chain(key)))];
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
