// Test with a customer: what the tester chose, what the simulation answered, and which step is shown.
import { links } from "../graph/document";
import type { Json, JsonObject, KeptTest, SimulatedEnrolment, Simulation, Visit } from "../types";
import type { PersonHit } from "../api";
import type { Editor } from "./editor";
import { Store } from "./store";

export interface Row {
  id: number;
  name: string;
  value: string;
}

export type Happening =
  | { id: number; kind: "event"; name: string; at: string; properties: Row[] }
  | { id: number; kind: "message"; step: string; happened: string; at: string }
  | { id: number; kind: "set"; at: string; properties: Row[] };

/** One of ten customers drawn at random, and what happened to her. */
export interface Drawn {
  person: PersonHit;
  result: Simulation | null;
  failed: boolean;
}

export interface TestState {
  /** One customer, or everybody of the last days. */
  mode: "one" | "replay";
  /** The kept test whose walk is shown. */
  walking: KeptTest | null;
  who: "real" | "made" | "ten";
  ten: Drawn[];
  person: PersonHit | null;
  attributes: Row[];
  consent: boolean;
  start: string;
  days: number;
  happenings: Happening[];
  draws: Record<string, string>;
  running: boolean;
  error: string | null;
  result: Simulation | null;
  enrolment: number;
  shown: number;
  playing: boolean;
}

const DAY = 86_400_000;
const TEN = 10;

/** "3" is a number, "true" a truth, the rest is text: as a marketer writes a value. */
export function readValue(text: string): Json {
  const clean = text.trim();
  if (clean === "true" || clean === "false") return clean === "true";
  return clean !== "" && /^-?\d+(\.\d+)?$/.test(clean) ? Number(clean) : text;
}

export function toObject(rows: Row[]): JsonObject {
  return Object.fromEntries(rows.filter((row) => row.name.trim()).map((row) => [row.name.trim(), readValue(row.value)]));
}

/** Values that satisfy the `entry` tests of a condition, so that the first run gets in. */
export function fitting(condition: unknown): Record<string, string> {
  if (typeof condition !== "object" || condition === null) return {};
  const c = condition as Record<string, unknown>;
  for (const all of [c.all, c.any]) {
    if (Array.isArray(all)) return Object.assign({}, ...all.map(fitting)) as Record<string, string>;
  }
  if (typeof c.entry !== "string") return {};
  const value = Array.isArray(c.value) ? c.value[0] : c.value;
  if (typeof value === "number") {
    const shift: Record<string, number> = { gt: 1, lt: -1 };
    return { [c.entry]: String(value + (shift[String(c.op)] ?? 0)) };
  }
  return { [c.entry]: value === undefined || value === null ? "1" : String(value) };
}

const LINK = "#walk=";

export class TestRun {
  readonly store: Store<TestState>;
  private ids = 0;

  constructor(private readonly editor: Editor) {
    const start = new Date();
    start.setSeconds(0, 0);
    this.store = new Store<TestState>({
      mode: "one", walking: null,
      who: "real", ten: [], person: null, attributes: [], consent: true, start: this.editor.f.wall(start), days: 30, happenings: [], draws: {},
      running: false, error: null, result: null, enrolment: 0, shown: 0, playing: false,
    });
  }

  get state(): TestState { return this.store.get(); }

  row(name = "", value = ""): Row {
    return { id: ++this.ids, name, value };
  }

  enter(propose = true): void {
    const { editor } = this;
    const { start, happenings, attributes } = this.state;
    if (propose && !happenings.length) {
      const trigger = Object.values(editor.doc.triggers).find((node) => typeof node.event === "string" && node.event);
      if (trigger) {
        const values = fitting(trigger.where);
        this.store.set({ happenings: [{
          id: ++this.ids, kind: "event", name: String(trigger.event), at: start,
          properties: Object.entries(values).map(([name, value]) => this.row(name, value)),
        }] });
      }
    }
    if (!attributes.length) {
      const korean = editor.boot.locale.startsWith("ko");
      this.store.set({ attributes: [
        this.row("first_name", korean ? "유진" : "Yujin"), this.row("email", "yujin@example.com"), this.row("phone", "+821012345678"),
        this.row("locale", korean ? "ko" : "en"),
      ] });
    }
    editor.store.set({ testing: true, panel: null, chooser: null, dialog: null, selection: [], road: null, view: "canvas", fit: editor.state.fit + 1 });
  }

