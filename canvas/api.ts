// The only place that talks to the server. Expected refusals are values; a network failure is one of them.
import type { Boot, Counts, InFlight, JourneyDocument, JourneyInfo, Move, Plan, KeptTest, Problem, SaveAnswer, Simulation } from "./types";

export type Saved =
  | { result: "saved"; answer: SaveAnswer }
  | { result: "stale"; revision: number | string | null }
  | { result: "refused"; message: string; retry: boolean }
  | { result: "offline" };

export type Done<T> =
  | { result: "done"; answer: T }
  | { result: "refused"; message: string; problems: Problem[] | null }
  | { result: "offline" };

/** What `publication/` says of the journey afterwards. */
export interface Published {
  state?: JourneyInfo["state"];
  version?: number | null;
  live_version?: number;
  move?: Move | null;
}

export interface PersonHit {
  id: string;
  name: string;
  detail: string;
  locale: string | null;
}

interface ProblemJson {
  title?: string;
  detail?: string;
  revision?: number | string;
  problems?: Problem[];
  errors?: { pointer?: string; detail?: string }[];
}

const JSON_TYPE = "application/json";

async function problemOf(response: Response): Promise<ProblemJson> {
  try {
    return (await response.json()) as ProblemJson;
  } catch {
    return {};
  }
}

function sentence(problem: ProblemJson, response: Response): string {
  const places = (problem.errors ?? []).map((error) => [error.pointer, error.detail].filter(Boolean).join(": "));
  return [problem.detail ?? problem.title ?? `${response.status} ${response.statusText}`, ...places].join(" ");
}

export class Api {
  constructor(private readonly boot: Pick<Boot, "urls" | "csrf">) {}

  private request(url: string, method: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const all: Record<string, string> = { Accept: `${JSON_TYPE}, application/problem+json`, ...headers };
    if (method !== "GET") all["X-CSRFToken"] = this.boot.csrf;
    if (body !== undefined) all["Content-Type"] = JSON_TYPE;
    return fetch(url, {
      method,
      headers: all,
      credentials: "same-origin",
      body: body === undefined ? null : JSON.stringify(body),
    });
  }

  async save(document: JourneyDocument, revision: number | string): Promise<Saved> {
    let response: Response;
    try {
      response = await this.request(this.boot.urls.document, "PUT", document, { "If-Match": `"${revision}"` });
    } catch {
      return { result: "offline" };
    }
    if (response.ok) return { result: "saved", answer: (await response.json()) as SaveAnswer };
    if (response.status >= 500 || response.status === 429 || response.status === 408) return { result: "offline" };
    const problem = await problemOf(response);
    if (response.status === 412) return { result: "stale", revision: problem.revision ?? null };
    return { result: "refused", message: sentence(problem, response), retry: response.status === 400 };
  }

