// Every act of the person at the document. Each is one entry of the history.
import * as clipboard from "../graph/clipboard";
import * as edits from "../graph/document";
import { cardSize } from "../graph/geometry";
import { redo, undo, type History } from "../graph/history";
import { tidy } from "../graph/layout";
import { outletsOf, pathOrder } from "../graph/order";
import { patched } from "../graph/patch";
import { asideOf, freePlace, insertWithRoom, moveWithRoom, settle } from "../graph/room";
import type { AnyNode, Card, Kind, Point, Problem, StepNode, TriggerNode } from "../types";
import { Desk, type Snapshot } from "./desk";

export class Editor extends Desk {
  private clip = "";

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

  /** New settings from a card's form (the event `gm:node`), also while a test is open already. */
  applyNode(key: string, node: AnyNode, card: Card): void {
    if (!edits.nodeOf(this.doc, key)) return;
    this.edit(edits.applySettings(this.doc, key, node, card.outlets), { ...this.cards, [key]: card }, `node:${key}`, this.state.journey.can_edit);
  }

  /** New rules of the journey as a whole, from its form. */
  applyRules(rules: edits.Rules): void {
    this.edit(edits.applyRules(this.doc, rules), this.cards, "rules", this.state.journey.can_edit);
  }

  renameJourney(name: string): void {
    this.edit(edits.renameJourney(this.doc, name), this.cards, "journey-name");
  }

  tidyUp(): void {
    this.edit(edits.place(this.doc, tidy(this.doc, this.cards, this.noted())));
    this.store.set({ fit: this.state.fit + 1 });
  }

  /** Mend a problem as the server proposes it: one edit, saved like any other. */
  mend(problem: Problem): void {
    if (!problem.fix?.patch || !this.canEdit) return;
    let doc = patched(this.doc, problem.fix.patch);
    const cards = { ...this.cards };
    for (const [key, node] of Object.entries(doc.steps)) {
      if (key in this.doc.steps) continue;
      const kind = this.kindOf(node.kind, false);
      if (kind) cards[key] = this.step(kind).card;
      doc = settle(doc, cards, this.rects(), key);
    }
    if (!this.edit(doc, cards)) return;
    const here = (key: string) => Boolean(edits.nodeOf(doc, key));
    const { panel, selection, problems } = this.state;
    this.store.set({
      selection: selection.filter(here),
      road: null,
      panel: panel && "key" in panel && !here(panel.key) ? null : panel,
      problems: problems.filter((one) => one !== problem && (!one.step || here(one.step))),
    });
    this.toast(problem.fix.label, { label: this.t("undo"), run: () => this.undo() });
  }

  undo(): void { this.travel(undo(this.state.history)); }
  redo(): void { this.travel(redo(this.state.history)); }

  private travel(history: History<Snapshot>): void {
    if (!this.canEdit || history === this.state.history) return;
    const { doc } = history.present;
    const { panel } = this.state;
    this.store.set({
      history,
      toasts: this.lastingToasts(),
      road: null,
      selection: this.state.selection.filter((key) => edits.nodeOf(doc, key)),
      panel: panel && "key" in panel && !edits.nodeOf(doc, panel.key) ? null : panel,
    });
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
}
