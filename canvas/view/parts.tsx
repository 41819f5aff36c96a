// Small parts that several panes share.
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import type { Done } from "../api";
import { useEditor } from "../state/context";
import type { JourneyInfo } from "../types";
import { Icon } from "./Icon";

export function IconButton({ icon, label, onClick, className = "btn-sm", ...rest }: {
  icon: string; label: string; onClick: () => void; className?: string; disabled?: boolean; "aria-pressed"?: boolean; "aria-expanded"?: boolean;
}) {
  return (
    <button type="button" className={`btn btn-quiet btn-square ${className}`} aria-label={label} title={label} onClick={onClick} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

const MARK = { lamp: "oklch(82% 0.152 76)", pine: "oklch(45.5% 0.092 164)" };

/** The letter giyeok is itself a street corner; the lamp waits inside it. */
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="flex-none">
      <rect width="32" height="32" rx="9" fill={MARK.pine} />
      <path d="M8.5 10H19a3.5 3.5 0 0 1 3.5 3.5V24" fill="none" stroke="#fff" strokeWidth="3.4" strokeLinecap="round" strokeLinejoin="round" />
      <circle cx="13" cy="19.5" r="3.1" fill={MARK.lamp} />
    </svg>
  );
}

export function TeamMark({ slug }: { slug: string }) {
  const team = useEditor().boot.teams.find((one) => one.slug === slug);
  // The four first teams have tokens; later ones bring their hue.
  const style = team?.hue !== undefined && !["email", "mobile", "social", "crm"].includes(slug)
    ? ({ "--tc": typeof team.hue === "number" || /^\d+$/.test(team.hue) ? `oklch(60% 0.14 ${team.hue})` : team.hue } as React.CSSProperties)
    : undefined;
  return <span className="gm-team" data-team={slug} style={style}>{team?.name ?? slug}</span>;
}

export function Chips({ journey, t }: { journey: JourneyInfo; t: ReturnType<typeof useEditor>["t"] }) {
  const { state, live_version: live, next_version: next } = journey;
  return (
    <>
      <span className="gm-chip gm-chip--line"><span className="gm-status" data-s="draft"><i />{t("draft_n", { n: next })}</span></span>
      {live !== null && state === "live" && (
        <span className="gm-chip gm-chip--ok"><span className="gm-status" data-s="live"><i />{t("live_n", { n: live })}</span></span>
      )}
      {live !== null && state === "paused" && (
        <span className="gm-chip gm-chip--warn"><span className="gm-status" data-s="paused"><i />{t("paused_n", { n: live })}</span></span>
      )}
      {state === "stopped" && <span className="gm-chip"><span className="gm-status" data-s="done"><i />{t("stopped")}</span></span>}
      {state === "archived" && <span className="gm-chip"><span className="gm-status" data-s="done"><i />{t("archived")}</span></span>}
    </>
  );
}

/** A modal dialog: the browser keeps the focus inside and gives it back afterwards. */
export function Modal({ title, children, actions, onClose, wide = false }: {
  title: string; children: ReactNode; actions: ReactNode; onClose: () => void; wide?: boolean;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={box}
      className={wide ? "gm-dialog gm-dialog--wide" : "gm-dialog"}
      aria-labelledby={id}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => event.target === box.current && onClose()}
    >
      <div className="gm-dialog__head"><h2 id={id}>{title}</h2></div>
      <div className="gm-dialog__body">{children}</div>
      <div className="gm-dialog__foot flex-wrap">{actions}</div>
    </dialog>
  );
}

/** An act that the server may refuse; what it says of it is shown where it was asked for. */
export function useAct() {
  const editor = useEditor();
  const { t } = editor;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async <T extends object>(act: () => Promise<Done<T>>, done: (answer: T) => void) => {
    setBusy(true);
    setError(null);
    const outcome = await act();
    setBusy(false);
    if (outcome.result === "done") done(outcome.answer);
    else if (outcome.result === "offline") setError(t("act_offline"));
    else {
      if (outcome.problems) editor.store.set({ problems: outcome.problems });
      setError(outcome.message);
    }
  };
  return { busy, error, run };
}

export function Failure({ text }: { text: string | null }) {
  return text ? <p role="alert" className="gm-note gm-note--bad mt-3">{text}</p> : null;
}

export interface MenuItem {
  label: string;
  icon: string;
  run: () => void;
  danger?: boolean;
  disabled?: boolean;
}

/** A menu under its button, closed by Esc, a choice, or a press elsewhere. */
export function Menu({ label, items, icon = "ellipsis", className = "btn-sm" }: { label: string; items: MenuItem[]; icon?: string; className?: string }) {
  const box = useRef<HTMLDetailsElement>(null);
  const close = (focus = true) => {
    const details = box.current;
    if (!details?.open) return;
    details.open = false;
    if (focus) details.querySelector("summary")?.focus();
  };
  useEffect(() => {
    const away = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) close(false);
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, []);
  const move = (event: React.KeyboardEvent) => {
    const buttons = [...(box.current?.querySelectorAll<HTMLButtonElement>("[role=menuitem]:not(:disabled)") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && box.current?.open) {
      event.stopPropagation();
      close();
    } else if (step && box.current?.open) {
      event.preventDefault();
      event.stopPropagation();
      buttons[(at + step + buttons.length) % buttons.length]?.focus();
    }
  };
  return (
    <details className="gm-menu" ref={box} onKeyDown={move} onToggle={() => box.current?.open && box.current.querySelector<HTMLButtonElement>("[role=menuitem]:not(:disabled)")?.focus()}>
      <summary className={`btn btn-quiet btn-square ${className}`} aria-label={label} title={label}><Icon name={icon} /></summary>
      <div role="menu" aria-label={label}>
        {items.map((item) => (
          <button
            key={item.label} type="button" role="menuitem" disabled={item.disabled} className={item.danger ? "gm-menu__item gm-menu__item--bad" : "gm-menu__item"}
            onClick={() => { close(); item.run(); }}
          >
            <Icon name={item.icon} />{item.label}
          </button>
        ))}
      </div>
    </details>
  );
}
