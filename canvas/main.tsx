// The canvas page holds <div id="canvas-root"> and its data in <script type="application/json" id="canvas-boot">.
import "@xyflow/react/dist/base.css";
import "../static/css/canvas.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Autosave } from "./state/autosave";
import { ToolsContext } from "./state/context";
import { Editor } from "./state/editor";
import { Kept } from "./state/kept";
import { TestRun } from "./state/testing";
import type { Boot } from "./types";
import { App } from "./view/App";

const root = document.getElementById("canvas-root");
const data = document.getElementById("canvas-boot");
if (root && data?.textContent) {
  const editor = new Editor(JSON.parse(data.textContent) as Boot);
  const autosave = new Autosave(editor);
  const test = new TestRun(editor);
  const person = editor.boot.test_person;
  if (person) {
    test.store.set({ who: "real", person });
    test.enter();
  }
  test.follow(window.location.hash);
  const tools = { editor, autosave, test, kept: new Kept(editor, autosave, test) };
  createRoot(root).render(
    <StrictMode>
      <ToolsContext value={tools}><App /></ToolsContext>
    </StrictMode>,
  );
}
