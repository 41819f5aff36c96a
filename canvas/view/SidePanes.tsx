// The panes that share the inspector's place: the list of problems and the people behind a number.
import { useEffect, useRef } from "react";
import { isTrigger, nodeOf } from "../graph/document";
import { pathOrder } from "../graph/order";
import { useEditor, useEditorState } from "../state/context";
import type { Which } from "../state/desk";
import type { Problem } from "../types";
import { Fragment } from "./Fragment";
import { Icon, Tile } from "./Icon";
import { IconButton, TeamMark } from "./parts";

export function inPathOrder(problems: Problem[], order: string[]): Problem[] {
  const place = new Map(order.map((key, i) => [key, i]));
  const rank = (problem: Problem) => (problem.step === null ? -1 : place.get(problem.step) ?? order.length);
  return [...problems].sort((a, b) => rank(a) - rank(b) || (a.severity === b.severity ? 0 : a.severity === "error" ? -1 : 1));
}

export function ProblemsPane() {
  const editor = useEditor();
  const { t } = editor;
  const problems = useEditorState((state) => state.problems);
  const { doc, cards } = useEditorState((state) => state.history.present);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { heading.current?.focus(); }, []);
  const errors = problems.filter((problem) => problem.severity === "error").length;
  return (
    <aside className="gm-side" aria-label={t("check")}>
      <div className="flex items-center gap-2 px-4 h-13 border-b border-line">
        <h2 className="text-base font-[640]" tabIndex={-1} ref={heading}>{t("check")}</h2>
        {errors > 0 && <span className="gm-chip gm-chip--bad num">{t("blocking_n", { n: errors })}</span>}
        <span className="ml-auto"><IconButton icon="x" className="btn-xs" label={t("close")} onClick={() => editor.closePanel()} /></span>
      </div>
      <div className="gm-scroll" tabIndex={0} role="group" aria-label={t("check")}>
        {problems.length === 0
          ? <p className="flex items-center gap-2 text-sm"><Icon name="circle-check" className="size-5 text-ok-ink" />{t("check_ok")}</p>
          : <ProblemList problems={inPathOrder(problems, pathOrder(doc, cards))} />}
      </div>
    </aside>
  );
}

export function ProblemList({ problems, onLeave }: { problems: Problem[]; onLeave?: () => void }) {
  const editor = useEditor();
  const { t } = editor;
  const saved = useEditorState((state) => state.save === "saved" && !state.asking);
  return (
    <ol className="grid gap-2">
      {problems.map((problem, i) => {
        const key = problem.step !== null && nodeOf(editor.doc, problem.step) ? problem.step : null;
        const card = key ? editor.cards[key] : undefined;
        const connects = Boolean(key && !problem.field && editor.firstWay(key) && isOpenRoad(editor, key, problem));
        const word = problem.fix && !connects ? "look" : "fix";
        return (
          <li key={`${problem.code}${problem.step}${problem.field}${i}`} className="gm-problem">
            <p className="flex items-start gap-2 text-sm">
              <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} className={`size-4 mt-0.5 ${problem.severity === "error" ? "text-bad-ink" : "text-warn-ink"}`} />
              <span><span className="sr-only">{t(problem.severity === "error" ? "blocks" : "warns")}. </span>{problem.message}</span>
            </p>
            <div className="flex items-center gap-2 mt-2 pl-6">
              {card && <Tile icon={card.icon} tone={card.tone} small />}
              {card && <span className="text-xs text-ink-2 truncate">{card.title}</span>}
              {card?.team && <TeamMark slug={card.team} />}
              <span className="ml-auto" />
              {problem.step === null && problem.field && (
                <button type="button" className="btn btn-xs btn-line" onClick={() => { onLeave?.(); editor.store.set({ panel: { kind: "journey" }, selection: [] }); }}>{t(word)}</button>
              )}
              {key && (
                <button
                  type="button" className={`btn btn-xs ${word === "look" ? "btn-quiet" : "btn-line"}`}
                  onClick={() => {
                    onLeave?.();
                    editor.open(key, true);
                    if (connects && editor.canEdit) editor.choose({ kind: "connect", from: key, outlet: null });
                  }}
                >{t(word)}</button>
              )}
            </div>
            {problem.fix && <Mend problem={problem} ready={saved} />}
          </li>
        );
      })}
    </ol>
  );
}

/** The proposed mend. It was made for the document as saved: while newer changes are on their way it waits. */
function Mend({ problem, ready }: { problem: Problem; ready: boolean }) {
  const editor = useEditor();
  const { label, patch, url } = problem.fix!;
  if (url) return <p className="mt-1.5 pl-6"><a className="btn btn-xs btn-line" href={url} target="_blank" rel="noreferrer"><Icon name="external-link" className="size-3.5" />{label}</a></p>;
  if (!patch || !editor.canEdit) return null;
  return (
    <p className="mt-1.5 pl-6">
      <button type="button" className="btn btn-xs btn-line max-w-full" disabled={!ready} onClick={() => editor.mend(problem)}>
        <Icon name="wrench" className="size-3.5" /><span className="truncate">{label}</span>
      </button>
    </p>
  );
}

/** Only an open outlet is mended by choosing where it leads; anything else in the step's settings. */
function isOpenRoad(editor: ReturnType<typeof useEditor>, key: string, problem: Problem): boolean {
  const outlets = isTrigger(editor.doc, key) ? 1 : editor.cards[key]?.outlets.length ?? 0;
  return outlets > 0 && /unconnected|outlet|open|next/.test(problem.code);
}

export function PeoplePane({ id, which }: { id: string; which: Which }) {
  const editor = useEditor();
  const { t } = editor;
  const card = useEditorState((state) => state.history.present.cards[id]);
  const number = useEditorState((state) => state.counts?.steps[id]?.[which] ?? 0);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { heading.current?.focus(); }, [id, which]);
  const url = `${editor.boot.urls.stepPeople.replace("__KEY__", encodeURIComponent(id))}?which=${which}`;
  return (
    <aside className="gm-side" aria-label={t(`people_${which}`)}>
      <div className="flex items-center gap-2.5 px-4 pt-3 pb-2.5 border-b border-line" data-cat={card?.tone}>
        {card && <Tile icon={card.icon} tone={card.tone} />}
        <div className="min-w-0"><h2 className="text-base font-[640] truncate" tabIndex={-1} ref={heading}>{t(`people_${which}`)}</h2>
          <p className="text-xs text-ink-3 truncate"><span className="num">{t("people_n", { n: number })}</span> · {card?.title ?? id}</p></div>
        <span className="ml-auto"><IconButton icon="x" className="btn-xs" label={t("close")} onClick={() => editor.closePanel()} /></span>
      </div>
      <div className="gm-seg mx-4 mt-3 self-start" role="group" aria-label={t("people_which")}>
        {(["entered", "inside", "completed"] as const).map((one) => (
          <button key={one} type="button" aria-pressed={one === which} onClick={() => editor.store.set({ panel: { kind: "people", key: id, which: one } })}>
            {t(`count_${one}`)}
          </button>
        ))}
      </div>
      <Fragment url={url} version={`${id}${which}${number}`} label={t(`people_${which}`)} />
    </aside>
  );
}
