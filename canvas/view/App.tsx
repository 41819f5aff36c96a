import { ReactFlowProvider } from "@xyflow/react";
import { useEffect, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import { useEditorState, useTools } from "../state/context";
import { follow } from "../state/live";
import { useStore } from "../state/store";
import { Canvas } from "./Canvas";
import { Chooser } from "./Chooser";
import { Dialogs } from "./Dialogs";
import { Inspector } from "./Inspector";
import { JourneyPane } from "./JourneyPane";
import { useKeyboard } from "./keyboard";
import { Outline } from "./Outline";
import { Palette } from "./Palette";
import { PathView } from "./PathView";
import { Previews } from "./Previews";
import { ReplayPane } from "./ReplayPane";
import { PeoplePane, ProblemsPane } from "./SidePanes";
import { TestPanel } from "./TestPanel";
import { Toasts } from "./Toasts";
import { MobileSave, TopBar } from "./TopBar";

function useNarrow(): boolean {
  return useSyncExternalStore(
    (change) => {
      const query = window.matchMedia("(max-width: 767px)");
      query.addEventListener("change", change);
      return () => query.removeEventListener("change", change);
    },
    () => window.matchMedia("(max-width: 767px)").matches,
  );
}

export function App() {
  return <ReactFlowProvider><Board /></ReactFlowProvider>;
}

function Board() {
  const { editor, autosave, test, kept } = useTools();
  const { t } = editor;
  const narrow = useNarrow();
  const testing = useEditorState((state) => state.testing);
  const view = useEditorState((state) => state.view);
  const panel = useEditorState((state) => state.panel);
  const published = useEditorState((state) => state.journey.live_version !== null);
  const editable = useEditorState((state) => state.journey.can_edit);
  useKeyboard();
  const replaying = useStore(test.store, (state) => state.mode === "replay");
  useEffect(() => autosave.start(), [autosave]);
  useEffect(() => kept.start(), [kept]);
  useEffect(
    () => (published ? follow(editor.boot.urls, editor.api, (counts) => editor.showCounts(counts)) : undefined),
    [editor, published],
  );

  const side = testing ? null : panel?.kind === "inspector"
    ? <Inspector key={panel.key} id={panel.key} />
    : panel?.kind === "journey" ? <JourneyPane /> : panel?.kind === "problems" ? <ProblemsPane /> : panel?.kind === "people" ? <PeoplePane id={panel.key} which={panel.which} /> : null;

  const skip = () => {
    flushSync(() => editor.store.set({ view: "outline" }));
    document.getElementById("gm-outline")?.focus();
  };

  return (
    <div className="gm-studio">
      <button type="button" className="gm-skip" onClick={skip}>{t("skip_outline")}</button>
      <TopBar />
      {narrow && !testing && <MobileSave />}
      {narrow && testing && <p className="gm-test-strip">{t("testing_label")}</p>}
      {narrow ? (
        testing
          ? <main id="main" tabIndex={-1} className="gm-work gm-work--narrow">{replaying ? <ReplayPane /> : <><TestPanel /><Previews /></>}</main>
          : <div className="gm-work gm-work--narrow"><PathView />{side}</div>
      ) : testing && replaying ? (
        <main id="main" tabIndex={-1} className="gm-work gm-work--replay"><ReplayPane /><Canvas /></main>
      ) : testing ? (
        <main id="main" tabIndex={-1} className="gm-work gm-work--test"><TestPanel /><Canvas /><Previews /></main>
      ) : (
        <main id="main" tabIndex={-1} className="gm-work" data-palette={editable || undefined} data-side={side ? true : undefined}>
          <Palette />
          {view === "canvas" ? <Canvas /> : <Outline />}
          {side}
        </main>
      )}
      <Chooser />
      <Dialogs />
      <Toasts />
    </div>
  );
}
