// One card of the journey. What it shows comes from the card, never from the kind.
import { Handle, Position, useUpdateNodeInternals, type Node, type NodeProps } from "@xyflow/react";
import { memo, useEffect, useMemo, useRef } from "react";
import { isTrigger, targetOf } from "../graph/document";
import { openOutlets, STUB_HEIGHT, STUB_TOP, type OpenOutlet } from "../graph/geometry";
import { outletsOf } from "../graph/order";
import { useEditor, useEditorState, useTools } from "../state/context";
import type { Which } from "../state/desk";
import { same, useStore } from "../state/store";
import type { Formats } from "../text";
import type { Card, Problem, StepCounts } from "../types";
import { Icon, Tile } from "./Icon";
import { TeamMark } from "./parts";

export type CardNode = Node<{ detail: Detail }, "step">;
export type Detail = "full" | "small" | "tile";

const COUNTS: { which: Which; icon: string; mark: string }[] = [
  { which: "entered", icon: "log-in", mark: "in" },
  { which: "inside", icon: "hourglass", mark: "wait" },
  { which: "completed", icon: "check", mark: "done" },
];

/** Entered, waiting now, completed; each opens the list of these people. */
export function CountButtons({ id, counts, only }: { id: string; counts: StepCounts | undefined; only?: Which }) {
  const editor = useEditor();
  const { t, f } = editor;
  if (!counts) return null;
  return COUNTS.filter(({ which }) => (only ? which === only : which !== "inside" || counts.inside > 0)).map(({ which, icon, mark }) => (
    <button
      key={which} type="button" className="gm-count gm-count--link nodrag" data-k={mark} tabIndex={-1}
      title={t(`count_${which}`)} aria-label={t(`count_${which}_n`, { n: counts[which] })}
      onClick={(event) => {
        event.stopPropagation();
        editor.store.set({ panel: { kind: "people", key: id, which }, selection: [id] });
      }}
    >
      <Icon name={icon} /><span key={counts[which]} className="gm-fade">{f.compact(counts[which])}</span>
    </button>
  ));
}

/** The share of people who took an outlet: counted, or else as planned. */
export function shareOf(f: Formats, counts: StepCounts | undefined, outlet: string, planned: string | null | undefined): string | null {
  const people = counts?.outlets?.[outlet];
  const all = Object.values(counts?.outlets ?? {}).reduce((sum, n) => sum + n, 0);
  return people !== undefined && all > 0 ? f.share(people / all) : planned ?? null;
}

export function worst(problems: Problem[], key: string): { problem: Problem; more: number } | null {
  const own = problems.filter((problem) => problem.step === key);
  const first = own.find((problem) => problem.severity === "error") ?? own[0];
  return first ? { problem: first, more: own.length - 1 } : null;
}

export function ProblemNote({ found }: { found: { problem: Problem; more: number } }) {
  const bad = found.problem.severity === "error";
  return (
    <span className={`gm-step__note gm-step__note--${bad ? "bad" : "warn"}`} title={found.problem.message}>
      <Icon name={bad ? "circle-alert" : "triangle-alert"} />
      <span className="truncate">{found.problem.message}</span>
      {found.more > 0 && <span className="ml-auto num whitespace-nowrap">+{found.more}</span>}
    </span>
  );
}

/** The sentence a screen reader says for a card. */
export function useCardLabel(id: string, card: Card | undefined): string {
  const editor = useEditor();
  const found = useEditorState((state) => worst(state.problems, id)?.problem.message ?? "");
  const team = card?.team ? editor.boot.teams.find((one) => one.slug === card.team)?.name ?? card.team : "";
  return [card?.title ?? id, card?.summary, team, found].filter(Boolean).join(". ");
}

/** "Wait 1 day" says all of "Wait"; a name of its own stands first. */
function shortTitle(card: Card): string {
  return card.summary.startsWith(card.title) ? card.summary : card.title;
}

