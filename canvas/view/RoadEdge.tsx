// A road between two cards: a band as wide as its traffic, the line, its label, and the button that adds a step.
import { EdgeLabelRenderer, type Edge, type EdgeProps } from "@xyflow/react";
import { memo, useState } from "react";
import type { Road } from "../graph/roads";
import { useEditorState, useTools } from "../state/context";
import { useStore } from "../state/store";
import { Icon } from "./Icon";
import { shareOf } from "./StepCard";

export type RoadEdgeType = Edge<{ road: Road }, "road">;
export type BandEdgeType = Edge<{ road: Road }, "band">;

export const BandEdge = memo(function BandEdge({ data }: EdgeProps<BandEdgeType>) {
  const { test } = useTools();
  const road = data!.road;
  const testing = useEditorState((state) => state.testing);
  const width = useEditorState((state) => {
    const { counts } = state;
    if (!counts || !state.traffic) return 0;
    const from = counts.steps[road.from];
    const { triggers } = state.history.present.doc;
    const sole = road.from in triggers && Object.keys(triggers).length === 1 ? counts.totals.entered : undefined;
    const people = sole ?? from?.outlets?.[road.outlet] ?? (road.label === null ? from?.completed : undefined) ?? 0;
    const all = Math.max(counts.totals.entered, 1);
    return people > 0 ? Math.round((3 + 15 * Math.min(1, people / all)) * 10) / 10 : 0;
  });
  const lit = useLit(test, road);
  if (testing) return lit === true ? <path className="gm-road__band is-lit" d={road.d} /> : null;
  return width ? <path className="gm-road__band" d={road.d} style={{ strokeWidth: width }} /> : null;
});

function useLit(test: ReturnType<typeof useTools>["test"], road: Road): boolean | null {
  return useStore(test.store, (state) => {
    if (!state.result) return null;
    const taken = test.taken();
    const at = taken.findIndex((one) => one.from === road.from && one.outlet === road.outlet);
    return at >= 0 && (!state.playing || at < state.shown);
  });
}

export const RoadEdge = memo(function RoadEdge({ data, selected }: EdgeProps<RoadEdgeType>) {
  const { editor, test } = useTools();
  const { t, f } = editor;
  const road = data!.road;
  const [hover, setHover] = useState(false);
  const testing = useEditorState((state) => state.testing);
  const editable = useEditorState((state) => state.journey.can_edit && !state.testing);
  const share = useEditorState((state) => shareOf(f, state.counts?.steps[road.from], road.outlet, road.share));
  const lit = useLit(test, road);
  const mark = testing && lit !== null ? (lit ? " is-lit" : " is-dim") : "";
  const active = !testing && (hover || selected);
  const over = { onPointerEnter: () => setHover(true), onPointerLeave: () => setHover(false) };
  const title = editor.title(road.from);
  return (
    <>
      <g className={`gm-road${mark}${active ? " is-active" : ""}`} data-from={road.from} data-outlet={road.outlet} {...over}>
        <path className="gm-road__line" d={road.d} />
        <path className="gm-road__tip" d={`M${road.tx - 4.5} ${road.ty - 7.5}h9l-4.5 7z`} />
        <path className="gm-road__reach react-flow__edge-interaction" d={road.d} />
      </g>
      {(road.label !== null || active) && (
        <EdgeLabelRenderer>
          <div className="gm-road__label nodrag nopan" data-from={road.from} data-outlet={road.outlet} style={{ transform: `translate(-50%, -50%) translate(${road.lx}px, ${road.ly}px)` }} {...over}>
            {road.label !== null && (
              <span className={`gm-elabel${mark}`} onClick={() => editor.store.set({ road: selected ? null : `${road.from}\u0000${road.outlet}`, selection: [] })}>
                {road.label}{share && !testing && <small>{share}</small>}
              </span>
            )}
            {active && editable && (
              <span className={road.label === null ? "gm-road__acts" : "gm-road__acts gm-road__acts--beside"}>
                <button
                  type="button" className="gm-road__plus" tabIndex={-1} aria-label={t("add_here")} title={t("add_here")}
                  onClick={() => editor.choose({ kind: "add", from: road.from, outlet: road.outlet })}
                ><Icon name="plus" className="size-3.5" /></button>
                {selected && (
                  <>
                    {road.label !== null && (
                      <button type="button" className="gm-road__act" aria-label={t("branch_settings", { step: title })} title={t("branch_settings", { step: title })} onClick={() => editor.open(road.from)}>
                        <Icon name="pencil" className="size-3.5" />
                      </button>
                    )}
                    <button type="button" className="gm-road__act" aria-label={t("remove_road")} title={t("remove_road")} onClick={() => editor.connect(road.from, road.outlet, null)}>
                      <Icon name="trash-2" className="size-3.5" />
                    </button>
                  </>
                )}
              </span>
            )}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
