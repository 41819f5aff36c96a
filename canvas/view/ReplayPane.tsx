// Left of the canvas in a test: one customer, or everybody of the last days once more.
import { useTools } from "../state/context";
import { useStore } from "../state/store";
import { Fragment } from "./Fragment";
import { Icon } from "./Icon";

export function TestModes() {
  const { editor, test } = useTools();
  const { t } = editor;
  const mode = useStore(test.store, (state) => state.mode);
  const choose = (next: "one" | "replay") => {
    test.store.set({ mode: next, playing: false });
    editor.store.set({ fit: editor.state.fit + 1 });
  };
  return (
    <div className="gm-modes">
      <div className="gm-seg w-full! flex!" role="group" aria-label={t("test_mode")}>
        <button type="button" className="flex-1 justify-center" aria-pressed={mode === "one"} onClick={() => choose("one")}><Icon name="user-search" className="size-3.5" />{t("mode_one")}</button>
        <button type="button" className="flex-1 justify-center" aria-pressed={mode === "replay"} onClick={() => choose("replay")}><Icon name="history" className="size-3.5" />{t("mode_replay")}</button>
      </div>
    </div>
  );
}

export function ReplayPane() {
  const { editor } = useTools();
  const { t } = editor;
  return (
    <aside className="gm-test" aria-label={t("mode_replay")}>
      <TestModes />
      <Fragment url={editor.boot.urls.replay} version={0} label={t("replay_label")} />
    </aside>
  );
}
