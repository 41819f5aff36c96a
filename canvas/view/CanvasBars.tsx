// What floats over the board: view switch, numbers, zoom, play controls of a test.
import { useReactFlow, useStore as useFlow } from "@xyflow/react";
import { useEffect } from "react";
import { useEditor, useEditorState } from "../state/context";
import { useStore } from "../state/store";
import type { TestRun } from "../state/testing";
import { Icon } from "./Icon";

export function ViewSwitch() {
  const editor = useEditor();
  const { t } = editor;
  const view = useEditorState((state) => state.view);
  return (
    <div className="gm-float">
      <span className="gm-seg bg-transparent! p-0!" role="group" aria-label={t("view")}>
        <button type="button" aria-pressed={view === "canvas"} className={view === "canvas" ? "bg-picked!" : ""} onClick={() => editor.store.set({ view: "canvas" })}><Icon name="workflow" className="size-3.5" />{t("canvas")}</button>
        <button type="button" aria-pressed={view === "outline"} className={view === "outline" ? "bg-picked!" : ""} onClick={() => editor.store.set({ view: "outline" })}><Icon name="list" className="size-3.5" />{t("outline")}</button>
      </span>
    </div>
  );
}

export function Totals() {
  const editor = useEditor();
  const { t, f } = editor;
  const totals = useEditorState((state) => state.counts?.totals);
  const state = useEditorState((all) => all.journey.state);
  const live = useEditorState((all) => all.journey.live_version !== null);
  const traffic = useEditorState((all) => all.traffic);
  if (!live || !totals) return null;
  return (
    <div className="gm-totals">
      <div className="gm-float px-2.5! h-9 gap-2.5! text-sm">
        <span className="gm-status" data-s={state === "live" ? "live" : state === "paused" ? "paused" : "done"}><i />{t("live_numbers")}</span>
        <button type="button" className="btn btn-xs btn-quiet" aria-pressed={traffic} onClick={() => editor.store.set({ traffic: !traffic })}>
          {t("show_traffic")}
        </button>
      </div>
      <dl className="gm-float px-3! py-2.5! grid! grid-cols-[auto_auto] gap-x-5! gap-y-1! text-xs num gm-totals__list">
        <dt>{t("total_entered")}</dt><dd>{f.compact(totals.entered)}</dd>
        <dt>{t("total_inside")}</dt><dd>{f.compact(totals.inside)}</dd>
        <dt>{t("total_ended")}</dt><dd>{f.compact(totals.ended)}</dd>
        <dt>{t("total_goal")}</dt><dd>{totals.goal ? f.percent(totals.goal, totals.entered) : "–"}</dd>
      </dl>
      <p className="flex gap-2.5 text-xs text-ink-2 pr-1 gm-legend">
        <span className="gm-count"><Icon name="log-in" />{t("legend_entered")}</span>
        <span className="gm-count" data-k="wait"><Icon name="hourglass" />{t("legend_inside")}</span>
        <span className="gm-count"><Icon name="check" />{t("legend_completed")}</span>
      </p>
    </div>
  );
}

function Zoom({ onFit }: { onFit: () => void }) {
  const editor = useEditor();
  const { t, f } = editor;
  const flow = useReactFlow();
  const percent = useFlow((state) => Math.round(state.transform[2] * 100));
  const editable = useEditorState((state) => state.journey.can_edit && !state.testing);
  const button = "btn btn-xs btn-quiet btn-square size-7";
  return (
    <div className="gm-float absolute left-3 bottom-3 z-10" role="group" aria-label={t("zoom")}>
      <button type="button" className={button} aria-label={t("zoom_out")} title={t("zoom_out")} onClick={() => void flow.zoomOut({ duration: 120 })}><Icon name="minus" /></button>
      <button type="button" className="btn btn-xs btn-quiet h-7 num px-1 min-w-11" aria-label={t("zoom_reset", { n: percent })} title={t("zoom_reset", { n: percent })} onClick={() => void flow.zoomTo(1, { duration: 120 })}>{f.number(percent)}%</button>
      <button type="button" className={button} aria-label={t("zoom_in")} title={t("zoom_in")} onClick={() => void flow.zoomIn({ duration: 120 })}><Icon name="plus" /></button>
      <span className="w-px h-4 bg-line-2 mx-0.5" />
      <button type="button" className={button} aria-label={t("fit")} title={t("fit")} onClick={onFit}><Icon name="maximize" /></button>
      {editable && <button type="button" className="btn btn-xs btn-quiet h-7" onClick={() => editor.tidyUp()}><Icon name="wand-sparkles" className="size-3.5" />{t("tidy")}</button>}
    </div>
  );
}