  leave(): void {
    this.store.set({ result: null, playing: false, error: null, walking: null, mode: "one" });
    this.editor.store.set({ testing: false, fit: this.editor.state.fit + 1 });
  }

  /** An address that opens this very test; a real person is named by her id alone. */
  link(): string {
    const { who, person, attributes, consent, start, days, happenings, draws } = this.state;
    const url = new URL(window.location.pathname, window.location.href);
    if (who !== "made" && person) url.searchParams.set("test", person.id);
    const made = who === "made" ? { attributes, consent } : {};
    url.hash = `walk=${encodeURIComponent(JSON.stringify({ who: who === "ten" ? "real" : who, start, days, happenings, draws, ...made }))}`;
    return url.href;
  }

  /** What the address tells; the test is run at once. */
  follow(hash: string): void {
    if (!hash.startsWith(LINK)) return;
    let told: Partial<TestState>;
    try {
      told = JSON.parse(decodeURIComponent(hash.slice(LINK.length))) as Partial<TestState>;
    } catch {
      return; // a link that was cut off opens the canvas
    }
    const rows = (given: unknown): Row[] => (Array.isArray(given) ? given : []).map((row: Partial<Row>) => this.row(String(row.name ?? ""), String(row.value ?? "")));
    const happenings = (Array.isArray(told.happenings) ? told.happenings : []).filter((one) => ["event", "message", "set"].includes(one.kind))
      .map((one) => ({ ...one, id: ++this.ids, ...("properties" in one ? { properties: rows(one.properties) } : {}) }));
    const { state } = this;
    this.store.set({
      who: told.who === "made" ? "made" : "real",
      attributes: told.attributes ? rows(told.attributes) : state.attributes,
      consent: told.consent !== false,
      start: typeof told.start === "string" ? told.start : state.start,
      days: Math.max(1, Math.min(400, Number(told.days) || state.days)),
      happenings,
      draws: Object.fromEntries(Object.entries(told.draws ?? {}).map(([step, way]) => [step, String(way)])),
    });
    window.history.replaceState(null, "", window.location.pathname);
    this.enter(false);
    if (this.state.who === "made" || this.state.person) void this.run();
  }

  add(kind: Happening["kind"]): void {
    const last = this.state.happenings.at(-1)?.at ?? this.state.start;
    const { f } = this.editor;
    const at = f.wall(new Date((f.instant(last).getTime() || Date.now()) + 3_600_000));
    const id = ++this.ids;
    const message = Object.entries(this.editor.cards).find(([key, card]) => card.tone === "message" && key in this.editor.doc.steps)?.[0] ?? "";
    const happening: Happening = kind === "event"
      ? { id, kind, name: "", at, properties: [] }
      : kind === "message" ? { id, kind, step: message, happened: "opened", at } : { id, kind, at, properties: [this.row()] };
    this.store.set({ happenings: [...this.state.happenings, happening] });
  }

  change(id: number, part: Partial<Omit<Happening, "id" | "kind">> & Record<string, unknown>): void {
    this.store.set({ happenings: this.state.happenings.map((one) => (one.id === id ? ({ ...one, ...part } as Happening) : one)) });
  }

  drop(id: number): void {
    this.store.set({ happenings: this.state.happenings.filter((one) => one.id !== id) });
  }

  draw(step: string, outlet: string | null): void {
    const { [step]: _old, ...rest } = this.state.draws;
    this.store.set({ draws: outlet ? { ...rest, [step]: outlet } : rest });
  }

  /** What the shown walk was given; a name for it as a test. */
  title(): string {
    const { editor } = this;
    const who = this.state.who !== "made" ? "" : this.state.attributes.find((row) => row.name === "first_name")?.value ?? "";
    const walk = this.current();
    const last = walk?.visits.at(-1)?.step;
    const way = walk ? [editor.title(walk.trigger), ...(last ? [editor.title(last)] : [])].join(" → ") : editor.t("not_entered");
    return who ? `${who}: ${way}` : way;
  }

  request(): Record<string, unknown> {
    const { who, person, attributes, consent, start, days, happenings, draws } = this.state;
    const { f } = this.editor;
    const from = f.instant(start);
    const last = Math.max(from.getTime(), ...happenings.map((one) => f.instant(one.at).getTime()));
    return {
      document: this.editor.doc,
      version: null,
      person: who !== "made"
        ? { id: person?.id }
        : { attributes: toObject(attributes), consents: consent ? "all" : {}, devices: ["ios"], names: ["anonymous_id", "line"], events: [] },
      start: from.toISOString(),
      until: new Date(last + days * DAY).toISOString(),
      events: happenings.map((one) => {
        const timestamp = f.instant(one.at).toISOString();
        if (one.kind === "event") return { event: one.name, properties: toObject(one.properties), timestamp };
        if (one.kind === "message") return { message: one.step, happened: one.happened, timestamp };
        return { set: toObject(one.properties), timestamp };
      }),
      draws,
    };
  }

