import { useState } from "react";
import { useEditor } from "../state/context";
import { singleKeys, setSingleKeys } from "./keyboard";
import { Modal } from "./parts";

const KEYS: [string, string][] = [
  ["Tab / ⇧Tab", "key_tab"], ["↓ ↑ / ← →", "key_arrows"], ["Enter", "key_enter"], ["Esc", "key_esc"], ["A", "key_a"], ["/", "key_find"],
  ["Delete", "key_delete"], ["⌘D, ⌘C, ⌘V", "key_copy"], ["⌘Z, ⇧⌘Z", "key_undo"], ["Alt + ↑↓←→", "key_nudge"], ["M", "key_m"], ["L", "key_l"],
  ["T", "key_t"], ["+ − 0 1", "key_zoom"], ["⇧T", "key_tidy"], ["O", "key_o"], ["?", "key_help"],
];

export function KeyboardHelp() {
  const editor = useEditor();
  const { t } = editor;
  const [on, setOn] = useState(singleKeys());
  const mac = /Mac|iPhone|iPad/.test(navigator.userAgent);
  const close = () => editor.dialog(null);
  return (
    <Modal title={t("keyboard")} onClose={close} wide actions={<button type="button" className="btn btn-sm btn-line" onClick={close}>{t("close")}</button>}>
      <dl className="gm-keys">
        {KEYS.map(([keys, text]) => (
          <div key={text}><dt><kbd className="kbd-s">{mac ? keys : keys.replaceAll("⌘", "Ctrl+").replaceAll("⇧", "Shift+")}</kbd></dt><dd>{t(text)}</dd></div>
        ))}
      </dl>
      <label className="flex items-center gap-2 mt-4 text-sm">
        <input type="checkbox" className="toggle toggle-sm" checked={on} onChange={(event) => { setOn(event.target.checked); setSingleKeys(event.target.checked); }} />
        {t("single_keys")}
      </label>
    </Modal>
  );
}
