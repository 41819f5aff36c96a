// What the canvas knows and every act of the person at it. Views call these acts and read the store.
import { Api } from "../api";
import * as clipboard from "../graph/clipboard";
import * as edits from "../graph/document";
import { asideOf, freePlace, insertWithRoom, moveWithRoom } from "../graph/room";
import { cardSize, rectsOf, type Rect } from "../graph/geometry";
import { amend, begin, commit, redo, undo, type History } from "../graph/history";
import { complete, tidy } from "../graph/layout";
import { outletsOf, pathOrder } from "../graph/order";
import { Formats, translator, type Translate } from "../text";
import type {
  AnyNode, Boot, Card, Counts, JourneyDocument, JourneyInfo, Kind, Point, Problem, StepNode, TriggerNode,
} from "../types";
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

export class Editor {
  readonly api: Api;
  readonly t: Translate;
  readonly f: Formats;
  readonly store: Store<EditorState>;
  private toastCount = 0;
  private clip = "";
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

  // Edits ------------------------------------------------------------------------------------

  edit(doc: JourneyDocument, cards: Record<string, Card> = this.cards, tag: string | null = null): boolean {
    if (!this.canEdit || (doc === this.doc && cards === this.cards)) return false;
    this.store.set({ history: commit(this.state.history, { doc, cards }, Date.now(), tag) });
    return true;
  }

  private step(kind: Kind): { node: StepNode; card: Card } {
    const card: Card = {
      kind: kind.kind, title: kind.label, summary: kind.summary, icon: kind.icon, tone: kind.tone, short: kind.short,
      team: null, outlets: kind.outlets, known: true,
    };
    return { node: { kind: kind.kind, settings: structuredClone(kind.defaults), next: {} }, card };
  }

  /** Add a step behind an outlet, or loose at a place, and open its settings. */
  addStep(kind: Kind, where: { from: string; outlet: string } | { at: Point }): void {
    const { node, card } = this.step(kind);
    const added = "from" in where
      ? insertWithRoom(this.doc, this.cards, this.rects(), where.from, where.outlet, node, card)
      : edits.addStep(this.doc, node, freePlace(where.at, cardSize(card, false), this.rects()));
    if (this.edit(added.doc, { ...this.cards, [added.key]: card })) this.open(added.key, true);
  }

  addTrigger(kind: Kind, at: Point | null): void {
    const { card } = this.step(kind);
    const rects = [...this.rects().entries()];
    const triggers = rects.filter(([key]) => edits.isTrigger(this.doc, key)).map(([, rect]) => rect);
    const top = Math.min(0, ...rects.map(([, rect]) => rect.y));
    const spot: Point = at ?? [triggers.length ? Math.max(...triggers.map((r) => r.cx)) + 304 : rects[0]?.[1].cx ?? 0, triggers[0]?.y ?? top - 110];
    const node: TriggerNode = { kind: kind.kind, ...structuredClone(kind.defaults), next: null };
    const added = edits.addTrigger(this.doc, node, freePlace(spot, cardSize(card, false), this.rects()));
    // The first way in leads to the step that nothing leads to yet, if there is just one.
    const entered = new Set(edits.links(added.doc).map((link) => link.to));
    const starts = Object.keys(added.doc.steps).filter((key) => !entered.has(key));
    const doc = starts.length === 1 ? edits.connect(added.doc, added.key, edits.TRIGGER_OUTLET, starts[0]!) : added.doc;
    if (this.edit(doc, { ...this.cards, [added.key]: card })) this.open(added.key, true);
  }

  connect(from: string, outlet: string, to: string | null): void {
    this.edit(edits.connect(this.doc, from, outlet, to));
    this.store.set({ road: null });
  }

  /** Where a step goes that is added "after" a card: its first open outlet, else its only road. */
  firstWay(key: string): { from: string; outlet: string } | null {
    const outlets = outletsOf(this.doc, this.cards, key);
    const open = outlets.find((outlet) => !edits.targetOf(this.doc, key, outlet.key));
    const outlet = open ?? (outlets.length === 1 ? outlets[0] : undefined);
    return outlet ? { from: key, outlet: outlet.key } : null;
  }

  /** The first open outlet of the journey, in path order. */
  looseEnd(): { from: string; outlet: string } | null {
    for (const key of pathOrder(this.doc, this.cards)) {
      const open = outletsOf(this.doc, this.cards, key).find((outlet) => !edits.targetOf(this.doc, key, outlet.key));
      if (open) return { from: key, outlet: open.key };
    }
    return null;
  }

  moveOnto(key: string, from: string, outlet: string): void {
    this.edit(moveWithRoom(this.doc, this.cards, this.rects(), key, from, outlet));
    this.revealCard(key);
  }

  moveCards(places: Record<string, Point>): void {
    this.edit(edits.place(this.doc, places));
  }