  /** The document as the server has it now, with its revision. */
  async theirs(): Promise<{ document: JourneyDocument; revision: number | string | null } | null> {
    try {
      const response = await this.request(this.boot.urls.document, "GET");
      if (!response.ok) return null;
      const body = (await response.json()) as JourneyDocument | { document: JourneyDocument; revision?: number | string };
      const etag = response.headers.get("ETag")?.replace(/^W\/|"/g, "") ?? null;
      if ("document" in body && typeof body.document === "object") {
        const wrapped = body as { document: JourneyDocument; revision?: number | string };
        return { document: wrapped.document, revision: wrapped.revision ?? etag };
      }
      return { document: body as JourneyDocument, revision: etag };
    } catch {
      return null;
    }
  }

  private async act<T>(url: string, method: string, body?: unknown, headers: Record<string, string> = {}): Promise<Done<T>> {
    let response: Response;
    try {
      response = await this.request(url, method, body, headers);
    } catch {
      return { result: "offline" };
    }
    if (response.ok) {
      const text = await response.text();
      return { result: "done", answer: (text ? JSON.parse(text) : {}) as T };
    }
    const problem = await problemOf(response);
    return { result: "refused", message: sentence(problem, response), problems: problem.problems ?? null };
  }

  /** Only the draft that the person saw is published: the revision goes along. */
  publish(wish: { in_flight: InFlight; plan: Record<string, string | null>; note: string }, revision: number | string): Promise<Done<Published>> {
    return this.act(this.boot.urls.publication, "POST", wish, { "If-Match": `"${revision}"` });
  }

  async plan(): Promise<Plan | null> {
    const outcome = await this.act<Plan>(this.boot.urls.plan, "GET");
    return outcome.result === "done" ? outcome.answer : null;
  }

  stop(): Promise<Done<unknown>> {
    return this.act(this.boot.urls.publication, "DELETE");
  }

  pause(): Promise<Done<unknown>> {
    return this.act(this.boot.urls.pause, "POST", {});
  }

  resume(): Promise<Done<unknown>> {
    return this.act(this.boot.urls.pause, "DELETE");
  }

  simulate(request: Record<string, unknown>): Promise<Done<Simulation>> {
    return this.act(this.boot.urls.simulations, "POST", request);
  }

  /** Customers drawn at random, others with every call. */
  testPeople(count: number): Promise<Done<{ results: PersonHit[] }>> {
    return this.act(`${this.boot.urls.testPeople}?count=${count}`, "GET");
  }

  /** All kept tests; those whose results are older than the draft are run first. */
  tests(): Promise<Done<{ results: KeptTest[] }>> {
    return this.act(this.boot.urls.tests, "GET");
  }

  runTests(): Promise<Done<{ results: KeptTest[] }>> {
    return this.act(`${this.boot.urls.tests}runs/`, "POST", {});
  }

  keepTest(name: string, given: Record<string, unknown>): Promise<Done<KeptTest>> {
    return this.act(this.boot.urls.tests, "POST", { name, given });
  }

  changeTest(test: KeptTest, changes: Record<string, unknown>): Promise<Done<KeptTest>> {
    return this.act(`${this.boot.urls.tests}${test.id}/`, "PATCH", changes, { "If-Match": `"${test.revision}"` });
  }

  removeTest(test: KeptTest): Promise<Done<unknown>> {
    return this.act(`${this.boot.urls.tests}${test.id}/`, "DELETE");
  }

  async counts(): Promise<Counts | null> {
    try {
      const response = await this.request(this.boot.urls.counts, "GET");
      return response.ok ? ((await response.json()) as Counts) : null;
    } catch {
      return null;
    }
  }

  async people(search: string, signal: AbortSignal): Promise<PersonHit[]> {
    const url = new URL(this.boot.urls.profiles, window.location.href);
    url.searchParams.set("search", search);
    const response = await fetch(url, { headers: { Accept: JSON_TYPE }, credentials: "same-origin", signal });
    if (!response.ok) throw new Error(String(response.status));
    const body = (await response.json()) as { results?: Record<string, unknown>[] } | Record<string, unknown>[];
    return (Array.isArray(body) ? body : body.results ?? []).map(personHit);
  }

  /** A fragment of HTML that the server renders for a pane of the canvas. */
  async fragment(url: string, form?: Record<string, string>): Promise<string> {
    const response = await fetch(url, {
      method: form ? "POST" : "GET",
      headers: {
        Accept: "text/html",
        "HX-Request": "true",
        ...(form ? { "X-CSRFToken": this.boot.csrf } : {}),
      },
      credentials: "same-origin",
      body: form ? new URLSearchParams(form) : null,
    });
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  }
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** As the pages show it: enough to tell two people apart. Who needs all of it gives a reason there, which is logged. */
function masked(email: string): string {
  const [name = "", host] = email.split("@");
  return host === undefined || email.includes("•") ? email : `${name.slice(0, Math.min(5, name.length - 1))}•••@…`;
}

function personHit(person: Record<string, unknown>): PersonHit {
  const attributes = (typeof person.attributes === "object" && person.attributes ? person.attributes : {}) as Record<string, unknown>;
  const field = (name: string) => text(person[name]) || text(attributes[name]);
  const parts = [field("first_name"), field("last_name")];
  // A Korean name is written family name first, without a space.
  const joined = (/[가-힣]/.test(parts.join("")) ? parts.reverse().join("") : parts.join(" ")).trim();
  const email = masked(field("email"));
  const name = text(person.display_name) || text(person.name) || text(attributes.name) || joined || email || field("external_id");
  const id = text(person.id) || text(person.public_id);
  const detail = [field("external_id"), email].filter((part) => part && part !== name).slice(0, 2).join(" · ");
  return { id, name: name || id, detail, locale: field("locale") || field("language") || null };
}
