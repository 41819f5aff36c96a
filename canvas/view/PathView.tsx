// The phone's form of the canvas: one path at a time, with a switch at every fork.
import { useState } from "react";
import { isTrigger, targetOf } from "../graph/document";
import { outletsOf } from "../graph/order";
import { useEditorState, useTools } from "../state/context";
import { CardBody, shareOf, useCardLabel } from "./StepCard";
import { CheckButton } from "./TopBar";
import { Icon } from "./Icon";

export function PathView() {
  const { editor, test } = useTools();
  const { t, f } = editor;
  const { doc, cards } = useEditorState((state) => state.history.present);
  const journey = useEditorState((state) => state.journey);
  const counts = useEditorState((state) => state.counts);
  const [ways, setWays] = useState<Record<string, string>>({});
  const triggers = Object.keys(doc.triggers);
  const [entry, setEntry] = useState<string | null>(null);
  const start = entry && entry in doc.triggers ? entry : triggers[0] ?? Object.keys(doc.steps)[0] ?? null;

  const rows: { key: string; way: string | null }[] = [];
  const seen = new Set<string>();
  let key = start;
  let again: string | null = null;
  while (key) {
    if (seen.has(key)) {
      again = key;
      break;
    }
    seen.add(key);
    const outlets = outletsOf(doc, cards, key);
    const chosen: string | null = outlets.find((outlet) => outlet.key === ways[key!])?.key ?? outlets[0]?.key ?? null;
    rows.push({ key, way: chosen });
    key = chosen ? targetOf(doc, key, chosen) : null;
  }
  const last = rows.at(-1);
  const live = journey.live_version !== null && counts;
  return (
    <div className="gm-path">
      {live && (
        <div className="gm-path__facts">
          <span className="gm-chip gm-chip--ok"><span className="gm-status" data-s={journey.state}><i />{t("live_n", { n: journey.live_version! })}</span></span>
          <span className="num whitespace-nowrap">{t("inside_now_n", { n: counts.totals.inside })}</span>
          {counts.totals.goal > 0 && <span className="num whitespace-nowrap">{t("goal_share", { share: f.percent(counts.totals.goal, counts.totals.entered) })}</span>}
        </div>
      )}
      <main id="main" tabIndex={-1}>
        {triggers.length > 1 && (
          <div className="gm-seg gm-path__fork mx-4 mt-4" role="group" aria-label={t("entry_to_show")}>
            {triggers.map((one) => <button key={one} type="button" aria-pressed={one === start} onClick={() => setEntry(one)}>{editor.title(one)}</button>)}
          </div>
        )}
        <ul className="px-4 pt-4">
          {rows.map(({ key: id, way }, i) => {
            const outlets = outletsOf(doc, cards, id);
            return (
              <li key={id}>
                <PathCard id={id} />
                {outlets.length > 1 && (
                  <>
                    <Stretch />
                    <div className="gm-seg gm-path__fork" role="group" aria-label={t("branch_to_show")}>
                      {outlets.map((outlet) => (
                        <button key={outlet.key} type="button" aria-pressed={outlet.key === way} onClick={() => setWays({ ...ways, [id]: outlet.key })}>
                          <span className="truncate">{outlet.label}</span><span className="num font-normal">{shareOf(f, counts?.steps[id], outlet.key, outlet.share)}</span>
                        </button>
                      ))}
                    </div>
                  </>
                )}
                {i < rows.length - 1 && <Stretch />}
              </li>
            );
          })}
        </ul>
        {again && <p className="text-xs text-ink-2 text-center mt-3">{t("goes_to", { step: editor.title(again) })}</p>}
        {rows.length === 0 && <p className="text-sm text-ink-2 text-center mt-10 px-6">{t("empty_title")}</p>}
        {journey.can_edit && !again && (!last || last.way !== null) && (
          <div className="text-center">
            {last && <Stretch />}
            <button type="button" className="btn btn-line" onClick={() => editor.choose({ kind: "add", from: last?.key ?? null, outlet: last?.way ?? null })}>
              <Icon name="plus" />{t("add_step")}
            </button>
          </div>
        )}
      </main>
      <div className="gm-path__bar">
        <CheckButton big />
        <button type="button" className="btn btn-line px-3" onClick={() => test.enter()}><Icon name="user-search" className="size-5" />{t("test_short")}</button>
        {journey.can_publish && <button type="button" className="btn btn-primary flex-1" onClick={() => editor.dialog("publish")}>{t("publish")}</button>}
      </div>
    </div>
  );
}

function Stretch() {
  return <div aria-hidden="true" className="gm-path__road"><span /></div>;
}

function PathCard({ id }: { id: string }) {
  const { editor } = useTools();
  const card = useEditorState((state) => state.history.present.cards[id]);
  const counts = useEditorState((state) => state.counts?.steps[id]);
  const selected = useEditorState((state) => state.selection.includes(id));
  const label = useCardLabel(id, card);
  if (!card) return null;
  return (
    <div className={`gm-step gm-path__card${selected ? " is-selected" : ""}${card.short ? " gm-step--mini" : ""}`} data-trigger={isTrigger(editor.doc, id) || undefined}>
      <button type="button" className="gm-step__hit" data-card={id} aria-label={label} aria-pressed={selected} onClick={() => editor.open(id)} />
      <CardBody id={id} card={card} counts={counts} />
    </div>
  );
}
