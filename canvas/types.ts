// Shapes shared with the server: journeys.md (the document) and the boot data of the canvas page.

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
export type Point = [number, number];

/** A step of the document. `next` maps an outlet to the key of the step it leads to. */
export interface StepNode {
  kind: string;
  name?: string;
  note?: string;
  team?: string | null;
  settings?: JsonObject;
  next?: Record<string, string | null>;
  [field: string]: unknown;
}

/** A way in. Its settings stand beside `kind`; it has the single outlet `next`. */
export interface TriggerNode {
  kind: string;
  name?: string;
  next?: string | null;
  [field: string]: unknown;
}

export type AnyNode = StepNode | TriggerNode;

export interface JourneyDocument {
  format: string;
  name: string;
  description?: string;
  time_zone?: string;
  triggers: Record<string, TriggerNode>;
  steps: Record<string, StepNode>;
  layout?: Record<string, Point>;
  [field: string]: unknown;
}

export type Tone = "entry" | "message" | "decide" | "data" | "flow";

export interface Outlet {
  key: string;
  label: string;
  share?: string | null;
}

export interface Card {
  kind: string;
  title: string;
  summary: string;
  icon: string;
  tone: Tone;
  short: boolean;
  team: string | null;
  outlets: Outlet[];
  known: boolean;
  contentId?: string | null;
}

export interface Kind {
  kind: string;
  label: string;
  icon: string;
  group: string;
  tone: Tone;
  short: boolean;
  description: string;
  defaults: JsonObject;
  outlets: Outlet[];
  summary: string;
}

export interface Catalogue {
  groups: { key: string; label: string }[];
  steps: Kind[];
  triggers: Kind[];
}

export interface Problem {
  severity: "error" | "warning";
  code: string;
  step: string | null;
  field: string | null;
  message: string;
  fix: Fix | null;
}

/** A mend: `patch` is a merge patch of the document (RFC 7396), `url` a page where it can be mended. */
export interface Fix {
  label: string;
  patch?: JsonObject;
  url?: string;
}

export interface StepCounts {
  entered: number;
  inside: number;
  completed: number;
  outlets?: Record<string, number>;
}

export interface Counts {
  steps: Record<string, StepCounts>;
  totals: { entered: number; inside: number; ended: number; goal: number };
  at?: string;
  /** People who are being moved to another version, or put back, at this moment. */
  move?: Move | null;
  /** Told with the live numbers: someone else may pause or stop the journey meanwhile. */
  state?: JourneyInfo["state"];
}

export type InFlight = "finish" | "move";

/** People moved to another version: how far it has come. */
export interface Move {
  id: number;
  state: "moving" | "moved" | "undoing" | "undone";
  total: number;
  moved: number;
  undone: number;
}

/** What differs between two documents, in the reader's words (journeys/changes.py). */
export interface Change {
  part: "journey" | "policy" | "trigger" | "step";
  key: string;
  name: string;
  change: "added" | "removed" | "changed";
  lines: { label: string; before: string; after: string; text: string }[];
}

/** People at one step, and what moving means for them. */
export interface PlannedStep {
  step: string;
  name: string;
  removed: boolean;
  people: number;
  failed: number;
  paused: number;
  released: number;
  about: boolean;
  target: string | null;
  text: string;
}

/** What publishing means for the people inside (journeys/in_flight.py). */
export interface Plan {
  inside: number;
  small: boolean;
  default: InFlight;
  version: number | null;
  next: number;
  released: number;
  steps: PlannedStep[];
  targets: { key: string; name: string }[];
  changes: Change[];
}

export interface JourneyInfo {
  id: string;
  name: string;
  state: "draft" | "live" | "paused" | "stopped" | "archived";
  revision: number | string;
  live_version: number | null;
  next_version: number;
  saved_at: string | null;
  can_edit: boolean;
  can_publish: boolean;
  team: string | null;
}

export interface Team {
  slug: string;
  name: string;
  hue?: number | string;
}

/** A test kept with the journey. `given` is what a simulation takes; `result` how it went on the draft. */
export interface KeptTest {
  id: string;
  name: string;
  given: Record<string, Json>;
  revision: number;
  result: { passed: boolean | null; step: string | null; message: string | null } | null;
}

export interface Urls {
  document: string;
  problems: string;
  simulations: string;
  testPeople: string;
  tests: string;
  replay: string;
  publication: string;
  plan: string;
  versions: string;
  pause: string;
  inspector: string;
  counts: string;
  live: string;
  stepPeople: string;
  profiles: string;
  back: string;
  preferences: string;
}

export interface Boot {
  journey: JourneyInfo;
  document: JourneyDocument;
  cards: Record<string, Card>;
  problems: Problem[];
  catalogue: Catalogue;
  counts: Counts | null;
  /** How many tests are kept with the journey. */
  tests: number;
  /** Whom the canvas opens a test with. */
  test_person?: { id: string; name: string; detail: string; locale: string | null } | null;
  teams: Team[];
  urls: Urls;
  locale: string;
  csrf: string;
  strings: Record<string, string>;
  /** The workspace's zone, for a journey without its own. */
  time_zone?: string;
  /** The company's name, as its customers see it. */
  workspace: string;
}

export interface SaveAnswer {
  document: JourneyDocument;
  revision: number | string;
  saved_at: string;
  problems: Problem[];
  cards: Record<string, Card>;
}

export interface WhyEntry {
  condition?: Json;
  value?: Json;
  result?: boolean | null;
  text?: string;
}

export interface Visit {
  step: string;
  kind: string;
  arrived_at: string;
  left_at: string | null;
  outlet: string | null;
  why: WhyEntry[];
  summary?: string;
}

export interface SimulatedMessage {
  step: string;
  medium: string;
  at: string;
  state: string;
  reason: string | null;
  locale?: string;
  /** Why it is not sent, as a sentence in the reader's language. */
  text?: string | null;
  content: { subject?: string; preheader?: string; html?: string; text?: string; body?: string; [k: string]: unknown } | null;
}

export interface SimulatedEnrolment {
  trigger: string;
  started_at: string;
  ended_at: string | null;
  reason: string | null;
  /** Why the trigger let this person in. */
  why?: WhyEntry[];
  visits: Visit[];
  messages: SimulatedMessage[];
  calls?: SimulatedCall[];
}

/** A webhook as it would be called; all null where the request could not be made. */
export interface SimulatedCall {
  step: string;
  at: string;
  outlet: string;
  text: string;
  method: string | null;
  url: string | null;
  headers: Record<string, string> | null;
  body: string | null;
}

export interface Simulation {
  enrolments: SimulatedEnrolment[];
  not_entered: { trigger: string; at: string; why: WhyEntry[]; text?: string }[];
  warnings: (string | { message: string })[];
}
