// Tidy up: dagre decides columns and ranks, the row heights and gaps are ours (ui.md section 4).
import { graphlib, layout as dagreLayout } from "@dagrejs/dagre";
import type { Card, JourneyDocument, Point } from "../types";
import { allKeys, isTrigger, links, place, targetOf } from "./document";
import { cardSize, GAP_COLUMN, GAP_FORK, GAP_LABEL, GAP_PLAIN } from "./geometry";
import { outletsOf, pathOrder } from "./order";

const STUB = " open:";

type Graph = ReturnType<typeof graphOf>;
type Sizes = Map<string, { w: number; h: number }>;

function graphOf(doc: JourneyDocument, cards: Record<string, Card>, order: string[], sizes: Sizes) {
  const graph = new graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: GAP_COLUMN, edgesep: 24, ranksep: 60, ranker: "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const key of order) {
    const { w, h } = sizes.get(key)!;
    graph.setNode(key, { width: w, height: h });
  }
  for (const key of order) {
    const outlets = outletsOf(doc, cards, key);
    for (const outlet of outlets) {
      const to = targetOf(doc, key, outlet.key);
      // A heavier road is kept shorter: branches start right under their fork and stretch before the join.
      if (to) graph.setEdge(key, to, { weight: outlets.length > 1 ? 3 : 1 }, outlet.key);
      else if (outlets.length > 1) {
        const stub = `${key}${STUB}${outlet.key}`;
        graph.setNode(stub, { width: 124, height: 20 });
        graph.setEdge(key, stub, {}, outlet.key);
      }
    }
  }
  return graph;
}

/** How hard a drawing is to read: crossing roads, and branches that are not in the order of their outlets. */
function cost(graph: Graph): number {
  const edges = graph.edges().map((edge) => ({ from: graph.node(edge.v), to: graph.node(edge.w), source: edge.v }));
  let crossings = 0;
  let inversions = 0;
  for (let i = 0; i < edges.length; i += 1) {
    for (let j = i + 1; j < edges.length; j += 1) {
      const a = edges[i]!;
      const b = edges[j]!;
      if (a.source === b.source) {
        if (a.to.x > b.to.x) inversions += 1;
      } else if (a.from.y < b.to.y && b.from.y < a.to.y && (a.from.x - b.from.x) * (a.to.x - b.to.x) < 0) crossings += 1;
    }
  }
  return crossings * 4 + inversions;
}

export function tidy(doc: JourneyDocument, cards: Record<string, Card>, noted: Set<string>): Record<string, Point> {
  const order = pathOrder(doc, cards);
  const sizes: Sizes = new Map(order.map((key) => [key, cardSize(cards[key], noted.has(key))]));
  // dagre's own ordering may mirror branches; its plain one keeps them but may cross roads. Take the better.
  const ways = order.length > 200 ? [false] : [true, false];
  const graph = ways
    .map((disableOptimalOrderHeuristic) => {
      const candidate = graphOf(doc, cards, order, sizes);
      dagreLayout(candidate, { disableOptimalOrderHeuristic });
      return { candidate, cost: cost(candidate) };
    })
    .sort((a, b) => a.cost - b.cost)[0]!.candidate;

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
