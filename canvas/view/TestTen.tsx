// Ten customers at once: how far each came, and a click walks her way.
import { useTools } from "../state/context";
import { useStore } from "../state/store";
import type { Drawn } from "../state/testing";
import { Icon } from "./Icon";

export function Ten() {
  const { editor, test } = useTools();
  const { t } = editor;
  const { ten, running } = useStore(test.store, (state) => ({ ten: state.ten, running: state.running }));
  const through = ten.filter((one) => one.result || one.failed);
  const entered = ten.filter((one) => one.result?.enrolments.length).length;
  const messages = ten.reduce((sum, one) => sum + sentTo(one), 0);
  return (
    <div className="mt-2.5">
      {ten.length === 0 ? <p className="text-sm text-ink-2">{t("ten_text")}</p> : (
        <>
          <p className="text-sm font-[560] num" role="status">{running ? t("ten_under", { done: through.length, n: ten.length }) : t("ten_done", { entered, n: ten.length, messages })}</p>
          <table className="gm-table gm-ten mt-1.5" aria-label={t("test_ten")}>
            <thead><tr><th scope="col">{t("person")}</th><th scope="col">{t("last_step")}</th><th scope="col" className="r">{t("messages")}</th></tr></thead>
            <tbody>{ten.map((one) => <Row key={one.person.id} one={one} />)}</tbody>
          </table>
        </>
      )}
    </div>
  );
}

function sentTo(one: Drawn): number {
  return one.result?.enrolments.reduce((sum, walk) => sum + walk.messages.filter((message) => !message.reason).length, 0) ?? 0;
}

function Row({ one }: { one: Drawn }) {
  const { editor, test } = useTools();
  const { t, f } = editor;
  const walk = one.result?.enrolments.at(-1);
  const last = walk ? walk.visits.at(-1)?.step ?? walk.trigger : null;
  return (
    <tr>
      <th scope="row"><button type="button" className="gm-ten__name" title={one.person.detail} disabled={!one.result} onClick={() => test.look(one)}>{one.person.name}</button></th>
      <td>
        {one.failed ? <span className="text-bad-ink">{t("ten_failed")}</span>
          : !one.result ? <span className="gm-skel h-3 w-20 block" />
            : last ? <span className="flex items-center gap-1.5 min-w-0"><Icon name={editor.cards[last]?.icon ?? "circle-help"} className="size-3.5 text-ink-3 flex-none" /><span className="truncate">{editor.title(last)}</span></span>
              : <span className="text-ink-3">{t("not_entered")}</span>}
      </td>
      <td className="r num">{one.result ? f.number(sentTo(one)) : ""}</td>
    </tr>
  );
}
