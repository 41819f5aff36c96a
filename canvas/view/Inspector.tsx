// Name, owner and settings of the chosen card. The settings are a form of the server's (state/forms.ts).
import { useEffect, useRef, useState } from "react";
import { isTrigger, nodeOf } from "../graph/document";
import { canonical } from "../graph/compare";
import { useEditor, useEditorState } from "../state/context";
import type { Answer } from "../state/forms";
import type { AnyNode } from "../types";
import { Fragment } from "./Fragment";
import { Tile } from "./Icon";
import { IconButton, Menu, TeamMark } from "./parts";

/** The part of a node that its form shows: everything but roads, name and team. */
function settingsOf(node: AnyNode | undefined): string {
  const { next: _next, name: _name, team: _team, ...rest } = node ?? { kind: "" };
  return canonical(rest);
}

export function Inspector({ id }: { id: string }) {
  const editor = useEditor();
  const { t, boot } = editor;
  const node = useEditorState((state) => nodeOf(state.history.present.doc, id));
  const card = useEditorState((state) => state.history.present.cards[id]);
  const editable = useEditorState((state) => state.journey.can_edit);
  const problems = useEditorState((state) => state.problems);
  const trigger = isTrigger(editor.doc, id);
  const kind = card ? editor.kindOf(card.kind, trigger) : undefined;
  const box = useRef<HTMLElement>(null);
  const shown = useRef(settingsOf(node));
  const [version, setVersion] = useState(0);

  const heard = ({ key, node: changed, card: drawn }: Answer) => {
    if (key !== id || !changed || !drawn) return;
    shown.current = settingsOf(changed);
    editor.applyNode(key, changed, drawn);
  };

  // Undo and redo change the settings behind the form's back: load it again. Roads, name and team
  // only need to be told to it, so that its next answer carries them.
  useEffect(() => {
    const field = box.current?.querySelector<HTMLInputElement>("#inspector-form [name=node]");
    if (field && node) field.value = JSON.stringify(node);
    if (settingsOf(node) === shown.current) return;
    shown.current = settingsOf(node);
    setVersion((old) => old + 1);
  }, [node]);

  if (!node || !card) return null;
  const own = problems.filter((problem) => problem.step === id);
  return (
    <aside className="gm-side" aria-label={t("inspector")} ref={box}>
      <div className="flex items-center gap-2.5 px-4 pt-3 pb-2.5" data-cat={card.tone}>
        <Tile icon={card.icon} tone={card.tone} />
        <div className="min-w-0 flex-1">
          {editable
            ? <NameField key={`${id}${node.name ?? ""}${card.title}`} id={id} title={card.title} label={t("step_name")} />
            : <h2 className="text-base font-[640] truncate">{card.title}</h2>}
          <p className="text-xs text-ink-3 flex items-center gap-1.5 px-1"><span className="truncate">{kind?.label ?? card.kind}</span></p>
        </div>
        {editable && (
          <Menu
            label={t("more_step")} className="btn-xs"
            items={[
              ...(trigger ? [] : [{ label: t("move_to"), icon: "move-down", run: () => editor.choose({ kind: "move", key: id }) }]),
              ...(card.outlets.length || trigger ? [{ label: t("connect_to"), icon: "corner-down-right", run: () => editor.choose({ kind: "connect", from: id, outlet: null }) }] : []),
              { label: t("duplicate"), icon: "copy", run: () => editor.duplicate([id]) },
              { label: t("remove"), icon: "trash-2", run: () => editor.remove([id]), danger: true },
            ]}
          />
        )}
        <IconButton icon="x" className="btn-xs" label={t("close")} onClick={() => editor.closePanel()} />
      </div>
      {own.length > 0 && (
        <ul className="grid gap-1 px-4 pb-2">
          {own.map((problem) => (
            <li key={problem.code + problem.message} className={`gm-note gm-note--${problem.severity === "error" ? "bad" : "warn"}`}>{problem.message}</li>
          ))}
        </ul>
      )}
      <Fragment
        url={boot.urls.inspector} version={`${id}:${version}`} label={t("step_settings")} onAnswer={heard}
        form={{ key: id, kind: node.kind, is_trigger: trigger ? "1" : "", node: JSON.stringify(node) }}
      />
      {!trigger && (
        <div className="gm-owner">
          <label className="gm-label" htmlFor="gm-team">{t("owner")}</label>
          {editable ? (
            <select id="gm-team" className="select select-sm" value={card.team ?? ""} onChange={(event) => editor.setTeam(id, event.target.value || null)}>
              <option value="">{t("no_team")}</option>
              {boot.teams.map((team) => <option key={team.slug} value={team.slug}>{team.name}</option>)}
            </select>
          ) : card.team ? <TeamMark slug={card.team} /> : <span className="text-sm">{t("no_team")}</span>}
        </div>
      )}
    </aside>
  );
}

function NameField({ id, title, label }: { id: string; title: string; label: string }) {
  const editor = useEditor();
  const [value, setValue] = useState(title);
  return (
    <input
      className="gm-name" value={value} aria-label={label} maxLength={120}
      onChange={(event) => setValue(event.target.value)}
      onBlur={() => value !== title && editor.rename(id, value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") {
          event.stopPropagation();
          setValue(title);
        }
      }}
    />
  );
}
