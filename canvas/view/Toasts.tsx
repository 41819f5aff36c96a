import { useEffect, useState } from "react";
import { useEditor, useEditorState } from "../state/context";
import type { Toast } from "../state/desk";
import { Icon } from "./Icon";

export function Toasts() {
  const toasts = useEditorState((state) => state.toasts);
  return (
    <div className="gm-canvas-toasts">
      <div role="status" aria-live="polite">{toasts.filter((toast) => !toast.alert).map((toast) => <One key={toast.id} toast={toast} />)}</div>
      <div role="alert">{toasts.filter((toast) => toast.alert).map((toast) => <One key={toast.id} toast={toast} />)}</div>
    </div>
  );
}

function One({ toast }: { toast: Toast }) {
  const editor = useEditor();
  const { t } = editor;
  const [held, hold] = useState(false);
  useEffect(() => {
    if (held || toast.alert) return;
    const timer = setTimeout(() => editor.dismiss(toast.id), toast.action ? 10_000 : 6_000);
    return () => clearTimeout(timer);
  }, [editor, toast, held]);
  return (
    <div className="gm-toast" onPointerEnter={() => hold(true)} onPointerLeave={() => hold(false)} onFocus={() => hold(true)} onBlur={() => hold(false)}>
      <span>{toast.text}</span>
      {toast.action && <button type="button" onClick={() => { editor.dismiss(toast.id); toast.action!.run(); }}>{toast.action.label}</button>}
      {toast.alert && <button type="button" aria-label={t("close")} onClick={() => editor.dismiss(toast.id)}><Icon name="x" className="size-3.5" /></button>}
    </div>
  );
}
