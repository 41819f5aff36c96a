import { describe, expect, test } from "vitest";
import type { Card, JourneyDocument, StepNode } from "../types";
import { copy, paste } from "./clipboard";
import { compare } from "./compare";
import { addStep, applySettings, connect, insertAfter, links, moveOnto, remove, rename, targetOf } from "./document";
import { openOutlets, rectsOf } from "./geometry";
import { begin, commit, redo, undo } from "./history";
import { complete, tidy } from "./layout";
import { neighbour, outline, pathOrder } from "./order";
import { patched } from "./patch";
import { roadsOf } from "./roads";
import { insertWithRoom, settle } from "./room";

const one = [{ key: "next", label: "" }];
const two = [{ key: "yes", label: "Yes" }, { key: "else", label: "Everyone else" }];

function card(outlets = one, short = false): Card {
  return { kind: "k", title: "T", summary: "", icon: "clock", tone: "flow", short, team: null, outlets, known: true };
}

const doc: JourneyDocument = {
  format: "gilmok.journey/1",
  name: "Cart rescue",
  triggers: { t1: { kind: "event", event: "cart_updated", next: "w1" } },
  steps: {
    w1: { kind: "wait", settings: { for: "PT1H" }, next: { next: "b1" } },
    b1: { kind: "branch", next: { yes: "x1", else: "m1" } },
    m1: { kind: "send_email", next: { next: "x1" } },
    x1: { kind: "end", next: {} },
  },
};
const cards: Record<string, Card> = { t1: card(), w1: card(one, true), b1: card(two), m1: card(), x1: card([], true) };
const nothing = new Set<string>();
const email: StepNode = { kind: "send_email", next: {} };

describe("editing the document", () => {
  test("inserting on a road hands the road on", () => {
    const { doc: after, key } = insertAfter(doc, "w1", "next", email, one, [0, 0]);
    expect(key).toBe("se1");
    expect(targetOf(after, "w1", "next")).toBe("se1");
    expect(targetOf(after, "se1", "next")).toBe("b1");
    expect(doc.steps.w1!.next).toEqual({ next: "b1" });
  });

  test("a step with several outlets passes the road on by its first", () => {
    const { doc: after, key } = insertAfter(doc, "t1", "next", { kind: "branch", next: {} }, two, [0, 0]);
    expect(after.steps[key]!.next).toEqual({ yes: "w1" });
  });

  test("removing a step joins the road behind it", () => {
    const after = remove(doc, ["w1"]);
    expect(after.triggers.t1!.next).toBe("b1");
    expect(after.steps.w1).toBeUndefined();
  });

  test("removing a fork leaves the road open", () => {
    expect(remove(doc, ["b1"]).steps.w1!.next).toEqual({});
  });

  test("removing a fork whose ways meet keeps the road", () => {
    const meet = connect(doc, "b1", "else", "x1");
    expect(remove(meet, ["b1"]).steps.w1!.next).toEqual({ next: "x1" });
  });

  test("removing several steps in a row joins across all of them", () => {
    const straight = connect(connect(doc, "b1", "yes", null), "b1", "else", "m1");
    expect(remove(straight, ["w1", "b1"]).triggers.t1!.next).toBe("m1");
  });

  test("a step cannot lead to itself or to a step that is not there", () => {
    expect(connect(doc, "w1", "next", "w1")).toBe(doc);
    expect(connect(doc, "w1", "next", "nope")).toBe(doc);
  });

  test("moving a step onto a road lifts it out of its own first", () => {
    const after = moveOnto(doc, "m1", "t1", "next", one);
    expect(after.triggers.t1!.next).toBe("m1");
    expect(after.steps.m1!.next).toEqual({ next: "w1" });
    expect(after.steps.b1!.next).toEqual({ yes: "x1", else: "x1" });
  });

  test("new settings keep the roads of the outlets that stay", () => {
    const after = applySettings(doc, "b1", { kind: "branch", settings: { x: 1 }, next: { yes: "m1" } }, [two[1]!]);
    expect(after.steps.b1).toEqual({ kind: "branch", settings: { x: 1 }, next: { else: "m1" } });
  });

  test("an unchanged name is no edit", () => {
    expect(rename(doc, "w1", "")).toBe(doc);
    expect(rename(doc, "w1", "Hour").steps.w1!.name).toBe("Hour");
  });

  test("keys are short and never used twice", () => {
    let next = doc;
    const keys = [];
    for (let i = 0; i < 3; i += 1) {
      const added = addStep(next, { kind: "wait_for_event" }, [0, 0]);
      next = added.doc;
      keys.push(added.key);
    }
    expect(keys).toEqual(["wfe1", "wfe2", "wfe3"]);
  });
});

