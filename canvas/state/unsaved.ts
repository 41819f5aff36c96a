// What could not be saved yet, kept in this browser (localStorage): one place for each tab, so that two tabs of one journey
// never write over each other. A tab that is gone leaves its place to the next one that opens the journey.
import type { JourneyDocument } from "../types";

export interface Unsaved {
  revision: number | string;
  document: JourneyDocument;
  /** When it was kept or, without locks, last known to be at work. */
  at?: number;
  /** Its tab has closed. */
  left?: boolean;
}

const BEAT_MS = 3_000;
const SILENT_MS = 10_000;

export class UnsavedPlace {
  private readonly prefix: string;
  private readonly own: string;
  private release: (() => void) | null = null;
  private beat: ReturnType<typeof setInterval> | undefined;

  constructor(journey: string) {
    this.prefix = `gilmok:unsaved:${journey}`;
    this.own = `${this.prefix}:${Math.random().toString(36).slice(2)}`;
    window.addEventListener("pagehide", () => this.touch({ left: true }));
    window.addEventListener("pageshow", (event) => event.persisted && this.touch({ left: false }));
  }

  keep(unsaved: Unsaved): void {
    this.write(this.own, { ...unsaved, at: Date.now() });
    this.hold();
  }

  forget(): void {
    try {
      localStorage.removeItem(this.own);
    } catch {
      // A forbidden storage holds nothing.
    }
    this.release?.();
    this.release = null;
    clearInterval(this.beat);
  }

  /** The newest that a closed tab left: it is this tab's from here on, if it still may be. */
  async adopt(may: () => boolean): Promise<Unsaved | null> {
    try {
      const alive = await this.alive();
      const left = Object.keys(localStorage)
        .filter((key) => (key === this.prefix || key.startsWith(`${this.prefix}:`)) && key !== this.own)
        .map((key) => ({ key, kept: this.read(key) }))
        .filter(({ key, kept }) => kept && (kept.left || (alive ? !alive.has(key) : Date.now() - (kept.at ?? 0) > SILENT_MS)))
        .sort((a, b) => (b.kept!.at ?? 0) - (a.kept!.at ?? 0))[0];
      if (!left || !may()) return null;
      localStorage.removeItem(left.key);
      return left.kept;
    } catch {
      return null;
    }
  }

  /** Places whose tabs are open; null where the browser does not tell (pages without https). */
  private async alive(): Promise<Set<string> | null> {
    if (!("locks" in navigator)) return null;
    const { held = [] } = await navigator.locks.query();
    return new Set(held.map((lock) => lock.name ?? ""));
  }

  private hold(): void {
    if (this.release) return;
    if ("locks" in navigator) {
      let free = () => {};
      const gone = new Promise<void>((resolve) => { free = resolve; });
      void navigator.locks.request(this.own, () => gone);
      this.release = free;
    } else {
      this.release = () => {};
      this.beat = setInterval(() => this.touch({ left: false }), BEAT_MS);
    }
  }

  private touch(change: Partial<Unsaved>): void {
    const kept = this.read(this.own);
    if (kept) this.write(this.own, { ...kept, at: Date.now(), ...change });
  }

  private read(key: string): Unsaved | null {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "null") as Unsaved | null;
      return kept?.document?.steps && kept.document.triggers ? kept : null;
    } catch {
      return null;
    }
  }

  private write(key: string, unsaved: Unsaved): void {
    try {
      localStorage.setItem(key, JSON.stringify(unsaved));
    } catch {
      // A full or forbidden storage only loses the safety net; saving itself goes on.
    }
  }
}
