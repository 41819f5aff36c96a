// The journey as a whole: its name and its rules (who may enter again, goal, early exits, quiet hours).
// The rules are a form of the server's, like a step's settings; their key is `$journey`.
import { useEffect, useRef, useState } from "react";
import { canonical } from "../graph/compare";
import { rulesOf, type Rules } from "../graph/document";
import { useEditor, useEditorState } from "../state/context";
import type { Answer } from "../state/forms";
import { Fragment } from "./Fragment";
import { Tile } from "./Icon";
import { IconButton } from "./parts";

const KEY = "$journey";

export function JourneyPane() {
  const editor = useEditor();
  const { t, boot } = editor;
  const doc = useEditorState((state) => state.history.present.doc);
  const editable = useEditorState((state) => state.journey.can_edit);
  const rules = rulesOf(doc);
  const told = canonical(rules);
  const shown = useRef(told);
  const [version, setVersion] = useState(0);

  const heard = ({ key, node }: Answer) => {
    if (key !== KEY || !node) return;
    const changed = node as unknown as Rules;
    shown.current = canonical(rulesOf(changed));
    editor.applyRules(changed);
  };

  // Undo and redo change the rules behind the form's back: load it again.
  useEffect(() => {
    if (told === shown.current) return;
    shown.current = told;
    setVersion((old) => old + 1);
  }, [told]);

  return (
    <aside className="gm-side" aria-label={t("journey_settings")}>
      <div className="flex items-center gap-2.5 px-4 pt-3 pb-2.5" data-cat="flow">
        <Tile icon="route" tone="flow" />
        <div className="min-w-0 flex-1">
          {editable ? <JourneyName key={doc.name} name={doc.name} /> : <h2 className="text-base font-[640] truncate">{doc.name}</h2>}
          <p className="text-xs text-ink-3 px-1">{t("journey_settings")}</p>
        </div>
        <IconButton icon="x" className="btn-xs" label={t("close")} onClick={() => editor.closePanel()} />
      </div>
      <Fragment
        url={boot.urls.inspector} version={version} label={t("journey_settings")} onAnswer={heard}
        form={{ key: KEY, kind: "journey", is_trigger: "", node: JSON.stringify(rules) }}
      />
    </aside>
  );
}

function JourneyName({ name }: { name: string }) {
  const editor = useEditor();
  const [value, setValue] = useState(name);
  return (
    <input
      className="gm-name" value={value} aria-label={editor.t("journey_name")} maxLength={160}
      onChange={(event) => setValue(event.target.value)}
      onBlur={() => (value.trim() ? editor.renameJourney(value.trim()) : setValue(name))}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") {
          event.stopPropagation();
          setValue(name);
        }
      }}
    />
  );
}