export function CardBody({ id, card, counts, foot = true }: { id: string; card: Card; counts: StepCounts | undefined; foot?: boolean }) {
  const editor = useEditor();
  const { t } = editor;
  const live = useEditorState((state) => state.journey.live_version !== null);
  const next = useEditorState((state) => state.journey.next_version);
  const found = useEditorState((state) => worst(state.problems, id));
  // People are counted at steps; everyone in a journey with one way in came in by it.
  const entered = useEditorState((state) => {
    const { triggers } = state.history.present.doc;
    return id in triggers && Object.keys(triggers).length === 1 && state.journey.live_version !== null ? state.counts?.totals.entered ?? null : null;
  });
  const trigger = isTrigger(editor.doc, id);
  const kind = editor.kindOf(card.kind, trigger);
  const team = card.team ?? editor.state.journey.team;
  if (card.short) {
    return (
      <>
        <span className="gm-step__head" data-cat={card.tone}>
          <Tile icon={card.icon} tone={card.tone} small />
          <span className="gm-step__title">{shortTitle(card)}</span>
          {card.summary && !card.summary.startsWith(card.title) && <span className="gm-step__sum">{card.summary}</span>}
          {counts && <span className="ml-auto text-xs text-ink-2 flex"><CountButtons id={id} counts={counts} only={counts.inside > 0 ? "inside" : "entered"} /></span>}
        </span>
        {found && <ProblemNote found={found} />}
      </>
    );
  }
  return (
    <>
      <span className="gm-step__head" data-cat={card.tone}>
        <Tile icon={card.icon} tone={card.tone} />
        <span className="gm-step__txt">
          <span className="gm-step__title block">{card.title}</span>
          <span className="gm-step__sum block">{card.summary || (card.known ? "" : t("unknown_step"))}</span>
        </span>
      </span>
      {foot && (
        <span className="gm-step__foot">
          {counts ? <CountButtons id={id} counts={counts} /> : entered !== null ? (
            <span className="gm-count" data-k="in"><Icon name="log-in" /><span className="sr-only">{t("count_entered")} </span>{editor.f.compact(entered)}</span>
          ) : <span className="text-ink-3 truncate">{kind && (live ? trigger : kind.label !== card.title) ? kind.label : t("numbers_start", { n: next })}</span>}
          {team && <TeamMark slug={team} />}
        </span>
      )}
      {found && <ProblemNote found={found} />}
    </>
  );
}

interface Ports {
  open: OpenOutlet[];
  joined: string[];
}

/** The card's outlets, compared as text so that a card redraws only when its own outlets change. */
function usePorts(id: string): Ports {
  const editor = useEditor();
  const text = useEditorState((state) => {
    const { doc, cards } = state.history.present;
    return JSON.stringify({
      open: openOutlets(doc, cards, editor.rects(), id),
      joined: outletsOf(doc, cards, id).filter((outlet) => targetOf(doc, id, outlet.key)).map((outlet) => outlet.key),
    } satisfies Ports);
  });
  return useMemo(() => JSON.parse(text) as Ports, [text]);
}

function OpenPort({ id, port, single }: { id: string; port: OpenOutlet; single: boolean }) {
  const editor = useEditor();
  const { t } = editor;
  const label = single ? t("add_after", { step: editor.title(id) }) : t("add_on_branch", { branch: port.label });
  const d = port.dx === 0
    ? `M0 0V${STUB_TOP}`
    : `M0 0V3Q0 10 ${Math.sign(port.dx) * 8} 10H${port.dx - Math.sign(port.dx) * 6}Q${port.dx} 10 ${port.dx} ${STUB_TOP}`;
  return (
    <>
      <svg className="gm-stub" aria-hidden="true"><path d={d} /></svg>
      <button
        type="button" data-from={id} data-outlet={port.outlet} className={`gm-open nodrag ${single ? "gm-open--bare" : ""}`} style={{ left: `calc(50% + ${port.dx}px)` }}
        aria-label={label} title={label} onClick={(event) => { event.stopPropagation(); editor.choose({ kind: "add", from: id, outlet: port.outlet }); }}
      >
        {!single && <span className="truncate">{port.label}</span>}<Icon name="plus" className="size-3.5" />
      </button>
    </>
  );
}

