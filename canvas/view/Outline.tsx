// The journey as nested lists: everything the board can do, without a pointer.
import { useEffect } from "react";
import { outline, type OutlineItem } from "../graph/order";
import { useEditor, useEditorState } from "../state/context";
import { CountButtons, ProblemNote, shareOf, useCardLabel, worst } from "./StepCard";
import { ViewSwitch } from "./CanvasBars";
import { Icon, Tile } from "./Icon";
import { Menu, TeamMark } from "./parts";
import { isTrigger } from "../graph/document";

export function Outline() {
  const editor = useEditor();
  const { t } = editor;
  const { doc, cards } = useEditorState((state) => state.history.present);
  const reveal = useEditorState((state) => state.reveal);
  const items = outline(doc, cards);
  useEffect(() => {
    if (reveal) document.querySelector<HTMLElement>(`.gm-outline [data-card="${CSS.escape(reveal.key)}"]`)?.focus();
  }, [reveal]);
  return (
    <div className="gm-outline" role="region" aria-label={t("outline")} id="gm-outline" tabIndex={-1}>
      <div className="sticky top-0 z-10 pb-2"><ViewSwitch /></div>
      {items.length === 0 && <p className="text-sm text-ink-2 mt-6">{t("empty_title")}</p>}
      <Chain items={items} label={t("outline")} />
    </div>
  );
}

function Chain({ items, label }: { items: OutlineItem[]; label: string }) {
  return <ol className="gm-outline__chain" aria-label={label}>{items.map((item) => <Item key={item.key} item={item} />)}</ol>;
}

function Item({ item }: { item: OutlineItem }) {
  const editor = useEditor();
  const { t } = editor;
  const id = item.key;
  const card = useEditorState((state) => state.history.present.cards[id]);
  const counts = useEditorState((state) => state.counts?.steps[id]);
  const found = useEditorState((state) => worst(state.problems, id));
  const selected = useEditorState((state) => state.selection.includes(id));
  const editable = useEditorState((state) => state.journey.can_edit);
  const label = useCardLabel(id, card);
  const trigger = isTrigger(editor.doc, id);
  const several = item.outlets.length > 1;
  return (
    <li>
      <div className={`gm-outline__row${selected ? " is-selected" : ""}`} data-cat={card?.tone}>
        <Tile icon={card?.icon ?? "circle-help"} tone={card?.tone ?? "flow"} />
        <button type="button" className="gm-outline__name" data-card={id} aria-label={label} aria-pressed={selected} onFocus={() => editor.state.selection[0] !== id && editor.select([id])} onClick={() => editor.open(id)}>
          <span className="block text-sm font-[620] truncate">{card?.title ?? id}</span>
          <span className="block text-xs text-ink-2 truncate">{card?.summary}</span>
        </button>
        <span className="flex gap-2.5 text-xs text-ink-2 num"><CountButtons id={id} counts={counts} /></span>
        {card?.team && <TeamMark slug={card.team} />}
        {editable && (
          <Menu
            label={t("more_for", { step: card?.title ?? id })} className="btn-xs"
            items={[
              { label: t("add_after_short"), icon: "plus", run: () => editor.choose({ kind: "add", from: id, outlet: several ? null : item.outlets[0]?.outlet.key ?? "next" }), disabled: item.outlets.length === 0 && (card?.outlets.length ?? 0) === 0 },
              { label: t("connect_to"), icon: "corner-down-right", run: () => editor.choose({ kind: "connect", from: id, outlet: null }), disabled: (card?.outlets.length ?? 0) === 0 && !trigger },
              { label: t("move_to"), icon: "move-down", run: () => editor.choose({ kind: "move", key: id }), disabled: trigger },
              { label: t("duplicate"), icon: "copy", run: () => editor.duplicate([id]) },
              { label: t("remove"), icon: "trash-2", run: () => editor.remove([id]), danger: true },
            ]}
          />
        )}
      </div>
      {found && <ProblemNote found={found} />}
      {item.outlets.length > 0 && <Ways item={item} several={several} />}
    </li>
  );
}

function Ways({ item, several }: { item: OutlineItem; several: boolean }) {
  const editor = useEditor();
  const { t } = editor;
  const editable = useEditorState((state) => state.journey.can_edit);
  const counts = useEditorState((state) => state.counts?.steps[item.key]);
  return (
    <ul className="gm-outline__ways">
      {item.outlets.map(({ outlet, items, joins }) => (
        <li key={outlet.key}>
          {several && <p className="gm-elabel gm-elabel--still">{outlet.label}<small>{shareOf(editor.f, counts, outlet.key, outlet.share)}</small></p>}
          {items.length > 0 && <Chain items={items} label={outlet.label || t("then")} />}
          {joins && (
            <button type="button" className="gm-outline__join" onClick={() => editor.revealCard(joins)}>
              <Icon name="corner-down-right" className="size-3.5" />{t("goes_to", { step: editor.title(joins) })}
            </button>
          )}
          {items.length === 0 && !joins && (editable
            ? <button type="button" className="btn btn-xs btn-quiet" onClick={() => editor.choose({ kind: "add", from: item.key, outlet: outlet.key })}><Icon name="plus" className="size-3.5" />{t("add_step")}</button>
            : <p className="text-xs text-ink-3">{t("leads_nowhere")}</p>)}
        </li>
      ))}
    </ul>
  );
}