  nudge(keys: string[], dx: number, dy: number): void {
    const places = Object.fromEntries(keys.map((key) => {
      const [x, y] = this.doc.layout?.[key] ?? [0, 0];
      return [key, [x + dx, y + dy] as Point];
    }));
    this.edit(edits.place(this.doc, places), this.cards, `nudge:${keys.join()}`);
  }

  remove(keys: string[]): void {
    if (!keys.length || !this.canEdit) return;
    const text = keys.length === 1 ? this.t("removed_one", { step: this.title(keys[0]!) }) : this.t("removed_many", { n: keys.length });
    const before = edits.linksInto(this.doc, keys[0]!)[0]?.from ?? null;
    if (!this.edit(edits.remove(this.doc, keys))) return;
    const gone = new Set(keys);
    const { panel } = this.state;
    this.store.set({
      selection: [],
      road: null,
      panel: panel && "key" in panel && gone.has(panel.key) ? null : panel,
      problems: this.state.problems.filter((problem) => !problem.step || !gone.has(problem.step)),
    });
    this.toast(text, { label: this.t("undo"), run: () => this.undo() });
    if (before && !gone.has(before)) this.revealCard(before);
  }

  rename(key: string, name: string): void {
    const doc = edits.rename(this.doc, key, name.trim());
    const card = this.cards[key];
    if (doc === this.doc || !card) return;
    const kind = this.kindOf(card.kind, edits.isTrigger(doc, key));
    const title = name.trim() || kind?.label || card.title;
    this.edit(doc, { ...this.cards, [key]: { ...card, title } }, `name:${key}`);
  }

  setTeam(key: string, team: string | null): void {
    const card = this.cards[key];
    if (card) this.edit(edits.setTeam(this.doc, key, team), { ...this.cards, [key]: { ...card, team } });
  }

  /** New settings from a card's form (the event `gm:node`). */
  applyNode(key: string, node: AnyNode, card: Card): void {
    if (!edits.nodeOf(this.doc, key)) return;
    this.edit(edits.applySettings(this.doc, key, node, card.outlets), { ...this.cards, [key]: card }, `node:${key}`);
  }

  tidyUp(): void {
    this.edit(edits.place(this.doc, tidy(this.doc, this.cards, this.noted())));
    this.store.set({ fit: this.state.fit + 1 });
  }

  undo(): void { this.travel(undo(this.state.history)); }
  redo(): void { this.travel(redo(this.state.history)); }

  private travel(history: History<Snapshot>): void {
    if (!this.canEdit || history === this.state.history) return;
    const { doc } = history.present;
    const { panel } = this.state;
    this.store.set({
      history,
      road: null,
      selection: this.state.selection.filter((key) => edits.nodeOf(doc, key)),
      panel: panel && "key" in panel && !edits.nodeOf(doc, panel.key) ? null : panel,
    });
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

  // Copy and paste -----------------------------------------------------------------------------

  copy(): string | null {
    const { selection } = this.state;
    if (!selection.length) return null;
    this.clip = clipboard.copy(this.doc, selection);
    this.toast(selection.length === 1 ? this.t("copied_one", { step: this.title(selection[0]!) }) : this.t("copied_many", { n: selection.length }));
    return this.clip;
  }

  paste(text: string = this.clip, cards: Record<string, Card> = this.cards): void {
    const anchor = this.rects().get(this.state.selection[0] ?? "") ?? [...this.rects().values()].at(-1);
    const at: Point = anchor ? [anchor.cx + 304, anchor.y] : [0, 0];
    const pasted = clipboard.paste(this.doc, text, at);
    if (!pasted) {
      this.toast(this.t("paste_nothing"));
      return;
    }
    const added: Record<string, Card> = { ...this.cards };
    for (const key of pasted.keys) {
      const node = edits.nodeOf(pasted.doc, key)!;
      const kind = this.kindOf(node.kind, edits.isTrigger(pasted.doc, key));
      const source = cards[pasted.from[key]!];
      const fresh = kind ? this.step(kind).card : null;
      const card: Card = source?.kind === node.kind ? source : fresh ?? {
        kind: node.kind, title: node.kind, summary: this.t("unknown_step"), icon: "circle-help", tone: "flow", short: false,
        team: null, outlets: [], known: false,
      };
      added[key] = node.name ? { ...card, title: node.name } : card;
    }
    const doc = asideOf(pasted.doc, pasted.keys, added, this.rects());
    if (this.edit(doc, added)) {
      this.store.set({ selection: pasted.keys });
      this.revealCard(pasted.keys[0]!);
    }
  }

  duplicate(keys: string[] = this.state.selection): void {
    if (keys.length) this.paste(clipboard.copy(this.doc, keys));
  }

  // What is shown ------------------------------------------------------------------------------

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
