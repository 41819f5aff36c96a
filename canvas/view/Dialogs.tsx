// Acts that touch the live journey name their numbers and ask first.
import { useEffect, useState } from "react";
import { compare, type Difference } from "../graph/compare";
import { pathOrder } from "../graph/order";
import { useEditor, useEditorState, useTools } from "../state/context";
import type { JourneyInfo, Problem } from "../types";
import type { Done, Published } from "../api";
import { Icon } from "./Icon";
import { Modal } from "./parts";
import { inPathOrder, ProblemList } from "./SidePanes";
import { KeyboardHelp } from "./KeyboardHelp";

export function Dialogs() {
  const dialog = useEditorState((state) => state.dialog);
  if (dialog === "publish") return <Publish />;
  if (dialog === "pause" || dialog === "resume" || dialog === "stop") return <Change act={dialog} />;
  if (dialog === "stale") return <Stale />;
  if (dialog === "keys") return <KeyboardHelp />;
  return null;
}

function useAct() {
  const editor = useEditor();
  const { t } = editor;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async <T extends object>(act: () => Promise<Done<T>>, done: (answer: T) => void) => {
    setBusy(true);
    setError(null);
    const outcome = await act();
    setBusy(false);
    if (outcome.result === "done") done(outcome.answer);
    else if (outcome.result === "offline") setError(t("act_offline"));
    else {
      if (outcome.problems) editor.store.set({ problems: outcome.problems });
      setError(outcome.message);
    }
  };
  return { busy, error, run };
}

function Failure({ text }: { text: string | null }) {
  return text ? <p role="alert" className="gm-note gm-note--bad mt-3">{text}</p> : null;
}

function Publish() {
  const { editor, autosave } = useTools();
  const { t, boot } = editor;
  const problems = useEditorState((state) => state.problems);
  const journey = useEditorState((state) => state.journey);
  const inside = useEditorState((state) => state.counts?.totals.inside ?? 0);
  const { doc, cards } = useEditorState((state) => state.history.present);
  const [people, setPeople] = useState<"finish" | "move">("finish");
  const { busy, error, run } = useAct();
  const close = () => editor.dialog(null);
  const errors = problems.filter((problem) => problem.severity === "error");
  const replaces = journey.live_version !== null && (journey.state === "live" || journey.state === "paused");
  const messages = Object.keys(doc.steps).filter((key) => cards[key]?.tone === "message").length;

  const publish = () => run(async () => {
    if (!(await autosave.flush())) return { result: "refused" as const, message: t("publish_unsaved"), problems: null as Problem[] | null };
    return editor.api.publish(people);
  }, (answer) => {
    const news: Published = answer;
    const version = news.live_version ?? news.version ?? journey.next_version;
    editor.store.set({
      journey: {
        ...editor.state.journey, state: news.state ?? "live", live_version: version, next_version: version + 1,
      },
      dialog: null,
    });
    editor.toast(t("published", { n: version }));
    void editor.api.counts().then((counts) => counts && editor.showCounts(counts));
  });

  if (errors.length) {
    return (
      <Modal title={t("publish_blocked")} onClose={close} wide actions={<button type="button" className="btn btn-sm btn-line" onClick={close}>{t("close")}</button>}>
        <p className="text-sm text-ink-2 mb-3">{t("publish_blocked_text", { n: errors.length })}</p>
        <ProblemList problems={inPathOrder(errors, pathOrder(doc, cards))} onLeave={close} />
        <Failure text={error} />
      </Modal>
    );
  }
  return (
    <Modal
      title={t("publish_title", { n: journey.next_version })} onClose={close}
      actions={(
        <>
          <button type="button" className="btn btn-sm btn-quiet" onClick={close}>{t("cancel")}</button>
          <button type="button" className="btn btn-sm btn-primary" disabled={busy} onClick={() => void publish()}>
            <Icon name="send" />{busy ? t("publishing") : t("publish")}
          </button>
        </>
      )}
    >
      <p className="text-sm">{replaces ? t("publish_replaces", { n: journey.live_version! }) : t("publish_first")}</p>
      <dl className="gm-facts num">
        <dt>{t("ways_in")}</dt><dd>{Object.keys(doc.triggers).map((key) => editor.title(key)).join(", ")}</dd>
        <dt>{t("steps")}</dt><dd>{editor.f.number(Object.keys(doc.steps).length)}</dd>
        <dt>{t("messages")}</dt><dd>{editor.f.number(messages)}</dd>
      </dl>
      {replaces && inside > 0 && (
        <fieldset className="mt-3">
          <legend className="gm-h mb-2">{t("people_inside_q", { n: inside })}</legend>
          <label className="gm-choice"><input type="radio" className="radio radio-sm" name="people" checked={people === "finish"} onChange={() => setPeople("finish")} />
            <span><b>{t("people_finish", { n: journey.live_version! })}</b><small>{t("people_finish_text")}</small></span></label>
          {boot.capabilities?.move && (
            <label className="gm-choice"><input type="radio" className="radio radio-sm" name="people" checked={people === "move"} onChange={() => setPeople("move")} />
              <span><b>{t("people_move", { n: journey.next_version })}</b><small>{t("people_move_text")}</small></span></label>
          )}
        </fieldset>
      )}
      {problems.length > 0 && <p className="gm-note gm-note--warn mt-3">{t("publish_warnings", { n: problems.length })}</p>}
      <Failure text={error} />
    </Modal>
  );
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
      title={t("stale_title")} onClose={close}
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
