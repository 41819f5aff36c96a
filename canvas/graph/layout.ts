// Tidy up: dagre decides columns and ranks, the row heights and gaps are ours (ui.md section 4).
import { graphlib, layout as dagreLayout } from "@dagrejs/dagre";
import type { Card, JourneyDocument, Point } from "../types";
import { allKeys, isTrigger, links, place, targetOf } from "./document";
import { cardSize, GAP_COLUMN, GAP_FORK, GAP_LABEL, GAP_PLAIN } from "./geometry";
import { outletsOf, pathOrder } from "./order";

const STUB = " open:";

export function tidy(doc: JourneyDocument, cards: Record<string, Card>, noted: Set<string>): Record<string, Point> {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: GAP_COLUMN, edgesep: 24, ranksep: 60, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  const order = pathOrder(doc, cards);
  const sizes = new Map(order.map((key) => [key, cardSize(cards[key], noted.has(key))]));
  for (const key of order) {
    const { w, h } = sizes.get(key)!;
    graph.setNode(key, { width: w, height: h });
  }
  for (const key of order) {
    const outlets = outletsOf(doc, cards, key);
    for (const outlet of outlets) {
      const to = targetOf(doc, key, outlet.key);
      if (to) graph.setEdge(key, to, {}, outlet.key);
      else if (outlets.length > 1) {
        const stub = `${key}${STUB}${outlet.key}`;
        graph.setNode(stub, { width: 124, height: 20 });
        graph.setEdge(key, stub);
      }
    }
  }
  dagreLayout(graph);

  const ranks = new Map<number, string[]>();
  for (const name of graph.nodes()) {
    const level = Math.round(graph.node(name).y);
    ranks.set(level, [...(ranks.get(level) ?? []), name]);
  }
  const labelled = new Set<string>();
  const incoming = new Map<string, number>();
  for (const link of links(doc)) {
    incoming.set(link.to, (incoming.get(link.to) ?? 0) + 1);
    if (!isTrigger(doc, link.from) && outletsOf(doc, cards, link.from).length > 1) labelled.add(link.to);
  }
  const at: Record<string, Point> = {};
  let y = 0;
  let first = true;
  for (const level of [...ranks.keys()].sort((a, b) => a - b)) {
    const row = ranks.get(level)!;
    const stubs = row.some((name) => name.includes(STUB));
    const gap = row.some((name) => labelled.has(name)) || stubs
      ? GAP_LABEL
      : row.some((name) => (incoming.get(name) ?? 0) > 1) ? GAP_FORK : GAP_PLAIN;
    if (!first) y += gap;
    first = false;
    let height = 0;
    for (const name of row) {
      const size = sizes.get(name);
      if (!size) continue;
      at[name] = [graph.node(name).x, y];
      height = Math.max(height, size.h);
    }
    y += height;
  }
  return straighten(doc, at);
}

/** dagre leaves a straight chain a few pixels off its axis; put it back on it. */
function straighten(doc: JourneyDocument, at: Record<string, Point>): Record<string, Point> {
  const all = links(doc);
  for (const link of all) {
    const a = at[link.from];
    const b = at[link.to];
    if (!a || !b || Math.abs(a[0] - b[0]) > 6) continue;
    b[0] = a[0];
  }
  const xs = Object.values(at).map((point) => point[0]);
  const left = xs.length ? Math.min(...xs) : 0;
  return Object.fromEntries(Object.entries(at).map(([key, [x, y]]) => [key, [Math.round(x - left), y] as Point]));
}

/** Give a place to every card that has none. Without any places the whole journey is laid out. */
export function complete(doc: JourneyDocument, cards: Record<string, Card>, noted: Set<string>): JourneyDocument {
  const missing = allKeys(doc).filter((key) => !doc.layout?.[key]);
  if (missing.length === 0) return doc;
  const placed = allKeys(doc).length - missing.length;
  const ideal = tidy(doc, cards, noted);
  if (placed === 0) return place(doc, ideal);
  const right = Math.max(...Object.values(doc.layout ?? {}).map((point) => point[0]));
  const left = Math.min(...missing.map((key) => ideal[key]?.[0] ?? 0));
  return place(doc, Object.fromEntries(missing.map((key) => {
    const [x, y] = ideal[key] ?? [0, 0];
    return [key, [right + 304 + x - left, y] as Point];
  })));
}
