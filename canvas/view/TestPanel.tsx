// The test's left pane: first the set-up, then what happened, in order and with reasons.
import { useEffect, useRef } from "react";
import { useEditorState, useTools } from "../state/context";
import { useStore } from "../state/store";
import { span, type Translate } from "../text";
import type { SimulatedCall, SimulatedEnrolment, SimulatedMessage, Visit, WhyEntry } from "../types";
import { Icon, Tile } from "./Icon";
import { TestModes } from "./ReplayPane";
import { Avatar, TestSetup } from "./TestSetup";

export function TestPanel() {
  const { editor, test } = useTools();
  const { t } = editor;
  const ran = useStore(test.store, (state) => state.result !== null);
  return (
    <aside className="gm-test" aria-label={t("test")}>
      {!ran && <TestModes />}
      {ran ? <Result /> : <TestSetup />}
    </aside>
  );
}

export function personName(test: ReturnType<typeof useTools>["test"], fallback: string): string {
  const { who, person, attributes, walking } = test.state;
  if (walking) return walking.name;
  if (who !== "made") return person?.name ?? fallback;
  return attributes.find((row) => row.name === "first_name")?.value || fallback;
}

/** Where the browser lets nobody write to the clipboard, the address bar holds the link. */
async function copyLink(editor: ReturnType<typeof useTools>["editor"], link: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(link);
    editor.toast(editor.t("link_copied"));
  } catch {
    window.history.replaceState(null, "", link);
    editor.toast(editor.t("link_in_bar"));
  }
}

function Result() {
  const { editor, test } = useTools();
  const { t, f } = editor;
  const state = useStore(test.store, (all) => ({ result: all.result!, enrolment: all.enrolment, shown: all.shown, start: all.walking ? null : all.start, walking: all.walking, ten: all.who === "ten" && !all.walking }));
  const { kept } = useTools();
  const { busy, error } = useStore(kept.store, (all) => ({ busy: all.busy, error: all.error }));
  const may = useEditorState((all) => all.journey.can_edit);
  const cards = useEditorState((all) => all.history.present.cards);
  const enrolment = state.result.enrolments[state.enrolment] ?? null;
  const name = personName(test, t("made_up_person"));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { heading.current?.focus(); }, []);
  const warnings = state.result.warnings.map((warning) => (typeof warning === "string" ? warning : warning.message));
  return (
    <>
      <div className="p-3.5 pb-3 border-b border-line">
        <div className="flex items-center gap-3">
          <Avatar name={name} />
          <div className="min-w-0"><h2 className="text-base font-[640] truncate" tabIndex={-1} ref={heading}>{name}</h2>
            <p className="text-xs text-ink-2">{state.start ? t("starts_at", { time: f.moment(f.instant(state.start).toISOString()) }) : t("kept_test")}</p></div>
          <button type="button" className="btn btn-sm btn-line ml-auto" onClick={() => test.setup()}><Icon name={state.ten ? "arrow-left" : "pencil"} className="size-3.5" />{t(state.ten ? "ten_back" : "change")}</button>
        </div>
        {!state.walking && (
          <div className="flex flex-wrap gap-1.5 mt-2.5">
            {may && (
              <button type="button" className="btn btn-xs btn-line" aria-disabled={busy} onClick={() => { if (!busy) void kept.keep(); }}>
                <Icon name={busy ? "loader" : "bookmark"} className={busy ? "size-3.5 gm-spin" : "size-3.5"} />{t("keep_test")}
              </button>
            )}
            <button type="button" className="btn btn-xs btn-line" onClick={() => void copyLink(editor, test.link())}><Icon name="link" className="size-3.5" />{t("copy_link")}</button>
          </div>
        )}
        {state.walking?.result?.message && <p className="gm-note gm-note--bad mt-2.5">{state.walking.result.message}</p>}
        {error && <p role="alert" className="gm-note gm-note--bad mt-2.5">{error}</p>}
        {state.result.enrolments.length > 1 && (
          <div className="gm-seg mt-3 flex-wrap" role="group" aria-label={t("entries")}>
            {state.result.enrolments.map((one, i) => (
              <button key={one.started_at + i} type="button" aria-pressed={i === state.enrolment} onClick={() => test.store.set({ enrolment: i, shown: 0, playing: false })}>{f.near(one.started_at, new Date())}</button>
            ))}
          </div>
        )}
      </div>
      <div className="gm-scroll" tabIndex={0} role="group" aria-label={t("timeline")}>
        {warnings.map((warning) => <p key={warning} className="gm-note gm-note--warn mb-2.5">{warning}</p>)}
        {!enrolment && (
          <div className="gm-note gm-note--lit mb-3"><b className="block font-[620] mb-1">{t("not_entered")}</b>
            {state.result.not_entered.length === 0 && <p>{t("not_entered_nothing")}</p>}</div>
        )}
        {state.result.not_entered.map((missed, i) => (
          <section key={missed.at + i} className="mb-4">
            <p className="flex items-baseline gap-2 text-sm"><b className="font-[620]">{t("not_by", { entry: cards[missed.trigger]?.title ?? missed.trigger })}</b><time className="ml-auto text-xs text-ink-3 num">{f.near(missed.at, new Date())}</time></p>
            {missed.text && <p className="text-sm text-ink-2">{missed.text}</p>}
            <Why why={missed.why} />
          </section>
        ))}
        {enrolment && <Timeline enrolment={enrolment} shown={state.shown} />}
      </div>
      {enrolment && <Summary enrolment={enrolment} />}
    </>
  );
}

