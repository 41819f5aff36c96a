// One searchable list for adding a step, connecting, and moving: the keyboard's twin of every drag.
import { useMemo, useState } from "react";
import { isTrigger, nodeOf, targetOf } from "../graph/document";
import { outletsOf, pathOrder } from "../graph/order";
import { useEditor, useEditorState } from "../state/context";
import type { Chooser as Choice } from "../state/desk";
import { Tile } from "./Icon";
import { matching, useEntries } from "./Palette";
import { Modal } from "./parts";

interface Option {
  id: string;
  icon: string;
  tone: string;
  label: string;
  detail: string;
  run: () => void;
}

export function Chooser() {
  const chooser = useEditorState((state) => state.chooser);
  return chooser ? <Choices key={JSON.stringify(chooser)} chooser={chooser} /> : null;
}

function Choices({ chooser }: { chooser: Choice }) {
  const editor = useEditor();
  const { t } = editor;
  const { doc, cards } = useEditorState((state) => state.history.present);
  const from = chooser.kind === "move" ? null : chooser.from;
  const outlets = from ? outletsOf(doc, cards, from) : [];
  const preset = chooser.kind === "move" ? null : chooser.outlet;
  const [outlet, setOutlet] = useState<string | null>(
    preset ?? outlets.find((one) => !targetOf(doc, from!, one.key))?.key ?? outlets[0]?.key ?? null,
  );
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const groups = useEntries();
  const close = () => editor.choose(null);

  const options = useMemo<Option[]>(() => {
    const card = (key: string) => ({ icon: cards[key]?.icon ?? "circle-help", tone: cards[key]?.tone ?? "flow", label: editor.title(key), detail: cards[key]?.summary ?? "" });
    if (chooser.kind === "add") {
      const entries = groups.flatMap((group) => group.entries).filter((entry) => !entry.trigger || from === null);
      return matching(entries, query).map(({ kind, trigger }) => ({
        id: `${trigger}${kind.kind}`, icon: kind.icon, tone: kind.tone, label: kind.label, detail: kind.description,
        run: () => {
          editor.choose(null);
          if (trigger) editor.addTrigger(kind, null);
          else if (from && outlet) editor.addStep(kind, { from, outlet });
          else editor.addStep(kind, editor.looseEnd() ?? { at: [0, 0] });
        },
      }));
    }
    const order = pathOrder(doc, cards);
    const wanted = query.toLocaleLowerCase();
    const fits = (label: string) => label.toLocaleLowerCase().includes(wanted);
    if (chooser.kind === "connect") {
      const steps = order.filter((key) => key in doc.steps && key !== from).map((key) => ({
        id: key, ...card(key), run: () => { editor.choose(null); editor.connect(from!, outlet!, key); editor.revealCard(from!); },
      }));
      const none = outlet && targetOf(doc, from!, outlet)
        ? [{ id: " none", icon: "x", tone: "flow", label: t("connect_nowhere"), detail: "", run: () => { editor.choose(null); editor.connect(from!, outlet, null); } }]
        : [];
      return [...none, ...steps].filter((option) => fits(`${option.label} ${option.detail}`));
    }
    return order.filter((key) => key !== chooser.key).flatMap((key) =>
      outletsOf(doc, cards, key).filter((way) => targetOf(doc, key, way.key) !== chooser.key).map((way) => ({
        id: `${key} ${way.key}`, ...card(key), label: t("move_after", { step: editor.title(key) }),
        detail: outletsOf(doc, cards, key).length > 1 ? way.label : cards[key]?.summary ?? "",
        run: () => { editor.choose(null); editor.moveOnto(chooser.key, key, way.key); },
      }))).filter((option) => fits(`${option.label} ${option.detail}`));
  }, [chooser, cards, doc, editor, from, groups, outlet, query, t]);

  const chosen = Math.min(at, options.length - 1);
  const keys = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = (chosen + step + options.length) % Math.max(options.length, 1);
      setAt(next);
      document.getElementById(`gm-option-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && options[chosen]) {
      event.preventDefault();
      options[chosen].run();
    }
  };
  const title = chooser.kind === "add"
    ? t("choose_add")
    : chooser.kind === "connect" ? t("choose_connect", { step: editor.title(chooser.from) }) : t("choose_move", { step: editor.title(chooser.key) });
  if (chooser.kind === "move" && (isTrigger(doc, chooser.key) || !nodeOf(doc, chooser.key))) return null;
  return (
    <Modal title={title} onClose={close} actions={<button type="button" className="btn btn-sm btn-quiet" onClick={close}>{t("cancel")}</button>}>
      {from && outlets.length > 1 && preset === null && (
        <label className="block mb-3"><span className="gm-label">{t("which_branch")}</span>
          <select className="select select-sm w-full mt-1" value={outlet ?? ""} onChange={(event) => setOutlet(event.target.value)}>
            {outlets.map((one) => <option key={one.key} value={one.key}>{one.label}</option>)}
          </select>
        </label>
      )}
      <input
        type="search" autoFocus className="input input-sm w-full" value={query} aria-label={t("search")} placeholder={t("search")} role="combobox" aria-expanded="true"
        aria-controls="gm-options" aria-activedescendant={options.length ? `gm-option-${chosen}` : undefined} onKeyDown={keys}
        onChange={(event) => { setQuery(event.target.value); setAt(0); }}
      />
      <div id="gm-options" role="listbox" aria-label={title} className="gm-options">
        {options.map((option, i) => (
          <div
            key={option.id} id={`gm-option-${i}`} role="option" aria-selected={i === chosen} className="gm-option" onPointerMove={() => setAt(i)} onClick={option.run}
          >
            <Tile icon={option.icon} tone={option.tone} small />
            <span className="min-w-0"><span className="block text-sm font-[560] truncate">{option.label}</span>{option.detail && <span className="block text-xs text-ink-2 truncate">{option.detail}</span>}</span>
          </div>
        ))}
        {options.length === 0 && <p className="text-sm text-ink-2 p-3" role="status">{t("find_nothing", { query })}</p>}
      </div>
    </Modal>
  );
}
