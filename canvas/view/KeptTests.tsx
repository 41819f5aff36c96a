// The tests kept with the journey, with how they went; a click walks one.
import { useState } from "react";
import { useEditorState, useTools } from "../state/context";
import { useStore } from "../state/store";
import type { KeptTest } from "../types";
import { Icon } from "./Icon";
import { Menu } from "./parts";

export function KeptTests() {
  const { editor, kept } = useTools();
  const { t } = editor;
  const { tests, busy, error } = useStore(kept.store, (state) => state);
  if (!tests?.length && !error) return null;
  const failing = tests?.filter((test) => test.result?.passed === false).length ?? 0;
  return (
    <section aria-label={t("kept_tests")}>
      <div className="flex items-center gap-2"><h2 className="gm-h">{t("kept_tests")}</h2>
        {failing > 0 && <span className="gm-chip gm-chip--bad num">{t("tests_failing_n", { n: failing })}</span>}
        <button type="button" className="btn btn-xs btn-quiet ml-auto" disabled={busy} onClick={() => void kept.runAll()}>
          <Icon name={busy ? "loader" : "refresh-cw"} className={busy ? "size-3.5 gm-spin" : "size-3.5"} />{t("run_tests")}
        </button></div>
      {error && <p role="alert" className="gm-note gm-note--bad mt-2">{error}</p>}
      <ul className="divide-y divide-line mt-1">{tests?.map((test) => <Row key={test.id} test={test} />)}</ul>
    </section>
  );
}

function Row({ test }: { test: KeptTest }) {
  const { editor, kept, test: run } = useTools();
  const { t } = editor;
  const may = useEditorState((state) => state.journey.can_edit);
  const [renaming, setRenaming] = useState(false);
  const passed = test.result?.passed ?? null;
  const [icon, tone, word] = passed === null ? ["circle-dashed", "text-ink-3", "test_not_run"]
    : passed ? ["circle-check", "text-ok-ink", "test_passed"] : ["circle-x", "text-bad-ink", "test_not_passed"];
  const save = (name: string) => {
    setRenaming(false);
    void kept.rename(test, name);
  };
  return (
    <li className="gm-kept">
      <span className={tone}><Icon name={icon!} className="size-4" /><span className="sr-only">{t(word!)}</span></span>
      {renaming ? (
        <input
          className="input input-xs w-full" defaultValue={test.name} aria-label={t("test_name")} autoFocus
          onBlur={(event) => save(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") { event.preventDefault(); save(event.currentTarget.value); }
            if (event.key === "Escape") { event.stopPropagation(); setRenaming(false); }
          }}
        />
      ) : <button type="button" className="gm-kept__name" title={t("walk_test", { name: test.name })} onClick={() => void run.walk(test)}>{test.name}</button>}
      {may ? (
        <Menu label={t("more_for", { step: test.name })} className="btn-xs" items={[
          ...(passed === false ? [{ label: t("test_accept"), icon: "check", run: () => void kept.accept(test) }] : []),
          { label: t("rename"), icon: "pencil", run: () => setRenaming(true) },
          { label: t("remove"), icon: "trash-2", run: () => void kept.remove(test), danger: true },
        ]} />
      ) : <span />}
      {test.result?.message && <p className="gm-kept__why">{test.result.message}</p>}
    </li>
  );
}