  async run(): Promise<void> {
    const { editor } = this;
    if (this.state.who === "real" && !this.state.person) {
      this.store.set({ error: editor.t("test_choose_person") });
      return;
    }
    if ([this.state.start, ...this.state.happenings.map((one) => one.at)].some((at) => Number.isNaN(editor.f.instant(at).getTime()))) {
      this.store.set({ error: editor.t("test_bad_time") });
      return;
    }
    await editor.forms.settled();
    if (this.state.who === "ten") await this.runTen();
    else await this.simulate(this.request(), null);
  }

  /** Ten customers at once, drawn anew; two walk at a time, and each shows as soon as she is through. */
  private async runTen(): Promise<void> {
    const { editor } = this;
    this.store.set({ running: true, error: null, ten: [] });
    const drawn = await editor.api.testPeople(TEN);
    if (drawn.result !== "done" || !drawn.answer.results.length) {
      const reason = drawn.result === "done" ? editor.t("ten_nobody") : drawn.result === "offline" ? editor.t("test_offline") : drawn.message;
      this.store.set({ running: false, error: reason });
      return;
    }
    this.store.set({ ten: drawn.answer.results.map((person) => ({ person, result: null, failed: false })) });
    const waiting = [...this.state.ten.keys()];
    const request = this.request();
    const walkOn = async () => {
      for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
        const outcome = await editor.api.simulate({ ...request, person: { id: this.state.ten[place]!.person.id } });
        const change = outcome.result === "done" ? { result: outcome.answer } : { failed: true };
        this.store.set({ ten: this.state.ten.map((one, i) => (i === place ? { ...one, ...change } : one)) });
      }
    };
    await Promise.all([walkOn(), walkOn()]);
    this.store.set({ running: false });
  }

  /** Her walk, as if she had been tested alone. */
  look(drawn: Drawn): void {
    if (!drawn.result) return;
    this.store.set({ person: drawn.person, result: drawn.result, enrolment: 0, shown: 0, playing: false, walking: null });
    this.editor.store.set({ fit: this.editor.state.fit + 1 });
  }

  /** A kept test once more, on the draft as it stands. */
  async walk(test: KeptTest): Promise<void> {
    await this.simulate({ ...test.given, document: this.editor.doc, version: null }, test);
  }

  private async simulate(request: Record<string, unknown>, walking: KeptTest | null): Promise<void> {
    const { editor } = this;
    this.store.set({ running: true, error: null, playing: false, walking });
    const outcome = await editor.api.simulate(request);
    if (outcome.result === "done") {
      this.store.set({ running: false, result: outcome.answer, enrolment: 0, shown: 0 });
      editor.store.set({ fit: editor.state.fit + 1 });
    } else {
      this.store.set({ running: false, error: outcome.result === "offline" ? editor.t("test_offline") : outcome.message });
    }
  }

  show(shown: number): void {
    const count = this.stations().length;
    this.store.set({ shown: Math.max(0, Math.min(shown, count - 1)) });
  }

  current(): SimulatedEnrolment | null {
    return this.state.result?.enrolments[this.state.enrolment] ?? null;
  }

  /** The trigger, then every visit. */
  stations(): { key: string; visit: Visit | null }[] {
    const enrolment = this.current();
    return enrolment ? [{ key: enrolment.trigger, visit: null }, ...enrolment.visits.map((visit) => ({ key: visit.step, visit }))] : [];
  }

  setup(): void {
    this.store.set({ result: null, playing: false, walking: null });
  }

  /** Roads between one station and the next, as pairs of card and outlet. */
  taken(): { from: string; outlet: string }[] {
    const stations = this.stations();
    const all = links(this.editor.doc);
    return stations.slice(0, -1).flatMap(({ key, visit }, i) => {
      const to = stations[i + 1]!.key;
      const found = all.find((link) => link.from === key && link.to === to && (!visit?.outlet || link.outlet === visit.outlet));
      return found ? [{ from: key, outlet: found.outlet }] : [];
    });
  }
}
