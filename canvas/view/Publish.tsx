// Publishing says what changes, who is inside at which step, and what becomes of them: finish on the version they walk,
// or move to the new one. The plan comes from the server, counted by the rules by which people are then moved.
import { useCallback, useEffect, useState } from "react";
import { pathOrder } from "../graph/order";
import { useEditorState, useTools } from "../state/context";
import type { Change, InFlight, Plan, PlannedStep, Problem } from "../types";
import { Icon } from "./Icon";
import { Failure, Modal, useAct } from "./parts";
import { inPathOrder, ProblemList } from "./SidePanes";

const FEW = 6;
const LEAVE = "";
const SIGN = { added: "plus", removed: "trash-2", changed: "pencil" } as const;

export function Publish() {
  const { editor, autosave } = useTools();
  const { t } = editor;
  const problems = useEditorState((state) => state.problems);
  const journey = useEditorState((state) => state.journey);
  const { doc, cards } = useEditorState((state) => state.history.present);
  const replaces = journey.live_version !== null && (journey.state === "live" || journey.state === "paused");
  const { plan, failed, again } = usePlan(replaces);
  const [choice, setChoice] = useState<InFlight | null>(null);
  const [targets, setTargets] = useState<Record<string, string>>({});
  const [note, setNote] = useState("");
  const { busy, error, run } = useAct();
  const close = () => editor.dialog(null);
  const errors = problems.filter((problem) => problem.severity === "error");
  const messages = Object.keys(doc.steps).filter((key) => cards[key]?.tone === "message").length;
  const people: InFlight = choice ?? plan?.default ?? "finish";
  const version = plan?.next ?? journey.next_version;

  const publish = () => run(async () => {
    if (!(await autosave.flush())) return { result: "refused" as const, message: t("publish_unsaved"), problems: null as Problem[] | null };
    const chosen = Object.fromEntries(Object.entries(targets).map(([step, target]) => [step, target === LEAVE ? null : target]));
    return editor.api.publish({ in_flight: plan?.inside ? people : "finish", plan: chosen, note }, editor.state.journey.revision);
  }, (news) => {
    const live = news.live_version ?? news.version ?? version;
    editor.store.set({
      journey: { ...editor.state.journey, state: news.state ?? "live", live_version: live, next_version: live + 1 },
      dialog: null,
    });
    const moved = plan?.inside && people === "move" ? news.move : null;
    editor.toast(
      moved?.state === "moved" ? t("published_moved", { n: live, people: moved.moved }) : t("published", { n: live }),
      moved ? { label: t("versions"), run: () => window.location.assign(editor.boot.urls.versions) } : null,
    );
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
      title={t("publish_title", { n: version })} onClose={close} wide={replaces}
      actions={(
        <>
          <button type="button" className="btn btn-sm btn-quiet" onClick={close}>{t("cancel")}</button>
          <button type="button" className="btn btn-sm btn-primary" disabled={busy || (replaces && !plan && !failed)} onClick={() => void publish()}>
            <Icon name="send" />{busy ? t("publishing") : t("publish")}
          </button>
        </>
      )}
    >
      <p className="text-sm">{replaces ? t("publish_replaces", { n: journey.live_version! }) : t("publish_first")}</p>
      {!replaces && (
        <dl className="gm-facts num">
          <dt>{t("ways_in")}</dt><dd>{Object.keys(doc.triggers).map((key) => editor.title(key)).join(", ")}</dd>
          <dt>{t("steps")}</dt><dd>{editor.f.number(Object.keys(doc.steps).length)}</dd>
          <dt>{t("messages")}</dt><dd>{editor.f.number(messages)}</dd>
        </dl>
      )}
      {replaces && !plan && !failed && <div className="grid gap-3 mt-3" role="status" aria-label={t("loading")}><div className="gm-skel h-5 w-1/2" /><div className="gm-skel h-12" /><div className="gm-skel h-12" /></div>}
      {failed && (
        <div role="alert" className="gm-note gm-note--bad mt-3">
          <span className="flex-1">{t("plan_failed")}</span>
          <button type="button" className="btn btn-xs btn-line" onClick={again}>{t("try_again")}</button>
        </div>
      )}
      {plan && <Changes changes={plan.changes} />}
      {plan && plan.inside > 0 && (
        <>
          <People plan={plan} people={people} choose={setChoice} />
          {people === "move" && <Steps plan={plan} targets={targets} send={(step, target) => setTargets({ ...targets, [step]: target })} />}
        </>
      )}
      {replaces && (plan || failed) && (
        <label className="block mt-4"><span className="gm-label">{t("publish_note")}</span>
          <input className="input input-sm w-full mt-1" value={note} maxLength={200} onChange={(event) => setNote(event.target.value)} /></label>
      )}
      {problems.length > 0 && <p className="gm-note gm-note--warn mt-3">{t("publish_warnings", { n: problems.length })}</p>}
      <Failure text={error} />
    </Modal>
  );
}

/** The plan for the draft as it is saved. */
function usePlan(wanted: boolean) {
  const { editor, autosave } = useTools();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [failed, setFailed] = useState(false);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (!wanted) return;
    let here = true;
    const load = async () => {
      const found = (await autosave.flush()) ? await editor.api.plan() : null;
      if (!here) return;
      setPlan(found);
      setFailed(!found);
    };
    void load();
    return () => { here = false; };
  }, [editor, autosave, wanted, turn]);
  const again = useCallback(() => { setFailed(false); setTurn((n) => n + 1); }, []);
  return { plan, failed, again };
}