function Timeline({ enrolment, shown }: { enrolment: SimulatedEnrolment; shown: number }) {
  const { editor, test } = useTools();
  const { t, f } = editor;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { box.current?.querySelector("[data-shown=true]")?.scrollIntoView({ block: "nearest" }); }, [shown]);
  const days: { at: string; rows: { index: number; visit: Visit | null }[] }[] = [{ at: enrolment.started_at, rows: [{ index: 0, visit: null }] }];
  enrolment.visits.forEach((visit, i) => {
    if (!f.sameDay(days.at(-1)!.at, visit.arrived_at)) days.push({ at: visit.arrived_at, rows: [] });
    days.at(-1)!.rows.push({ index: i + 1, visit });
  });
  const used = new Set<SimulatedMessage>();
  const messageOf = (visit: Visit) => {
    const found = enrolment.messages.find((message) => message.step === visit.step && !used.has(message));
    if (found) used.add(found);
    return found;
  };
  const calls = [...(enrolment.calls ?? [])];
  const callOf = (visit: Visit) => {
    const place = calls.findIndex((call) => call.step === visit.step && call.url);
    return place < 0 ? undefined : calls.splice(place, 1)[0];
  };
  return (
    <div ref={box}>
      {days.map((day) => (
        <section key={day.at}>
          <h3 className="gm-eyebrow mt-0.5 mb-2">{f.day(day.at)}</h3>
          <ol className="gm-tl gm-tl--lit">
            {day.rows.map(({ index, visit }) => {
              const key = visit?.step ?? enrolment.trigger;
              const card = editor.cards[key];
              const from = visit?.arrived_at ?? enrolment.started_at;
              const message = visit ? messageOf(visit) : undefined;
              const call = visit ? callOf(visit) : undefined;
              const stayed = visit?.left_at && visit.left_at !== visit.arrived_at;
              return (
                <li key={index} className="pb-3.5">
                  <Tile icon={card?.icon ?? "circle-help"} tone={card?.tone ?? "flow"} small />
                  <div className={index === shown ? "gm-now" : ""} data-shown={index === shown}>
                    <button type="button" className="gm-tl__name" onClick={() => test.show(index)}>
                      <b className="font-[620]">{card?.title ?? key}</b>
                      <time className="ml-auto text-xs text-ink-3 num" dateTime={from}>{stayed ? t("from_to", { from: f.time(from), to: f.near(visit.left_at!, new Date(from)) }) : f.time(from)}</time>
                    </button>
                    {visit?.summary && <p className={visit.why.length ? "gm-why" : "text-sm text-ink-2"}>{visit.summary}</p>}
                    {!visit && <Why why={enrolment.why ?? []} />}
                    {visit && <Why why={visit.why.filter((why) => why.text !== visit.summary)} />}
                    {call && <Request call={call} />}
                    {message && (message.reason || !visit?.summary) && <MessageLine message={message} />}
                    {visit && !visit.left_at && !enrolment.ended_at && <p className="text-sm text-ink-2">{t("still_here")}</p>}
                  </div>
                </li>
              );
            })}
          </ol>
        </section>
      ))}
    </div>
  );
}

function Request({ call }: { call: SimulatedCall }) {
  const { t } = useTools().editor;
  const headers = Object.entries(call.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return (
    <details className="mt-1 text-sm">
      <summary className="cursor-pointer text-ink-2">{t("request_shown")}</summary>
      <pre className="mt-1 rounded-lg border border-line bg-surface p-2 text-xs whitespace-pre-wrap break-all" tabIndex={0}>
        {[`${call.method} ${call.url}`, ...headers, ...(call.body === null ? [] : ["", call.body])].join("\n")}
      </pre>
    </details>
  );
}

function Why({ why }: { why: WhyEntry[] }) {
  const { t } = useTools().editor;
  if (!why.length) return null;
  return (
    <ul className="gm-why">
      {why.map((entry, i) => (
        <li key={i} className="flex items-start gap-1.5">
          <Icon name={entry.result === false ? "x" : "check"} className="size-3.5 mt-0.5" />
          <span><span className="sr-only">{t(entry.result === false ? "is_not_so" : "is_so")} </span>{entry.text ?? JSON.stringify(entry.condition)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Why a message is not sent, in words. */
export function reasonOf(message: SimulatedMessage, t: Translate): string {
  return message.text || t(`skip_${message.reason}`);
}

function MessageLine({ message }: { message: SimulatedMessage }) {
  const { t } = useTools().editor;
  const bad = message.state === "skipped" || message.state === "failed";
  return (
    <p className={`text-sm mt-1 flex items-start gap-1.5 ${bad ? "text-warn-ink" : "text-ink-2"}`}>
      <Icon name={bad ? "circle-alert" : "circle-check"} className="size-4 mt-0.5" />
      <span>{t(`message_${message.state}`)}{message.reason ? `: ${reasonOf(message, t)}` : ""}</span>
    </p>
  );
}

function Summary({ enrolment }: { enrolment: SimulatedEnrolment }) {
  const { t } = useTools().editor;
  const sent = enrolment.messages.filter((message) => message.state === "sent" || message.state === "delivered").length;
  const skipped = enrolment.messages.length - sent;
  const last = enrolment.ended_at ?? enrolment.visits.at(-1)?.arrived_at ?? enrolment.started_at;
  return (
    <p className="flex items-center gap-2 px-3.5 min-h-10 py-2 border-t border-line text-xs text-ink-2">
      <Icon name={skipped ? "circle-alert" : "circle-check"} className={`size-4 ${skipped ? "text-warn-ink" : "text-ok-ink"}`} />
      <span>
        <b className="text-ink font-[620]">{t("messages_in", { n: sent, time: span(enrolment.started_at, last, t) })}</b>{" "}
        {skipped > 0 && `${t("skipped_n", { n: skipped })} `}
        {enrolment.reason ? t(`end_${enrolment.reason}`) : t("still_inside")}
      </span>
    </p>
  );
}
