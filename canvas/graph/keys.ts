import type { JourneyDocument } from "../types";

/** A short key that no card of the document has: the kind's initials and a number, "se1" for send_email. */
export function shortKey(kind: string, doc: JourneyDocument): string {
  const initials = kind
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean)
    .map((word) => word[0])
    .join("") || "s";
  for (let n = 1; ; n += 1) {
    const key = `${initials}${n}`;
    if (!(key in doc.steps) && !(key in doc.triggers)) return key;
  }
}