function Changes({ changes }: { changes: Change[] }) {
  const { t } = useTools().editor;
  const [all, setAll] = useState(false);
  const shown = all ? changes : changes.slice(0, FEW);
  return (
    <section className="mt-4" aria-label={t("what_changes")}>
      <h3 className="gm-h mb-2">{t("what_changes")}</h3>
      {changes.length === 0 && <p className="text-sm text-ink-2">{t("changes_none")}</p>}
      <ul className="gm-changes">
        {shown.map((change) => (
          <li key={`${change.part}:${change.key}`}>
            <Icon name={SIGN[change.change]} className="size-4 mt-0.5 text-ink-3" />
            <span className="min-w-0"><b>{change.name}</b>{change.change === "changed" ? "" : ` · ${t(`diff_${change.change === "added" ? "new" : "gone"}`)}`}
              {change.lines.map((line) => <span key={line.text} className="block text-ink-2">{line.text}</span>)}</span>
          </li>
        ))}
      </ul>
      {changes.length > FEW && !all && <button type="button" className="btn btn-xs btn-line mt-2" onClick={() => setAll(true)}>{t("changes_all", { n: changes.length })}</button>}
    </section>
  );
}

function People({ plan, people, choose }: { plan: Plan; people: InFlight; choose: (choice: InFlight) => void }) {
  const { t } = useTools().editor;
  const options = [
    {
      value: "finish" as const, title: plan.version === plan.next ? t("people_stay") : t("people_finish", { n: plan.version ?? 1 }),
      text: t("people_finish_text"),
    },
    {
      value: "move" as const, title: t("people_move", { n: plan.next }),
      text: [t("people_move_text"), plan.released ? t("people_released", { n: plan.released }) : "", plan.small ? t("change_small") : people === "move" ? "" : t("change_large")].filter(Boolean).join(" "),
    },
  ];
  return (
    <fieldset className="mt-4">
      <legend className="gm-h mb-2">{t("people_inside_q", { n: plan.inside })}</legend>
      <div className="grid gap-2">
        {options.map(({ value, title, text }) => (
          <label key={value} className="gm-choice gm-choice--card">
            <input type="radio" className="radio radio-sm radio-primary mt-0.5" name="people" checked={people === value} onChange={() => choose(value)} />
            <span><b>{title}</b><small>{text}</small></span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Steps({ plan, targets, send }: { plan: Plan; targets: Record<string, string>; send: (step: string, target: string) => void }) {
  const { editor } = useTools();
  const { t, f } = editor;
  return (
    <section className="mt-3" aria-label={t("people_by_step")}>
      <h3 className="gm-label mb-1.5">{t("people_by_step")}</h3>
      <ul className="gm-plan">
        {plan.steps.map((at) => (
          <li key={at.step}>
            <span className="min-w-0"><b className="truncate block">{at.name}</b><small>{[at.text, ...asides(at, t)].join(" ")}</small></span>
            <span className="num font-[580] whitespace-nowrap" aria-label={t("count_inside_n", { n: at.people })}>{f.number(at.people)}</span>
            {at.removed && (
              <label className="gm-plan__to"><span>{t("people_go_to")}</span>
                <select className="select select-sm" value={targets[at.step] ?? at.target ?? LEAVE} onChange={(event) => send(at.step, event.target.value)}>
                  {plan.targets.map((target) => <option key={target.key} value={target.key}>{target.name}</option>)}
                  <option value={LEAVE}>{t("people_leave_here")}</option>
                </select></label>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function asides(at: PlannedStep, t: (key: string, params?: Record<string, number>) => string): string[] {
  return [at.paused ? t("people_paused_n", { n: at.paused }) : "", at.failed ? t("people_failed_n", { n: at.failed }) : ""].filter(Boolean);
}
