// What the canvas knows and shows. The store is read by the views; nothing else holds state.
import { Api } from "../api";
import * as edits from "../graph/document";
import { rectsOf, type Rect } from "../graph/geometry";
import { amend, begin, commit, type History } from "../graph/history";
import { complete } from "../graph/layout";
import { Formats, translator, type Translate } from "../text";
import type { Boot, Card, Counts, JourneyDocument, JourneyInfo, Kind, Problem } from "../types";
import { Forms } from "./forms";
import { Store } from "./store";

export interface Snapshot {
  doc: JourneyDocument;
  cards: Record<string, Card>;
}

export type SaveState = "saved" | "waiting" | "saving" | "offline" | "refused" | "stale";
export type Which = "entered" | "inside" | "completed";

export type Panel =
  | { kind: "inspector"; key: string }
  | { kind: "problems" }
  | { kind: "journey" }
  | { kind: "people"; key: string; which: Which };

export type Dialog = "publish" | "pause" | "resume" | "stop" | "stale" | "keys" | null;

/** A list to choose from with the keyboard: a kind to add, or a card to move behind or connect to. */
export type Chooser =
  | { kind: "add"; from: string | null; outlet: string | null }
  | { kind: "connect"; from: string; outlet: string | null }
  | { kind: "move"; key: string };

export interface Toast {
  id: number;
  text: string;
  action: { label: string; run: () => void } | null;
  alert: boolean;
}

export interface EditorState {
  history: History<Snapshot>;
  journey: JourneyInfo;
  problems: Problem[];
  counts: Counts | null;
  save: SaveState;
  saveMessage: string | null;
  /** A form's answer is still to come. */
  asking: boolean;
  selection: string[];
  road: string | null;
  panel: Panel | null;
  view: "canvas" | "outline";
  dialog: Dialog;
  chooser: Chooser | null;
  toasts: Toast[];
  traffic: boolean;
  testing: boolean;
  /** Bumped to ask the view to show and focus a card. */
  reveal: { key: string; n: number } | null;
  fit: number;
}

/** State, reading it, and showing things; the acts on the document are the Editor's. */
export class Desk {
  readonly api: Api;
  readonly t: Translate;
  readonly f: Formats;
  readonly store: Store<EditorState>;
  readonly forms = new Forms((asking) => this.state.asking !== asking && this.store.set({ asking }));
  private toastCount = 0;
  private rectCache: { doc: JourneyDocument; cards: object; problems: object; rects: Map<string, Rect> } | null = null;

  constructor(readonly boot: Boot) {
    this.api = new Api(boot);
    this.t = translator(boot.strings, boot.locale);
    this.f = new Formats(boot.locale, boot.document.time_zone ?? boot.time_zone);
    const doc: JourneyDocument = { ...boot.document, triggers: boot.document.triggers ?? {}, steps: boot.document.steps ?? {} };
    const noted = new Set(boot.problems.map((problem) => problem.step ?? ""));
    this.store = new Store<EditorState>({
      history: begin({ doc: complete(doc, boot.cards, noted), cards: boot.cards }),
      journey: boot.journey,
      problems: boot.problems,
      counts: boot.counts,
      save: "saved",
      saveMessage: null,
      asking: false,
      selection: [],
      road: null,
      panel: null,
      view: "canvas",
      dialog: null,
      chooser: null,
      toasts: [],
      traffic: true,
      testing: false,
      reveal: null,
      fit: 0,
    });
  }

  get state(): EditorState { return this.store.get(); }
  get doc(): JourneyDocument { return this.state.history.present.doc; }
  get cards(): Record<string, Card> { return this.state.history.present.cards; }
  get canEdit(): boolean { return this.state.journey.can_edit && !this.state.testing; }

  /** Cards with a problem carry a note strip and are taller. */
  noted(): Set<string> {
    return new Set(this.state.problems.map((problem) => problem.step ?? ""));
  }

  rects(): Map<string, Rect> {
    const { problems } = this.state;
    const { doc, cards } = this;
    const cached = this.rectCache;
    if (cached && cached.doc === doc && cached.cards === cards && cached.problems === problems) return cached.rects;
    const rects = rectsOf(doc, cards, this.noted());
    this.rectCache = { doc, cards, problems, rects };
    return rects;
  }

  title(key: string): string {
    return this.cards[key]?.title || edits.nodeOf(this.doc, key)?.name || key;
  }

  kindOf(kind: string, trigger: boolean): Kind | undefined {
    return this.boot.catalogue[trigger ? "triggers" : "steps"].find((one) => one.kind === kind);
  }

  edit(doc: JourneyDocument, cards: Record<string, Card> = this.cards, tag: string | null = null, may = this.canEdit): boolean {
    if (!may || (doc === this.doc && cards === this.cards)) return false;
    this.store.set({ history: commit(this.state.history, { doc, cards }, Date.now(), tag), toasts: this.lastingToasts() });
    return true;
  }

  /** Without those that offer to undo: the next undo is about something else from here on. */
  protected lastingToasts(): Toast[] {
    return this.state.toasts.filter((toast) => !toast.action);
  }

  /** Cards as the server wrote them, without a new entry in the history. */
  refreshCards(cards: Record<string, Card>): void {
    const { history } = this.state;
    this.store.set({ history: amend(history, { ...history.present, cards }) });
  }

  showCounts(counts: Counts): void {
    const { journey } = this.state;
    const state = counts.state ?? journey.state;
    this.store.set({ counts, journey: state === journey.state ? journey : { ...journey, state } });
  }

  select(selection: string[]): void {
    this.store.set({ selection, road: null });
  }

  open(key: string, reveal = false): void {
    this.store.set({ selection: [key], road: null, chooser: null, panel: { kind: "inspector", key } });
    if (reveal) this.revealCard(key);
  }

  revealCard(key: string): void {
    this.store.set({ reveal: { key, n: (this.state.reveal?.n ?? 0) + 1 } });
  }

  closePanel(): void {
    const { panel } = this.state;
    this.store.set({ panel: null });
    if (panel && "key" in panel) this.revealCard(panel.key);
  }

  choose(chooser: Chooser | null): void {
    if (chooser && !this.canEdit) return;
    this.store.set({ chooser });
  }

  dialog(dialog: Dialog): void {
    this.store.set({ dialog });
  }

  toast(text: string, action: Toast["action"] = null, alert = false): void {
    const toast: Toast = { id: ++this.toastCount, text, action, alert };
    this.store.set({ toasts: [...this.state.toasts.slice(-2), toast] });
  }

  dismiss(id: number): void {
    this.store.set({ toasts: this.state.toasts.filter((toast) => toast.id !== id) });
  }
}
