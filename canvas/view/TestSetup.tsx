// Who is tested, from when, and what happens to her meanwhile.
import { useEffect, useState } from "react";
import type { PersonHit } from "../api";
import { useEditorState, useTools } from "../state/context";
import { useStore } from "../state/store";
import { type Happening, type Row } from "../state/testing";
import { Icon } from "./Icon";
import { KeptTests } from "./KeptTests";
import { Ten } from "./TestTen";
import { IconButton, Menu } from "./parts";

export function TestSetup() {
  const { editor, test } = useTools();
  const { t } = editor;
  const state = useStore(test.store, (all) => all);
  const { doc, cards } = useEditorState((all) => all.history.present);
  const draws = Object.keys(doc.steps).filter((key) => cards[key]?.outlets.some((outlet) => outlet.share));
  return (
    <form className="contents" onSubmit={(event) => { event.preventDefault(); void test.run(); }}>
      <div className="gm-scroll grid gap-4 content-start" tabIndex={0} role="group" aria-label={t("test_setup")}>
        <KeptTests />
        <section>
          <h2 className="gm-h mb-2">{t("test_who")}</h2>
          <div className="gm-seg w-full! flex!" role="group" aria-label={t("test_who")}>
            <button type="button" className="flex-1 justify-center" aria-pressed={state.who === "real"} onClick={() => test.store.set({ who: "real" })}>{t("test_real")}</button>
            <button type="button" className="flex-1 justify-center" aria-pressed={state.who === "made"} onClick={() => test.store.set({ who: "made" })}>{t("test_made")}</button>
            <button type="button" className="flex-1 justify-center" aria-pressed={state.who === "ten"} onClick={() => test.store.set({ who: "ten" })}>{t("test_ten")}</button>
          </div>
          {state.who === "ten" ? <Ten /> : state.who === "real" ? <PersonSearch /> : (
            <div className="mt-2.5">
              <Rows rows={state.attributes} onChange={(attributes) => test.store.set({ attributes })} nameLabel={t("attribute")} />
              <label className="flex items-center gap-2 text-sm mt-2">
                <input type="checkbox" className="checkbox checkbox-sm" checked={state.consent} onChange={(event) => test.store.set({ consent: event.target.checked })} />{t("test_consent")}
              </label>
            </div>
          )}
        </section>
        <section className="grid grid-cols-[1fr_7rem] gap-2">
          <label><span className="gm-label">{t("test_start")}</span>
            <input type="datetime-local" className="input input-sm w-full mt-1" required value={state.start} onChange={(event) => test.store.set({ start: event.target.value })} /></label>
          <label><span className="gm-label">{t("test_days")}</span>
            <input type="number" min={1} max={400} className="input input-sm w-full mt-1 num" value={state.days} onChange={(event) => test.store.set({ days: Math.max(1, Math.min(400, Number(event.target.value) || 1)) })} /></label>
        </section>
        <section>
          <div className="flex items-center"><h2 className="gm-h">{t("test_happens")}</h2>
            <span className="ml-auto"><Menu label={t("add_happening")} icon="plus" className="btn-xs" items={[
              { label: t("an_event"), icon: "zap", run: () => test.add("event") },
              { label: t("a_reaction"), icon: "mouse-pointer-click", run: () => test.add("message") },
              { label: t("a_change"), icon: "user-pen", run: () => test.add("set") },
            ]} /></span></div>
          {state.happenings.length === 0 && <p className="text-sm text-ink-2 mt-1">{t("nothing_happens")}</p>}
          <ol className="grid gap-2 mt-2">{state.happenings.map((one) => <HappeningRow key={one.id} one={one} />)}</ol>
        </section>
        {draws.length > 0 && (
          <section>
            <h2 className="gm-h mb-2">{t("what_if")}</h2>
            {draws.map((key) => (
              <div key={key} className="mb-2">
                <p className="text-sm text-ink-2 mb-1">{cards[key]?.title}</p>
                <div className="gm-seg flex-wrap" role="group" aria-label={cards[key]?.title}>
                  <button type="button" aria-pressed={!state.draws[key]} onClick={() => test.draw(key, null)}>{t("by_chance")}</button>
                  {cards[key]?.outlets.map((outlet) => (
                    <button key={outlet.key} type="button" aria-pressed={state.draws[key] === outlet.key} onClick={() => test.draw(key, outlet.key)}>{outlet.label}</button>
                  ))}
                </div>
              </div>
            ))}
          </section>
        )}
      </div>
      <div className="border-t border-line p-3.5">
        {state.error && <p role="alert" className="gm-note gm-note--bad mb-2.5">{state.error}</p>}
        <button type="submit" className="btn btn-sm btn-primary w-full" disabled={state.running}><Icon name={state.running ? "loader" : "play"} className={state.running ? "size-4 gm-spin" : "size-4"} />{state.running ? t("testing_now") : t("run_test")}</button>
      </div>
    </form>
  );
}

