// Merge patches (RFC 7396), as the server writes them to mend a problem.
import type { JourneyDocument, Json, JsonObject } from "../types";

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What the patch does not name keeps its identity; null takes away, lists are replaced whole. */
export function merge(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

export function patched(doc: JourneyDocument, patch: JsonObject): JourneyDocument {
  return merge(doc as unknown as Json, patch) as unknown as JourneyDocument;
}
