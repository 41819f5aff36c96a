import { createContext, useContext } from "react";
import type { Autosave } from "./autosave";
import type { EditorState } from "./desk";
import type { Editor } from "./editor";
import type { Kept } from "./kept";
import { useStore } from "./store";
import type { TestRun } from "./testing";

export interface Tools {
  editor: Editor;
  autosave: Autosave;
  test: TestRun;
  kept: Kept;
}

export const ToolsContext = createContext<Tools | null>(null);

export function useTools(): Tools {
  const tools = useContext(ToolsContext);
  if (!tools) throw new Error("The canvas is used outside its root.");
  return tools;
}

export function useEditor(): Editor {
  return useTools().editor;
}

export function useEditorState<P>(pick: (state: EditorState) => P): P {
  return useStore(useEditor().store, pick);
}
