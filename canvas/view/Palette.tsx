import { useDeferredValue, useState } from "react";
import { useEditor, useEditorState } from "../state/context";
import type { Kind } from "../types";
import { writeKind } from "./dragging";
import { Icon, Tile } from "./Icon";

export interface Entry {
  kind: Kind;
  trigger: boolean;
}

/** Kinds whose name, line or description holds every word of the query. */
export function matching(entries: Entry[], query: string): Entry[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(({ kind }) => {
    const text = `${kind.label} ${kind.description} ${kind.kind}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export function useEntries(): { label: string; entries: Entry[] }[] {
  const { t, boot } = useEditor();
  const { groups, steps, triggers } = boot.catalogue;
  const byGroup = groups
    .map((group) => ({ label: group.label, entries: steps.filter((kind) => kind.group === group.key).map((kind) => ({ kind, trigger: false })) }))
    .filter((group) => group.entries.length);
  const rest = steps.filter((kind) => !groups.some((group) => group.key === kind.group)).map((kind) => ({ kind, trigger: false }));
  const entry = triggers.length ? [{ label: t("group_entry"), entries: triggers.map((kind) => ({ kind, trigger: true })) }] : [];
  return [...entry, ...byGroup, ...(rest.length ? [{ label: t("group_other"), entries: rest }] : [])];
}

export function Palette() {
  const editor = useEditor();
  const { t } = editor;
  const editable = useEditorState((state) => state.journey.can_edit);
  const [query, setQuery] = useState("");
  const late = useDeferredValue(query);
  const groups = useEntries().map((group) => ({ ...group, entries: matching(group.entries, late) })).filter((group) => group.entries.length);

  const add = ({ kind, trigger }: Entry) => {
    if (trigger) editor.addTrigger(kind, null);
    else {
      const key = editor.state.selection[0];
      const open = key ? editor.firstWay(key) : editor.looseEnd();
      if (open) editor.addStep(kind, open);
      else {
        const rects = [...editor.rects().values()];
        editor.addStep(kind, { at: rects.length ? [rects[0]!.cx, Math.max(...rects.map((rect) => rect.y + rect.h)) + 56] : [0, 0] });
      }
    }
  };
  if (!editable) return null;
  return (
    <aside className="gm-palette" aria-label={t("palette")}>
      <label className="input input-sm w-full gm-palette__find">
        <Icon name="search" className="size-3.5 text-ink-3" />
        <input
          type="search" id="gm-find-step" value={query} placeholder={t("find_step")} aria-label={t("find_step")} onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") setQuery("");
            const first = groups[0]?.entries[0];
            if (event.key === "Enter" && first) { event.preventDefault(); add(first); setQuery(""); }
          }}
        />
        <span className="kbd-s" aria-hidden="true">/</span>
      </label>
      {groups.map((group) => (
        <section key={group.label} className="mt-2.5">
          <h2 className="gm-eyebrow px-1 mb-0.5">{group.label}</h2>
          {group.entries.map((entry) => (
            <button
              key={`${entry.trigger}${entry.kind.kind}`} type="button" className="gm-pal" data-cat={entry.kind.tone} draggable title={entry.kind.description || entry.kind.label}
              aria-label={entry.kind.label} onDragStart={(event) => writeKind(event.dataTransfer, entry.kind.kind, entry.trigger)} onClick={() => add(entry)}
            >
              <Tile icon={entry.kind.icon} tone={entry.kind.tone} small /><span className="gm-pal__name">{entry.kind.label}</span><Icon name="grip-vertical" className="size-3.5 grip" />
            </button>
          ))}
        </section>
      ))}
      {groups.length === 0 && <p className="text-xs text-ink-3 px-1 mt-3" role="status">{t("find_nothing", { query: late })}</p>}
    </aside>
  );
}
