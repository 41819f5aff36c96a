import { useEditorState, useTools } from "../state/context";
import { Icon } from "./Icon";
import { Chips, IconButton, Mark, Menu, type MenuItem } from "./parts";

/** static/js/theme.js listens for it and keeps the choice. */
function ThemeButton() {
  const { t, boot } = useTools().editor;
  return (
    <button type="button" className="btn btn-sm btn-quiet btn-square" data-theme-toggle data-url={boot.urls.preferences} aria-label={t("theme")} title={t("theme")}>
      <Icon name="moon" />
    </button>
  );
}

function SaveNote() {
  const { editor, autosave } = useTools();
  const { t, f } = editor;
  const save = useEditorState((state) => (state.save === "saved" && state.asking ? "waiting" : state.save));
  const at = useEditorState((state) => state.journey.saved_at);
  const editable = useEditorState((state) => state.journey.can_edit);
  if (!editable) return <span className="gm-chip" title={t("read_only_text")}><Icon name="lock" />{t("read_only")}</span>;
  const shown = {
    saved: { icon: "check", text: at ? t("saved_at", { time: f.near(at, new Date()) }) : t("saved") },
    waiting: { icon: "loader", text: t("saving") },
    saving: { icon: "loader", text: t("saving") },
    offline: { icon: "cloud-off", text: t("not_saved_offline") },
    refused: { icon: "circle-alert", text: t("not_saved") },
    stale: { icon: "circle-alert", text: t("not_saved") },
  }[save];
  return (
    <span className="flex items-center gap-1.5 text-xs gm-save" data-save={save} role="status" aria-live="polite">
      <Icon name={shown.icon} className="size-3.5" /><span>{shown.text}</span>
      {(save === "offline" || save === "refused") && (
        <button type="button" className="btn btn-xs btn-quiet" onClick={() => void autosave.save()}>{t("try_again")}</button>
      )}
      {save === "stale" && <button type="button" className="btn btn-xs btn-quiet" onClick={() => editor.dialog("stale")}>{t("look")}</button>}
    </span>
  );
}

/** People on their way to another version, or back: the chip is there as long as that takes. */
function Moving() {
  const { editor } = useTools();
  const { t } = editor;
  const move = useEditorState((state) => state.counts?.move);
  if (!move) return null;
  const back = move.state === "undoing";
  return (
    <a className="gm-chip gm-chip--info num max-md:hidden" href={editor.boot.urls.versions}>
      <Icon name="loader" />{t(back ? "undoing_n" : "moving_n", { done: back ? move.undone : move.moved, n: back ? move.moved : move.total })}
    </a>
  );
}

export function useStateMenu(): MenuItem[] {
  const { editor } = useTools();
  const { t } = editor;
  const { state, can_publish: may } = useEditorState((all) => all.journey);
  if (!may) return [];
  return [
    ...(state === "live" ? [{ label: t("pause"), icon: "pause", run: () => editor.dialog("pause") }] : []),
    ...(state === "paused" ? [{ label: t("resume"), icon: "play", run: () => editor.dialog("resume") }] : []),
    ...(state === "live" || state === "paused" ? [{ label: t("stop"), icon: "square", run: () => editor.dialog("stop"), danger: true }] : []),
  ];
}

export function CheckButton({ big = false }: { big?: boolean }) {
  const { editor } = useTools();
  const { t } = editor;
  const problems = useEditorState((state) => state.problems);
  const open = useEditorState((state) => state.panel?.kind === "problems");
  const errors = problems.filter((problem) => problem.severity === "error").length;
  return (
    <button
      type="button" className={`btn btn-quiet ${big ? "px-3" : "btn-sm"}`} aria-pressed={open}
      aria-label={problems.length ? t("check_n", { n: problems.length }) : t("check_ok")}
      onClick={() => editor.store.set({ panel: open ? null : { kind: "problems" } })}
    >
      <Icon name="list-checks" className={big ? "size-5" : "size-4"} />{t("check")}
      {problems.length > 0
        ? <span className={`gm-chip gm-chip--${errors ? "bad" : "warn"} num gm-chip--count`}>{problems.length}</span>
        : <Icon name="check" className="size-3.5 text-ok-ink" />}
    </button>
  );
}

