import type { JourneyDocument } from "../types";

export interface Difference {
  key: string;
  change: "added" | "removed" | "changed";
}

/** What of `mine` differs from `theirs`, positions left out: nobody loses work by a moved card. */
export function compare(theirs: JourneyDocument, mine: JourneyDocument): Difference[] {
  const a: Record<string, unknown> = { ...theirs.triggers, ...theirs.steps };
  const b: Record<string, unknown> = { ...mine.triggers, ...mine.steps };
  const found: Difference[] = [];
  for (const key of Object.keys(b)) {
    if (!(key in a)) found.push({ key, change: "added" });
    else if (canonical(a[key]) !== canonical(b[key])) found.push({ key, change: "changed" });
  }
  for (const key of Object.keys(a)) if (!(key in b)) found.push({ key, change: "removed" });
  return found;
}

/** The same text for the same value, whatever the order of its members. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined).sort(([x], [y]) => (x < y ? -1 : 1));
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join()}}`;
  }
  return JSON.stringify(value) ?? "null";
}
