// The document is saved 600 ms after the last change. What could not be saved stays in this browser (unsaved.ts) and is
// tried again; a revision that someone else made is never overwritten unasked.
import type { JourneyDocument } from "../types";
import type { Editor } from "./editor";
import { UnsavedPlace } from "./unsaved";

const PAUSE_MS = 600;
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 30_000;

export class Autosave {
  private saved: JourneyDocument;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private busy = false;
  private retry = FIRST_RETRY_MS;
  private readonly place: UnsavedPlace;
  private recovering = false;
  private unsubscribe: () => void = () => {};

  constructor(private readonly editor: Editor) {
    this.saved = editor.doc;
    this.place = new UnsavedPlace(editor.boot.journey.id);
  }

  start(): () => void {
    void this.recover();
    this.unsubscribe = this.editor.store.subscribe(() => this.changed());
    const online = () => this.editor.state.save === "offline" && this.later(0);
    const leave = (event: BeforeUnloadEvent) => {
      if (this.dirty || this.editor.state.asking) event.preventDefault();
    };
    window.addEventListener("online", online);
    window.addEventListener("beforeunload", leave);
    return () => {
      this.unsubscribe();
      clearTimeout(this.timer);
      window.removeEventListener("online", online);
      window.removeEventListener("beforeunload", leave);
    };
  }

  get dirty(): boolean {
    return this.editor.doc !== this.saved;
  }

  private changed(): void {
    const { editor } = this;
    if (editor.doc === this.seen) return;
    this.seen = editor.doc;
    if (!this.dirty) return;
    this.keep();
    if (editor.state.save === "stale") return;
    if (editor.state.save !== "saving") editor.store.set({ save: editor.state.save === "offline" ? "offline" : "waiting", saveMessage: null });
    if (!this.busy) this.later(PAUSE_MS);
  }

  private seen: JourneyDocument | null = null;

  private later(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), ms);
  }

  /** Save what is there now, if anything; resolves when nothing is left to save or saving failed. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    await this.editor.forms.settled();
    while (this.busy) await new Promise((resolve) => setTimeout(resolve, 50));
    if (this.dirty) await this.save();
    return !this.dirty;
  }

  async save(): Promise<void> {
    const { editor } = this;
    if (this.busy || !this.dirty || !editor.state.journey.can_edit) return;
    this.busy = true;
    const { doc } = editor;
    editor.store.set({ save: "saving" });
    const outcome = await editor.api.save(doc, editor.state.journey.revision);
    this.busy = false;
    if (outcome.result === "saved") {
      const { answer } = outcome;
      this.retry = FIRST_RETRY_MS;
      this.saved = doc;
      const unchanged = editor.doc === doc;
      // Cards of steps that were edited meanwhile are newer here than in the answer.
      const cards = { ...editor.cards };
      for (const [key, card] of Object.entries(answer.cards)) {
        const same = editor.doc.steps[key] === doc.steps[key] && editor.doc.triggers[key] === doc.triggers[key];
        if (same) cards[key] = card;
      }
      editor.refreshCards(cards);
      const journey = { ...editor.state.journey, revision: answer.revision, saved_at: answer.saved_at };
      const problems = unchanged ? answer.problems : answer.problems.filter((p) => !p.step || p.step in editor.doc.steps || p.step in editor.doc.triggers);
      editor.store.set({ journey, problems, save: unchanged ? "saved" : "waiting", saveMessage: null });
      if (unchanged) this.forget();
      else {
        this.keep();
        this.later(PAUSE_MS);
      }
    } else if (outcome.result === "offline") {
      editor.store.set({ save: "offline" });
      this.later(this.retry);
      this.retry = Math.min(this.retry * 2, LAST_RETRY_MS);
    } else if (outcome.result === "stale") {
      editor.store.set({ save: "stale", dialog: "stale" });
    } else {
      editor.store.set({ save: "refused", saveMessage: outcome.message });
      editor.toast(editor.t("save_refused", { why: outcome.message }), null, true);
    }
  }

  /** Someone else saved meanwhile; write this document over theirs after all. */
  async overwrite(revision: number | string): Promise<void> {
    const { editor } = this;
    editor.store.set({ journey: { ...editor.state.journey, revision }, save: "waiting", dialog: null });
    await this.save();
  }

  discard(): void {
    this.forget();
    this.saved = this.editor.doc;
    window.location.reload();
  }

  private keep(): void {
    this.place.keep({ revision: this.editor.state.journey.revision, document: this.editor.doc });
  }

  private forget(): void {
    this.place.forget();
  }

  private async recover(): Promise<void> {
    const { editor } = this;
    if (!editor.canEdit || this.recovering) return;
    this.recovering = true;
    const kept = await this.place.adopt(() => !this.dirty);
    if (!kept) return;
    const stale = String(kept.revision) !== String(editor.state.journey.revision);
    editor.edit(kept.document, this.cardsFor(kept.document));
    if (stale) editor.store.set({ save: "stale", dialog: "stale" });
    else {
      editor.toast(editor.t("recovered"), { label: editor.t("undo"), run: () => editor.undo() });
      editor.store.set({ save: "waiting" });
      this.later(0);
    }
  }

  private cardsFor(doc: JourneyDocument) {
    const { editor } = this;
    const cards = { ...editor.cards };
    const missing = [
      ...Object.entries(doc.triggers).map(([key, node]) => ({ key, node, trigger: true })),
      ...Object.entries(doc.steps).map(([key, node]) => ({ key, node, trigger: false })),
    ].filter(({ key, node }) => {
      const card = cards[key];
      if (card && node.name) cards[key] = { ...card, title: node.name }; // shown at once; the server says the rest
      return !card;
    });
    for (const { key, node, trigger } of missing) {
      const kind = editor.kindOf(node.kind, trigger);
      cards[key] = {
        kind: node.kind, title: node.name ?? kind?.label ?? node.kind, summary: kind?.summary ?? "", icon: kind?.icon ?? "circle-help",
        tone: kind?.tone ?? "flow", short: kind?.short ?? false, team: null, outlets: kind?.outlets ?? [], known: Boolean(kind),
      };
    }
    return cards;
  }
}