const PLAY_MS = 700;

function Player({ test }: { test: TestRun }) {
  const { t } = useEditor();
  const { shown, playing, count } = useStore(test.store, (state) => ({
    shown: state.shown, playing: state.playing, count: state.result ? test.stations().length : 0,
  }));
  useEffect(() => {
    if (!playing) return;
    if (shown >= count - 1) {
      test.store.set({ playing: false });
      return;
    }
    const timer = setTimeout(() => test.show(shown + 1), PLAY_MS);
    return () => clearTimeout(timer);
  }, [playing, shown, count, test]);
  if (!count) return null;
  const play = () => {
    if (playing) test.store.set({ playing: false });
    else test.store.set({ playing: true, shown: shown >= count - 1 ? 0 : shown });
  };
  return (
    <>
      <div className="absolute right-3 top-3 flex items-center gap-3 text-xs text-ink-2 z-10">
        <span className="flex items-center gap-1.5"><i className="w-5 h-1 rounded-full bg-lit" />{t("path_taken")}</span>
        <span className="flex items-center gap-1.5"><i className="w-5 border-t-2 border-dashed border-line-2" />{t("path_not_taken")}</span>
      </div>
      <div className="absolute right-3 bottom-3 gm-float z-10" role="group" aria-label={t("player")}>
        <button type="button" className="btn btn-xs btn-quiet h-7" disabled={shown === 0} onClick={() => { test.store.set({ playing: false }); test.show(shown - 1); }}><Icon name="chevron-left" className="size-3.5" />{t("back")}</button>
        <button type="button" className="btn btn-xs btn-quiet h-7" onClick={play}><Icon name={playing ? "pause" : "play"} className="size-3.5" />{playing ? t("hold") : t("play")}</button>
        <span className="text-xs num text-ink-2 px-1" role="status">{shown + 1} / {count}</span>
        <button type="button" className="btn btn-xs btn-quiet h-7" disabled={shown >= count - 1} onClick={() => { test.store.set({ playing: false }); test.show(shown + 1); }}>{t("next")}<Icon name="chevron-right" className="size-3.5" /></button>
      </div>
    </>
  );
}

function EmptyHint() {
  const editor = useEditor();
  const { t } = editor;
  const empty = useEditorState((state) => {
    const { doc } = state.history.present;
    return Object.keys(doc.steps).length + Object.keys(doc.triggers).length === 0;
  });
  const editable = useEditorState((state) => state.journey.can_edit);
  if (!empty) return null;
  return (
    <div className="gm-hint">
      <h2 className="text-lg font-[650]">{t("empty_title")}</h2>
      <p className="text-sm text-ink-2 mt-1">{t("empty_text")}</p>
      {editable && (
        <div className="flex flex-wrap gap-2 justify-center mt-4">
          {editor.boot.catalogue.triggers.map((kind) => (
            <button key={kind.kind} type="button" className="btn btn-sm btn-line" onClick={() => editor.addTrigger(kind, [0, 0])}><Icon name={kind.icon} />{kind.label}</button>
          ))}
        </div>
      )}
    </div>
  );
}

export function CanvasBars({ onFit, test }: { onFit: () => void; test: TestRun }) {
  const testing = useEditorState((state) => state.testing);
  return (
    <>
      {!testing && <div className="absolute left-3 top-3 z-10"><ViewSwitch /></div>}
      {!testing && <Totals />}
      {testing && <Player test={test} />}
      {!testing && <EmptyHint />}
      <Zoom onFit={onFit} />
    </>
  );
}