test("undo and redo walk the whole history", () => {
  let history = begin(0);
  for (let i = 1; i <= 1000; i += 1) history = commit(history, i, i * 10_000);
  for (let i = 0; i < 1000; i += 1) history = undo(history);
  expect(history.present).toBe(0);
  for (let i = 0; i < 400; i += 1) history = redo(history);
  expect(history.present).toBe(400);
  expect(commit(history, -1, 0).future).toEqual([]);
});

test("a run of edits of one field is undone at once", () => {
  let history = commit(begin("a"), "ab", 1000, "name");
  history = commit(history, "abc", 1500, "name");
  expect(undo(history).present).toBe("a");
});

describe("copy and paste", () => {
  test("keeps the roads among the copied steps under new keys", () => {
    const pasted = paste(doc, copy(doc, ["w1", "b1"]), [100, 100])!;
    expect(pasted.keys).toEqual(["w2", "b2"]);
    expect(pasted.doc.steps.w2!.next).toEqual({ next: "b2" });
    expect(pasted.doc.steps.b2!.next).toEqual({});
  });

  test("refuses other text", () => {
    expect(paste(doc, "hello", [0, 0])).toBeNull();
    expect(paste(doc, '{"format": "gilmok.steps/1", "steps": {"a": 1}}', [0, 0])).toBeNull();
  });
});

describe("order", () => {
  test("path order follows the outlets", () => {
    expect(pathOrder(doc, cards)).toEqual(["t1", "w1", "b1", "x1", "m1"]);
  });

  test("the outline goes on below a fork where its branches meet", () => {
    const [t1, w1, b1, x1] = outline(doc, cards);
    expect([t1!.key, w1!.key, b1!.key, x1!.key]).toEqual(["t1", "w1", "b1", "x1"]);
    expect(b1!.outlets.map((way) => [way.outlet.key, way.items.map((item) => item.key), way.joins])).toEqual([
      ["yes", [], "x1"],
      ["else", ["m1"], null],
    ]);
    expect(b1!.outlets[1]!.items[0]!.outlets[0]!.joins).toBe("x1");
  });

  test("the outline writes every step once", () => {
    const two = { ...doc, triggers: { ...doc.triggers, t2: { kind: "api", next: "m1" } } };
    const keys: string[] = [];
    const walk = (items: ReturnType<typeof outline>) => {
      for (const item of items) {
        keys.push(item.key);
        for (const way of item.outlets) walk(way.items);
      }
    };
    walk(outline(two, { ...cards, t2: card() }));
    expect([...keys].sort()).toEqual(["b1", "m1", "t1", "t2", "w1", "x1"]);
  });

  test("a loop ends the outline instead of hanging it", () => {
    const loop = connect(doc, "m1", "next", "w1");
    expect(outline(loop, cards)[2]!.outlets[1]!.items[0]!.outlets[0]!.joins).toBe("w1");
  });

  test("arrow keys walk the roads and between branches", () => {
    expect(neighbour(doc, cards, "w1", "down")).toBe("b1");
    expect(neighbour(doc, cards, "b1", "up")).toBe("w1");
    expect(neighbour(doc, cards, "x1", "right")).toBe("m1");
  });
});

