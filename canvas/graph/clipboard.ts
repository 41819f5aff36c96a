// Copied steps travel as JSON text, so that they can be pasted into another journey or a text editor.
import type { AnyNode, JourneyDocument, Point, StepNode, TriggerNode } from "../types";
import { isTrigger, nodeOf, place } from "./document";
import { shortKey } from "./keys";

const FORMAT = "gilmok.steps/1";

interface Clip {
  format: typeof FORMAT;
  triggers: Record<string, TriggerNode>;
  steps: Record<string, StepNode>;
  layout: Record<string, Point>;
}

export function copy(doc: JourneyDocument, keys: string[]): string {
  const clip: Clip = { format: FORMAT, triggers: {}, steps: {}, layout: {} };
  for (const key of keys) {
    const node = nodeOf(doc, key);
    if (!node) continue;
    if (isTrigger(doc, key)) clip.triggers[key] = node as TriggerNode;
    else clip.steps[key] = node as StepNode;
    const at = doc.layout?.[key];
    if (at) clip.layout[key] = at;
  }
  return JSON.stringify(clip, null, 2);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function read(text: string): Clip | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value.format !== FORMAT || !isRecord(value.steps)) return null;
  const nodes = [...Object.values(value.steps), ...Object.values(isRecord(value.triggers) ? value.triggers : {})];
  if (nodes.length === 0 || !nodes.every((node) => isRecord(node) && typeof node.kind === "string")) return null;
  return {
    format: FORMAT,
    triggers: (isRecord(value.triggers) ? value.triggers : {}) as Clip["triggers"],
    steps: value.steps as Clip["steps"],
    layout: (isRecord(value.layout) ? value.layout : {}) as Clip["layout"],
  };
}

/** Paste copied steps: new keys, roads among them kept, roads to others left open. Null when the text is something else. */
export function paste(doc: JourneyDocument, text: string, at: Point): { doc: JourneyDocument; keys: string[]; from: Record<string, string> } | null {
  const clip = read(text);
  if (!clip) return null;
  let next = doc;
  const renamed: Record<string, string> = {};
  const claim = (old: string, node: AnyNode, trigger: boolean) => {
    const key = shortKey(trigger ? "t" : node.kind, next);
    renamed[old] = key;
    next = trigger
      ? { ...next, triggers: { ...next.triggers, [key]: node as TriggerNode } }
      : { ...next, steps: { ...next.steps, [key]: node as StepNode } };
  };
  for (const [old, node] of Object.entries(clip.triggers)) claim(old, node, true);
  for (const [old, node] of Object.entries(clip.steps)) claim(old, node, false);
  const triggers = { ...next.triggers };
  for (const [old, node] of Object.entries(clip.triggers)) {
    triggers[renamed[old]!] = { ...node, next: (node.next && renamed[node.next]) || null };
  }
  const steps = { ...next.steps };
  for (const [old, node] of Object.entries(clip.steps)) {
    const out: Record<string, string> = {};
    for (const [outlet, to] of Object.entries(node.next ?? {})) {
      const target = to ? renamed[to] : undefined;
      if (target) out[outlet] = target;
    }
    steps[renamed[old]!] = { ...node, next: out };
  }
  const places = Object.values(clip.layout);
  const left = Math.min(...places.map((point) => point[0]));
  const top = Math.min(...places.map((point) => point[1]));
  const layout: Record<string, Point> = {};
  let row = 0;
  for (const [old, key] of Object.entries(renamed)) {
    const point = clip.layout[old];
    layout[key] = point ? [at[0] + point[0] - left, at[1] + point[1] - top] : [at[0], at[1] + 110 * row++];
  }
  return {
    doc: place({ ...next, triggers, steps }, layout),
    keys: Object.values(renamed),
    from: Object.fromEntries(Object.entries(renamed).map(([old, key]) => [key, old])),
  };
}
