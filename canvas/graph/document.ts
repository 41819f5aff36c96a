// Edits of the journey document. Every function returns a new document and leaves the old one
// untouched, so that undo is keeping the old value, and unchanged cards keep their identity.
import type { AnyNode, JourneyDocument, Outlet, Point, StepNode, TriggerNode } from "../types";
import { shortKey } from "./keys";

/** One way out of a card that leads to a step. */
export interface Link {
  from: string;
  outlet: string;
  to: string;
}

export const TRIGGER_OUTLET = "next";

export function isTrigger(doc: JourneyDocument, key: string): boolean {
  return key in doc.triggers;
}

export function nodeOf(doc: JourneyDocument, key: string): AnyNode | undefined {
  return doc.steps[key] ?? doc.triggers[key];
}

export function allKeys(doc: JourneyDocument): string[] {
  return [...Object.keys(doc.triggers), ...Object.keys(doc.steps)];
}

/** Where an outlet leads; null when it is unconnected or points to a step that does not exist. */
export function targetOf(doc: JourneyDocument, from: string, outlet: string): string | null {
  const trigger = doc.triggers[from];
  const to = trigger ? (outlet === TRIGGER_OUTLET ? trigger.next : null) : doc.steps[from]?.next?.[outlet];
  return to && to in doc.steps ? to : null;
}

export function links(doc: JourneyDocument): Link[] {
  const found: Link[] = [];
  for (const [from, trigger] of Object.entries(doc.triggers)) {
    if (trigger.next && trigger.next in doc.steps) found.push({ from, outlet: TRIGGER_OUTLET, to: trigger.next });
  }
  for (const [from, step] of Object.entries(doc.steps)) {
    for (const [outlet, to] of Object.entries(step.next ?? {})) {
      if (to && to in doc.steps) found.push({ from, outlet, to });
    }
  }
  return found;
}

export function linksInto(doc: JourneyDocument, key: string): Link[] {
  return links(doc).filter((link) => link.to === key);
}

function withNode(doc: JourneyDocument, key: string, node: AnyNode): JourneyDocument {
  return key in doc.triggers
    ? { ...doc, triggers: { ...doc.triggers, [key]: node as TriggerNode } }
    : { ...doc, steps: { ...doc.steps, [key]: node as StepNode } };
}

/** Lead an outlet to a step, or nowhere. A step may not lead to itself, and nothing leads to a trigger. */
export function connect(doc: JourneyDocument, from: string, outlet: string, to: string | null): JourneyDocument {
  if (to !== null && (!(to in doc.steps) || to === from)) return doc;
  const trigger = doc.triggers[from];
  if (trigger) {
    return outlet === TRIGGER_OUTLET && trigger.next !== to ? withNode(doc, from, { ...trigger, next: to }) : doc;
  }
  const step = doc.steps[from];
  if (!step || (step.next?.[outlet] ?? null) === to) return doc;
  const next = { ...step.next };
  if (to === null) delete next[outlet];
  else next[outlet] = to;
  return withNode(doc, from, { ...step, next });
}

export interface Added {
  doc: JourneyDocument;
  key: string;
}

export function addStep(doc: JourneyDocument, node: StepNode, at: Point): Added {
  const key = shortKey(node.kind, doc);
  return { doc: place({ ...doc, steps: { ...doc.steps, [key]: node } }, { [key]: at }), key };
}

export function addTrigger(doc: JourneyDocument, node: TriggerNode, at: Point): Added {
  const key = shortKey("t", doc);
  return { doc: place({ ...doc, triggers: { ...doc.triggers, [key]: node } }, { [key]: at }), key };
}

/** Put a step on the road of `from`'s outlet: the new step takes over what the outlet led to. */
export function insertAfter(
  doc: JourneyDocument, from: string, outlet: string, node: StepNode, outlets: Outlet[], at: Point,
): Added {
  const to = targetOf(doc, from, outlet);
  const added = addStep(doc, node, at);
  let next = connect(added.doc, from, outlet, added.key);
  const through = outlets[0];
  if (to && through) next = connect(next, added.key, through.key, to);
  return { doc: next, key: added.key };
}

/** Put an existing, loose step on a road; its first free outlet goes on to where the road led. */
export function moveOnto(
  doc: JourneyDocument, key: string, from: string, outlet: string, outlets: Outlet[],
): JourneyDocument {
  const to = targetOf(doc, from, outlet);
  if (key === from || key === to || !(key in doc.steps)) return doc;
  let next = lift(doc, [key]);
  const target = targetOf(next, from, outlet) ?? to;
  next = connect(next, from, outlet, key);
  const through = outlets[0];
  return target && through && target !== key ? connect(next, key, through.key, target) : next;
}