export function TopBar() {
  const { editor, test } = useTools();
  const { t } = editor;
  const journey = useEditorState((state) => state.journey);
  const name = useEditorState((state) => state.history.present.doc.name);
  const testing = useEditorState((state) => state.testing);
  const past = useEditorState((state) => state.history.past.length);
  const future = useEditorState((state) => state.history.future.length);
  const menu = useStateMenu();
  if (testing) {
    return (
      <header className="gm-top">
        <IconButton icon="arrow-left" label={t("back_to_canvas")} onClick={() => test.leave()} />
        <span className="max-md:hidden"><Mark /></span>
        <div className="min-w-0 leading-tight">
          <p className="text-xs text-ink-3">{t("draft_n", { n: journey.next_version })}</p>
          <h1 className="text-base font-[650] truncate">{name}</h1>
        </div>
        <span className="gm-chip gm-chip--lit ml-1 h-7! px-2.5! max-md:hidden"><Icon name="user-search" />{t("testing_label")}</span>
        <span className="flex-1" />
        <button type="button" className="btn btn-sm btn-line" onClick={() => test.leave()}><Icon name="x" />{t("end_test")}</button>
        <ThemeButton />
      </header>
    );
  }
  return (
    <header className="gm-top">
      <a href={editor.boot.urls.back} className="btn btn-sm btn-quiet btn-square" aria-label={t("back_to_list")} title={t("back_to_list")}><Icon name="arrow-left" /></a>
      <span className="max-md:hidden"><Mark /></span>
      <div className="min-w-0 leading-tight">
        <p className="text-xs text-ink-3 max-md:hidden">{t("journeys")}</p>
        <h1 className="text-base font-[650] truncate" tabIndex={-1}>{name}</h1>
      </div>
      <span className="flex items-center gap-1.5 ml-1 gm-top__chips"><Chips journey={journey} t={t} /><Moving /></span>
      <span className="max-lg:hidden"><SaveNote /></span>
      <span className="flex-1" />
      {journey.can_edit && (
        <span className="flex max-md:hidden">
          <IconButton icon="undo-2" label={t("undo")} onClick={() => editor.undo()} disabled={past === 0} />
          <IconButton icon="redo-2" label={t("redo")} onClick={() => editor.redo()} disabled={future === 0} />
        </span>
      )}
      <span className="w-px h-5 bg-line-2 max-md:hidden" />
      <span className="max-md:hidden">
        <IconButton icon="sliders-horizontal" label={t("journey_settings")} onClick={() => editor.store.set({ panel: { kind: "journey" }, selection: [] })} />
      </span>
      <span className="max-md:hidden"><CheckButton /></span>
      <button type="button" className="btn btn-sm btn-line max-md:hidden" onClick={() => test.enter()}>
        <Icon name="user-search" /><span className="max-lg:hidden">{t("test")}</span>
      </button>
      {journey.can_publish && (
        <button type="button" className="btn btn-sm btn-primary max-md:hidden" onClick={() => editor.dialog("publish")}><Icon name="send" />{t("publish")}</button>
      )}
      <Menu
        label={t("more")}
        items={[
          ...menu,
          { label: t("journey_settings"), icon: "sliders-horizontal", run: () => editor.store.set({ panel: { kind: "journey" }, selection: [] }) },
          { label: t("versions"), icon: "history", run: () => window.location.assign(editor.boot.urls.versions) },
          { label: t("keyboard"), icon: "keyboard", run: () => editor.dialog("keys") },
          ...(journey.can_edit ? [{ label: t("tidy"), icon: "wand-sparkles", run: () => editor.tidyUp() }] : []),
        ]}
      />
      <ThemeButton />
    </header>
  );
}

export function MobileSave() {
  return <div className="lg:hidden gm-save-strip"><SaveNote /></div>;
}
