// The tests kept with the journey: their list, their results, and the problems that failing ones make.
import type { Done } from "../api";
import type { KeptTest, Problem } from "../types";
import type { Autosave } from "./autosave";
import type { Editor } from "./editor";
import { Store } from "./store";
import type { TestRun } from "./testing";

const FAILED = "test_failed";
const AFTER_SAVE_MS = 700;

export interface KeptState {
  tests: KeptTest[] | null;
  busy: boolean;
  error: string | null;
}

export class Kept {
  readonly store = new Store<KeptState>({ tests: null, busy: false, error: null });
  private turn: Promise<void> = Promise.resolve();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly editor: Editor, private readonly autosave: Autosave, private readonly run: TestRun) {}

  /** Results follow every save, when the hands rest: the tests run on the server and hold up no typing. */
  start(): () => void {
    let seen = this.editor.state.journey.revision;
    if (this.any) this.later(0);
    const stop = this.editor.store.subscribe(() => {
      const { revision } = this.editor.state.journey;
      if (revision === seen) return;
      seen = revision;
      if (this.any) this.later(AFTER_SAVE_MS);
    });
    return () => {
      stop();
      clearTimeout(this.timer);
    };
  }

  private get any(): boolean {
    const { tests } = this.store.get();
    return tests ? tests.length > 0 : this.editor.boot.tests > 0;
  }

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), ms);
  }

  async load(): Promise<void> {
    this.listed(await this.editor.api.tests());
  }

  async runAll(): Promise<void> {
    this.store.set({ busy: true });
    this.listed(await this.editor.api.runTests());
  }

  /** What was just seen is what is expected from now on. */
  async keep(): Promise<void> {
    const { editor } = this;
    this.store.set({ busy: true, error: null });
    if (!(await this.autosave.flush())) {
      this.store.set({ busy: false, error: editor.t("test_unsaved") });
      return;
    }
    const { document: _draft, version: _version, ...given } = this.run.request();
    const outcome = await editor.api.keepTest(this.run.title(), given);
    if (this.done(outcome)) {
      editor.toast(editor.t("test_kept"));
      await this.load();
    }
  }

  async accept(test: KeptTest): Promise<void> {
    await this.changed(test, { expect: null });
  }

  async rename(test: KeptTest, name: string): Promise<void> {
    if (name.trim() && name.trim() !== test.name) await this.changed(test, { name: name.trim() });
  }

  async remove(test: KeptTest): Promise<void> {
    if (this.done(await this.editor.api.removeTest(test))) {
      this.editor.toast(this.editor.t("test_removed"));
      await this.load();
    }
  }

  /** One change after the other: each is made to what the one before left. */
  private changed(test: KeptTest, changes: Record<string, unknown>): Promise<void> {
    this.turn = this.turn.then(async () => {
      const latest = this.store.get().tests?.find((one) => one.id === test.id) ?? test;
      this.store.set({ busy: true });
      if (this.done(await this.editor.api.changeTest(latest, changes))) await this.load();
    });
    return this.turn;
  }

  private done(outcome: Done<unknown>): boolean {
    this.store.set({ busy: false, error: outcome.result === "done" ? null : this.reason(outcome) });
    return outcome.result === "done";
  }

  private listed(outcome: Done<{ results: KeptTest[] }>): void {
    if (!this.done(outcome) || outcome.result !== "done") return;
    const tests = outcome.answer.results;
    this.store.set({ tests });
    const others = this.editor.state.problems.filter((problem) => problem.code !== FAILED);
    const failed = tests.flatMap<Problem>(({ result }) => (result?.message
      ? [{ severity: "error", code: FAILED, step: result.step, field: null, message: result.message, fix: null }] : []));
    if (failed.length || others.length !== this.editor.state.problems.length) this.editor.store.set({ problems: [...others, ...failed] });
  }

  private reason(outcome: Exclude<Done<unknown>, { result: "done" }>): string {
    return outcome.result === "offline" ? this.editor.t("test_offline") : outcome.message;
  }
}
