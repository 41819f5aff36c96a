// Acts that touch the live journey name their numbers and ask first.
import { useEffect, useState } from "react";
import { compare, type Difference } from "../graph/compare";
import { useEditor, useEditorState, useTools } from "../state/context";
import type { JourneyInfo } from "../types";
import type { Done } from "../api";
import { Icon } from "./Icon";
import { KeyboardHelp } from "./KeyboardHelp";
import { Failure, Modal, useAct } from "./parts";
import { Publish } from "./Publish";

export function Dialogs() {
  const dialog = useEditorState((state) => state.dialog);
  if (dialog === "publish") return <Publish />;
  if (dialog === "pause" || dialog === "resume" || dialog === "stop") return <Change act={dialog} />;
  if (dialog === "stale") return <Stale />;
  if (dialog === "keys") return <KeyboardHelp />;
  return null;
}

function Change({ act }: { act: "pause" | "resume" | "stop" }) {
  const editor = useEditor();
  const { t } = editor;
  const inside = useEditorState((state) => state.counts?.totals.inside ?? 0);
  const { busy, error, run } = useAct();
  const close = () => editor.dialog(null);
  const go = () => run<object>(() => editor.api[act]() as Promise<Done<object>>, () => {
    const state = { pause: "paused", resume: "live", stop: "stopped" }[act] as JourneyInfo["state"];
    editor.store.set({ journey: { ...editor.state.journey, state }, dialog: null });
    editor.toast(t(`${act}_done`));
    void editor.api.counts().then((counts) => counts && editor.showCounts(counts));
  });
  return (
    <Modal
      title={t(`${act}_title`)} onClose={close}
      actions={(
        <>
          <button type="button" className="btn btn-sm btn-quiet" onClick={close}>{t("cancel")}</button>
          <button type="button" className={`btn btn-sm ${act === "stop" ? "btn-error" : "btn-primary"}`} disabled={busy} onClick={() => void go()}>{t(act)}</button>
        </>
      )}
    >
      <p className="text-sm">{t(`${act}_text`, { n: inside })}</p>
      <Failure text={error} />
    </Modal>
  );
}

/** Someone else saved this journey since it was opened here. */
function Stale() {
  const { editor, autosave } = useTools();
  const { t } = editor;
  const [theirs, setTheirs] = useState<Awaited<ReturnType<typeof editor.api.theirs>>>(null);
  const [differences, setDifferences] = useState<Difference[] | null>(null);
  const [failed, setFailed] = useState(false);
  const [review, setReview] = useState(false);
  useEffect(() => {
    let here = true;
    void editor.api.theirs().then((answer) => {
      if (!here) return;
      setTheirs(answer);
      setFailed(!answer);
      if (answer) setDifferences(compare(answer.document, editor.doc));
    });
    return () => { here = false; };
  }, [editor]);
  const close = () => editor.dialog(null);
  const nameOf = (key: string) => editor.cards[key]?.title
    ?? theirs?.document.steps?.[key]?.name ?? editor.kindOf(theirs?.document.steps?.[key]?.kind ?? "", false)?.label ?? key;
  const revision = theirs?.revision;
  return (
    <Modal
      title={t("stale_title")} onClose={close} wide
      actions={(
        <>
          <button type="button" className="btn btn-sm btn-quiet" onClick={close}>{t("decide_later")}</button>
          <button type="button" className="btn btn-sm btn-line" onClick={() => autosave.discard()}><Icon name="refresh-cw" />{t("take_theirs")}</button>
          {review
            ? <button type="button" className="btn btn-sm btn-error" disabled={revision === null || revision === undefined} onClick={() => void autosave.overwrite(revision!)}>{t("overwrite")}</button>
            : <button type="button" className="btn btn-sm btn-primary" onClick={() => setReview(true)}>{t("keep_mine")}</button>}
        </>
      )}
    >
      <p className="text-sm">{t("stale_text")}</p>
      {review && failed && <p role="alert" className="gm-note gm-note--bad mt-3">{t("stale_offline")}</p>}
      {review && !failed && !differences && <p className="text-sm text-ink-2 mt-3" role="status">{t("loading")}</p>}
      {review && differences && (
        <div className="mt-3" role="status">
          <p className="gm-h mb-1">{differences.length ? t("stale_changes", { n: differences.length }) : t("stale_same")}</p>
          <ul className="gm-diff">
            {differences.map(({ key, change }) => <li key={key}><span className={`gm-chip gm-chip--${{ added: "ok", removed: "bad", changed: "info" }[change]}`}>{t(`diff_${change}`)}</span><span className="truncate">{nameOf(key)}</span></li>)}
          </ul>
        </div>
      )}
    </Modal>
  );
}