/** Where the people of a removed step go on: its only way out, when there is just one that leads on. */
function bridge(doc: JourneyDocument, key: string, gone: Set<string>): string | null {
  const seen = new Set<string>();
  let at: string | null = key;
  while (at && gone.has(at) && !seen.has(at)) {
    seen.add(at);
    const step: StepNode | undefined = doc.steps[at];
    const targets: Set<string> = new Set(
      Object.values(step?.next ?? {}).filter((to): to is string => !!to && to in doc.steps),
    );
    at = targets.size === 1 ? [...targets][0]! : null;
  }
  return at && !gone.has(at) ? at : null;
}

/** Disconnect steps from their surroundings, joining the road behind them. */
function lift(doc: JourneyDocument, keys: string[]): JourneyDocument {
  const gone = new Set(keys);
  let next = doc;
  for (const link of links(doc)) {
    if (!gone.has(link.to) || gone.has(link.from)) continue;
    const on = bridge(doc, link.to, gone);
    next = connect(next, link.from, link.outlet, on === link.from ? null : on);
  }
  for (const key of keys) {
    const step = next.steps[key];
    if (step) next = withNode(next, key, { ...step, next: {} });
  }
  return next;
}

/** Remove cards. The road is joined again behind every removed step that had one way on. */
export function remove(doc: JourneyDocument, keys: string[]): JourneyDocument {
  const lifted = lift(doc, keys);
  const gone = new Set(keys);
  const keep = <T>(part: Record<string, T>) =>
    Object.fromEntries(Object.entries(part).filter(([key]) => !gone.has(key))) as Record<string, T>;
  const next = { ...lifted, triggers: keep(lifted.triggers), steps: keep(lifted.steps) };
  return lifted.layout ? { ...next, layout: keep(lifted.layout) } : next;
}

export function place(doc: JourneyDocument, at: Record<string, Point>): JourneyDocument {
  const layout = { ...doc.layout };
  for (const [key, [x, y]] of Object.entries(at)) layout[key] = [Math.round(x), Math.round(y)];
  return { ...doc, layout };
}

export function rename(doc: JourneyDocument, key: string, name: string): JourneyDocument {
  const node = nodeOf(doc, key);
  if (!node || (node.name ?? "") === name) return doc;
  const { name: _old, ...rest } = node;
  return withNode(doc, key, (name ? { ...rest, name } : rest) as AnyNode);
}

export function setTeam(doc: JourneyDocument, key: string, team: string | null): JourneyDocument {
  const step = doc.steps[key];
  if (!step || (step.team ?? null) === team) return doc;
  const { team: _old, ...rest } = step;
  return withNode(doc, key, (team ? { ...rest, team } : rest) as StepNode);
}

/** Take a card's new settings from its form. Roads are drawn here, so they stay as they are here,
 *  but for outlets that the new settings no longer have. */
export function applySettings(doc: JourneyDocument, key: string, node: AnyNode, outlets: Outlet[]): JourneyDocument {
  const trigger = doc.triggers[key];
  if (trigger) return withNode(doc, key, { ...node, next: trigger.next ?? null } as TriggerNode);
  const step = doc.steps[key];
  if (!step) return doc;
  const known = new Set(outlets.map((outlet) => outlet.key));
  const next = Object.fromEntries(Object.entries(step.next ?? {}).filter(([outlet]) => known.has(outlet)));
  return withNode(doc, key, { ...(node as StepNode), next });
}

/** What the form of the journey as a whole shows. */
export interface Rules {
  description?: string;
  time_zone?: string | null;
  policy?: unknown;
}

export function rulesOf(doc: Rules): Rules {
  const { description, time_zone, policy } = doc;
  return { description: description ?? "", time_zone: time_zone ?? null, policy: policy ?? {} };
}

export function applyRules(doc: JourneyDocument, rules: Rules): JourneyDocument {
  const { time_zone: _zone, ...rest } = doc;
  const { description, time_zone, policy } = rulesOf(rules);
  return { ...rest, description, policy, ...(time_zone ? { time_zone } : {}) } as JourneyDocument;
}

export function renameJourney(doc: JourneyDocument, name: string): JourneyDocument {
  return doc.name === name ? doc : { ...doc, name };
}
