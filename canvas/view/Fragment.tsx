// A pane whose content the server renders; htmx brings its forms and links to life.
import { useEffect, useRef, useState } from "react";
import { useEditor } from "../state/context";
import type { Answer } from "../state/forms";

interface Htmx {
  process: (element: Element) => void;
}

declare global {
  interface Window {
    htmx?: Htmx;
  }
}

export function Fragment({ url, form, version, label, onAnswer }: {
  url: string; form?: Record<string, string>; version: number | string; label: string; onAnswer?: (answer: Answer) => void;
}) {
  const editor = useEditor();
  const { t } = editor;
  const box = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<"loading" | "ready" | "failed">("loading");
  const [again, setAgain] = useState(0);
  const latest = useRef({ form, onAnswer });
  latest.current = { form, onAnswer };
  useEffect(() => {
    let here = true;
    const slow = setTimeout(() => here && setState("loading"), 200);
    editor.api.fragment(url, latest.current.form).then((html) => {
      const pane = box.current;
      if (!here || !pane) return;
      pane.innerHTML = html;
      window.htmx?.process(pane);
      const settings = pane.querySelector<HTMLFormElement>("form#inspector-form");
      if (settings) editor.forms.follow(settings, (answer) => latest.current.onAnswer?.(answer));
      editor.forms.check();
      setState("ready");
    }).catch(() => here && setState("failed")).finally(() => clearTimeout(slow));
    return () => {
      here = false;
      clearTimeout(slow);
    };
  }, [url, version, again, editor]);
  useEffect(() => () => editor.forms.check(), [editor]);
  return (
    <div className="gm-scroll" role="group" aria-label={label} aria-busy={state === "loading"} tabIndex={0}>
      {state === "loading" && <div className="grid gap-3" aria-hidden="true"><div className="gm-skel h-5 w-1/2" /><div className="gm-skel h-9" /><div className="gm-skel h-5 w-2/3" /><div className="gm-skel h-9" /></div>}
      {state === "failed" && (
        <div role="alert" className="text-sm">
          <p>{t("pane_failed")}</p>
          <button type="button" className="btn btn-sm btn-line mt-2" onClick={() => { setState("loading"); setAgain(again + 1); }}>{t("try_again")}</button>
        </div>
      )}
      <div ref={box} hidden={state !== "ready"} />
    </div>
  );
}