export const StepCard = memo(function StepCard({ id, selected, data }: NodeProps<CardNode>) {
  const { editor, test } = useTools();
  const { t } = editor;
  const card = useEditorState((state) => state.history.present.cards[id]);
  const counts = useEditorState((state) => state.counts?.steps[id]);
  const testing = useEditorState((state) => state.testing);
  const paused = useEditorState((state) => state.journey.state === "paused");
  const severity = useEditorState((state) => worst(state.problems, id)?.problem.severity);
  const editable = useEditorState((state) => state.journey.can_edit && !state.testing);
  const ports = usePorts(id);
  const lit = useStore(test.store, (state) => {
    if (!state.result) return null;
    const stations = test.stations();
    const at = stations.findIndex((station) => station.key === id);
    const shown = stations[state.shown];
    const played = state.playing ? at <= state.shown : true;
    return { order: at >= 0 && played ? at + 1 : 0, here: shown?.key === id, fact: fact(editor, test, id) };
  });
  const label = useCardLabel(id, card);
  const refresh = useUpdateNodeInternals();
  const signature = ports.open.map((port) => `${port.outlet}${port.dx}`).join() + ports.joined.join();
  const measured = useRef(signature);
  useEffect(() => {
    // React Flow measures a new card by itself; only moved ports need another look.
    if (measured.current === signature) return;
    measured.current = signature;
    refresh(id);
  }, [id, refresh, signature]);

  const detail: Detail = testing ? "small" : data.detail;
  const tone = card?.tone ?? "flow";
  const tested = testing && lit;
  const classes = [
    "gm-step", card?.short && detail !== "tile" ? "gm-step--mini" : "", `gm-step--${detail}`,
    selected && !testing ? "is-selected" : "", testing ? "" : severity === "error" ? "is-bad" : severity === "warning" ? "is-warn" : "",
    tested ? (lit.order ? "is-lit" : "is-dim") : paused ? "is-paused" : "",
  ].join(" ");
  const trigger = isTrigger(editor.doc, id);
  const open = () => (testing ? lit?.order && test.show(lit.order - 1) : editor.open(id));
  return (
    <div className={classes} data-step={id} data-from={trigger || ports.open.length + ports.joined.length === 1 ? id : undefined} data-outlet={ports.open[0]?.outlet ?? ports.joined[0]} aria-current={tested && lit.here ? "step" : undefined}>
      {!trigger && <Handle type="target" position={Position.Top} className="gm-in" isConnectable={editable} />}
      <button
        type="button" className="gm-step__hit" data-card={id} aria-label={label} aria-pressed={selected && !testing} title={detail === "full" ? undefined : label}
        onClick={(event) => { if (!event.shiftKey && !event.metaKey && !event.ctrlKey) open(); }}
      />
      {card && detail === "full" && <CardBody id={id} card={card} counts={counts} />}
      {card && detail === "small" && (
        <span className="gm-step__head" data-cat={tone}>
          <Tile icon={card.icon} tone={tone} />
          <span className="gm-step__txt">
            <span className="gm-step__title block">{card.short && !tested ? shortTitle(card) : card.title}</span>
            {!(card.short && !tested) && (
              <span className="gm-step__sum block num">{tested ? (lit.order ? lit.fact : t("not_reached")) : (!testing && oneFact(editor, counts)) || card.summary}</span>
            )}
          </span>
        </span>
      )}
      {card && detail === "tile" && <span className="gm-step__only" data-cat={tone}><Tile icon={card.icon} tone={tone} /></span>}
      {tested && lit.order > 0 && <span className="gm-order" aria-hidden="true">{lit.order}</span>}
      {ports.joined.map((outlet) => <Handle key={outlet} id={outlet} type="source" position={Position.Bottom} className="gm-out" isConnectable={false} />)}
      {ports.open.map((port) => (
        <Handle
          key={port.outlet} id={port.outlet} type="source" position={Position.Bottom} className="gm-out gm-out--open" isConnectable={editable}
          style={{ left: `calc(50% + ${port.dx}px)`, top: `calc(100% + ${STUB_TOP + STUB_HEIGHT - 2}px)`, bottom: "auto" }}
        />
      ))}
      {editable && detail !== "tile" && ports.open.map((port) => (
        <OpenPort key={port.outlet} id={id} port={port} single={ports.open.length + ports.joined.length === 1} />
      ))}
      {editable && selected && ports.open.length === 0 && ports.joined[0] && detail === "full" && (
        <button
          type="button" className="gm-port nodrag" aria-label={t("add_after", { step: card?.title ?? id })} title={t("add_after", { step: card?.title ?? id })}
          onClick={(event) => { event.stopPropagation(); editor.choose({ kind: "add", from: id, outlet: ports.joined.length === 1 ? ports.joined[0]! : null }); }}
        ><Icon name="plus" /></button>
      )}
    </div>
  );
}, (a, b) => a.id === b.id && a.selected === b.selected && same(a.data, b.data));

function oneFact(editor: ReturnType<typeof useEditor>, counts: StepCounts | undefined): string | null {
  if (!counts) return null;
  return counts.inside > 0
    ? editor.t("count_inside_n", { n: counts.inside })
    : counts.entered > 0 ? editor.t("count_entered_n", { n: counts.entered }) : null;
}

/** One line under a lit card: when, and what came of it. */
function fact(editor: ReturnType<typeof useEditor>, test: ReturnType<typeof useTools>["test"], id: string): string {
  const enrolment = test.current();
  const visit = enrolment?.visits.find((one) => one.step === id);
  if (!enrolment) return "";
  const { t, f } = editor;
  if (!visit) return id === enrolment.trigger ? f.soon(enrolment.started_at, new Date(enrolment.started_at)) : "";
  const message = enrolment.messages.find((one) => one.step === id);
  const time = f.soon(visit.arrived_at, new Date(enrolment.started_at));
  if (message) return `${time} · ${t(`message_${message.state}`)}`;
  const outlets = editor.cards[id]?.outlets ?? [];
  const taken = outlets.length > 1 ? outlets.find((outlet) => outlet.key === visit.outlet)?.label : undefined;
  if (taken) return taken;
  if (visit.left_at && visit.left_at !== visit.arrived_at) return t("until_time", { time: f.soon(visit.left_at, new Date(visit.arrived_at)) });
  return time;
}