describe("geometry", () => {
  test("tidy runs top to bottom without overlaps", () => {
    const laid = complete(doc, cards, nothing);
    const rects = [...rectsOf(laid, cards, nothing).values()];
    for (const a of rects) {
      for (const b of rects) {
        if (a === b) continue;
        expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h).toBe(false);
      }
    }
    expect(laid.layout!.t1![1]).toBeLessThan(laid.layout!.w1![1]);
    expect(laid.layout!.m1![1]).toBeLessThan(laid.layout!.x1![1]);
  });

  test("every link has a road that ends in its card", () => {
    const laid = complete(doc, cards, nothing);
    const rects = rectsOf(laid, cards, nothing);
    const roads = roadsOf(laid, cards, rects);
    expect(roads.length).toBe(links(doc).length);
    for (const road of roads) expect([road.tx, road.ty]).toEqual([rects.get(road.to)!.cx, rects.get(road.to)!.y]);
    expect(roads.find((road) => road.outlet === "else")!.label).toBe("Everyone else");
  });

  test("open outlets hang apart from one another", () => {
    const open = { ...doc, steps: { ...doc.steps, b1: { kind: "branch", next: {} } } };
    const hanging = openOutlets(open, cards, rectsOf(open, cards, nothing), "b1");
    expect(hanging.map((outlet) => outlet.label)).toEqual(["Yes", "Everyone else"]);
    expect(hanging[1]!.dx - hanging[0]!.dx).toBeGreaterThan(100);
  });

  test("inserting makes room below", () => {
    const laid = complete(doc, cards, nothing);
    const rects = rectsOf(laid, cards, nothing);
    const { doc: after, key } = insertWithRoom(laid, cards, rects, "w1", "next", email, card());
    const sized = { ...cards, [key]: card() };
    const now = rectsOf(after, sized, nothing);
    const added = now.get(key)!;
    expect(added.y).toBeGreaterThan(now.get("w1")!.y + now.get("w1")!.h);
    expect(now.get("b1")!.y).toBeGreaterThan(added.y + added.h);
  });

  test("five hundred steps are laid out and routed quickly", () => {
    const steps: Record<string, StepNode> = {};
    const many: Record<string, Card> = { t1: card() };
    for (let i = 0; i < 500; i += 1) {
      const forks = i % 5 === 0;
      const next: Record<string, string> = {};
      if (i < 499) next[forks ? "yes" : "next"] = `s${i + 1}`;
      if (forks && i + 7 < 500) next.else = `s${i + 7}`;
      steps[`s${i}`] = { kind: "k", next };
      many[`s${i}`] = card(forks ? two : one);
    }
    const big: JourneyDocument = { ...doc, triggers: { t1: { kind: "event", next: "s0" } }, steps };
    const started = performance.now();
    const places = tidy(big, many, nothing);
    expect(Object.keys(places).length).toBe(501);
    const rects = rectsOf({ ...big, layout: places }, many, nothing);
    const routed = performance.now();
    roadsOf(big, many, rects);
    expect(performance.now() - routed).toBeLessThan(1500);
    expect(routed - started).toBeLessThan(15000);
  });
});

test("comparing tells added, removed and changed steps, not moved ones", () => {
  const mine = rename(remove({ ...doc, layout: { w1: [5, 5] } }, ["m1"]), "w1", "Hour");
  const changes = Object.fromEntries(compare(doc, mine).map(({ key, change }) => [key, change]));
  expect(changes).toEqual({ w1: "changed", m1: "removed", b1: "changed" });
});

describe("mending", () => {
  test("a patch changes what it names, takes away what is null, and replaces lists", () => {
    const before: JourneyDocument = { ...doc, steps: { ...doc.steps, w1: { ...doc.steps.w1!, settings: { for: "PT1H", days: ["mon"] } } } };
    const after = patched(before, {
      steps: { w1: { settings: { days: ["tue", "wed"] } }, m1: { next: { next: null } }, b1: null },
    });
    expect(after.steps.w1).toEqual({ kind: "wait", settings: { for: "PT1H", days: ["tue", "wed"] }, next: { next: "b1" } });
    expect(after.steps.m1!.next).toEqual({});
    expect("b1" in after.steps).toBe(false);
    expect(after.steps.x1).toBe(doc.steps.x1);
    expect(before.steps.b1).toBeDefined();
  });

  test("a new step of a patch stands on its road, and what is below makes way", () => {
    const placed = complete(doc, cards, nothing);
    const rects = rectsOf(placed, cards, nothing);
    const merged = patched(placed, {
      steps: { w1: { next: { next: "w2" } }, w2: { kind: "wait", settings: { for: "P1D" }, next: { next: "b1" } } },
    });
    const after = settle(merged, { ...cards, w2: card(one, true) }, rects, "w2");
    const y = (key: string) => after.layout![key]![1];
    expect([y("w1") < y("w2"), y("w2") < y("b1"), y("b1") < y("m1")]).toEqual([true, true, true]);
  });
});