function PersonSearch() {
  const { editor, test } = useTools();
  const { t } = editor;
  const person = useStore(test.store, (state) => state.person);
  const [query, setQuery] = useState("");
  const [hits, setHits] = useState<PersonHit[] | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (person) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      editor.api.people(query, stop.signal).then((found) => { setHits(found.slice(0, 8)); setFailed(false); })
        .catch(() => { if (!stop.signal.aborted) setFailed(true); });
    }, query ? 300 : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [query, person, editor]);
  if (person) {
    return (
      <div className="flex items-center gap-3 mt-2.5">
        <Avatar name={person.name} />
        <div className="min-w-0 leading-tight"><p className="text-sm font-[620] truncate">{person.name}</p><p className="text-xs text-ink-2 truncate">{person.detail}</p></div>
        <button type="button" className="btn btn-sm btn-line ml-auto" onClick={() => test.store.set({ person: null })}>{t("change")}</button>
      </div>
    );
  }
  return (
    <div className="mt-2.5">
      <label className="input input-sm w-full"><Icon name="search" className="size-3.5 text-ink-3" />
        <input type="search" value={query} placeholder={t("find_person")} aria-label={t("find_person")} onChange={(event) => setQuery(event.target.value)} /></label>
      {failed && <p role="alert" className="text-sm text-bad-ink mt-2">{t("people_failed")}</p>}
      <ul className="mt-1.5" aria-label={t("people")}>
        {hits?.map((hit) => (
          <li key={hit.id}>
            <button type="button" className="gm-hit" onClick={() => test.store.set({ person: hit, error: null })}>
              <Avatar name={hit.name} /><span className="min-w-0"><span className="block text-sm font-[560] truncate">{hit.name}</span><span className="block text-xs text-ink-2 truncate">{hit.detail}</span></span>
            </button>
          </li>
        ))}
      </ul>
      {hits?.length === 0 && <p className="text-sm text-ink-2 mt-2" role="status">{t("find_nothing", { query })}</p>}
    </div>
  );
}

export function Avatar({ name }: { name: string }) {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  const initials = /^[가-힣]{2,4}$/.test(name) ? name.slice(-2) : name.split(/[\s@.]+/).slice(0, 2).map((word) => word.charAt(0).toUpperCase()).join("");
  return <span className="gm-avatar" style={{ "--h": hue } as React.CSSProperties} aria-hidden="true">{initials}</span>;
}

function Rows({ rows, onChange, nameLabel }: { rows: Row[]; onChange: (rows: Row[]) => void; nameLabel: string }) {
  const { editor, test } = useTools();
  const { t } = editor;
  const set = (id: number, part: Partial<Row>) => onChange(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));
  return (
    <div className="grid gap-1.5">
      {rows.map((row) => (
        <div key={row.id} className="grid grid-cols-[1fr_1fr_1.5rem] gap-1.5 items-center">
          <input className="input input-sm w-full" value={row.name} aria-label={nameLabel} placeholder={nameLabel} onChange={(event) => set(row.id, { name: event.target.value })} />
          <input className="input input-sm w-full" value={row.value} aria-label={t("value_of", { name: row.name || nameLabel })} placeholder={t("value")} onChange={(event) => set(row.id, { value: event.target.value })} />
          <IconButton icon="x" className="btn-xs" label={t("remove_named", { name: row.name || nameLabel })} onClick={() => onChange(rows.filter((one) => one.id !== row.id))} />
        </div>
      ))}
      <button type="button" className="btn btn-xs btn-quiet justify-self-start -ml-1" onClick={() => onChange([...rows, test.row()])}><Icon name="plus" className="size-3.5" />{t("add_named", { name: nameLabel })}</button>
    </div>
  );
}

const REACTIONS = ["delivered", "opened", "clicked", "bounced"];

function HappeningRow({ one }: { one: Happening }) {
  const { editor, test } = useTools();
  const { t } = editor;
  const { doc, cards } = useEditorState((state) => state.history.present);
  const icon = { event: "zap", message: "mouse-pointer-click", set: "user-pen" }[one.kind];
  return (
    <li className="gm-happening">
      <div className="flex items-center gap-1.5 mb-1.5">
        <Icon name={icon} className="size-3.5 text-ink-3" /><span className="gm-label">{t({ event: "an_event", message: "a_reaction", set: "a_change" }[one.kind])}</span>
        <input type="datetime-local" className="input input-xs ml-auto w-[11.5rem]" aria-label={t("when")} required value={one.at} onChange={(event) => test.change(one.id, { at: event.target.value || editor.f.wall(new Date()) })} />
        <IconButton icon="x" className="btn-xs" label={t("remove")} onClick={() => test.drop(one.id)} />
      </div>
      {one.kind === "event" && <input className="input input-sm w-full mb-1.5" value={one.name} required aria-label={t("event_name")} placeholder={t("event_name")} onChange={(event) => test.change(one.id, { name: event.target.value })} />}
      {one.kind === "message" && (
        <div className="grid grid-cols-2 gap-1.5">
          <select className="select select-sm" aria-label={t("message")} value={one.step} onChange={(event) => test.change(one.id, { step: event.target.value })}>
            {Object.keys(doc.steps).filter((key) => cards[key]?.tone === "message").map((key) => <option key={key} value={key}>{cards[key]?.title}</option>)}
          </select>
          <select className="select select-sm" aria-label={t("reaction")} value={one.happened} onChange={(event) => test.change(one.id, { happened: event.target.value })}>
            {REACTIONS.map((reaction) => <option key={reaction} value={reaction}>{t(`reaction_${reaction}`)}</option>)}
          </select>
        </div>
      )}
      {one.kind !== "message" && <Rows rows={one.properties} nameLabel={t(one.kind === "event" ? "property" : "attribute")} onChange={(properties) => test.change(one.id, { properties })} />}
    </li>
  );
}
