// What the tested person gets to see. An e-mail runs in a sandbox: it can neither script nor navigate.
import { useState } from "react";
import { useTools } from "../state/context";
import { useStore } from "../state/store";
import type { SimulatedMessage } from "../types";
import { Icon } from "./Icon";
import { LockScreen } from "./LockScreen";
import { Chat, InAppCard } from "./ShortMessages";
import { personName, reasonOf } from "./TestPanel";

export function Previews() {
  const { editor, test } = useTools();
  const { t, f } = editor;
  const { result, enrolment: index } = useStore(test.store, (state) => ({ result: state.result, enrolment: state.enrolment }));
  const messages = result?.enrolments[index]?.messages ?? [];
  const shown = useStore(test.store, (state) => test.stations()[state.shown]?.key ?? null);
  return (
    <aside className="gm-previews" aria-label={t("previews")}>
      <div className="flex items-center gap-2 px-4 h-12 border-b border-line">
        <h2 className="gm-h truncate">{result ? t("what_sees", { name: personName(test, t("made_up_person")) }) : t("previews")}</h2>
        <span className="gm-chip gm-chip--lit ml-auto">{t("nothing_sent")}</span>
      </div>
      <div className="gm-scroll grid grid-cols-[minmax(0,1fr)] gap-5 content-start" tabIndex={0} role="group" aria-label={t("previews")}>
        {!result && <p className="text-sm text-ink-2">{t("previews_wait")}</p>}
        {result && messages.length === 0 && <p className="text-sm text-ink-2">{t("no_messages")}</p>}
        {messages.map((message, i) => (
          <section key={message.step + i} className={message.step === shown ? "gm-now" : ""}>
            <h3 className="flex items-center gap-1.5 text-xs font-[580] text-ink-2 mb-1.5">
              <Icon name={editor.cards[message.step]?.icon ?? "mail"} className="size-3.5" />
              <span className="truncate">{editor.title(message.step)}</span>
              <time className="ml-auto text-ink-3 font-normal num whitespace-nowrap" dateTime={message.at}>{f.day(message.at)} {f.time(message.at)}</time>
            </h3>
            {message.reason && <p className="gm-note gm-note--warn mb-2">{t(`message_${message.state}`)}: {reasonOf(message, t)}</p>}
            {message.content && <Preview message={message} content={message.content} />}
          </section>
        ))}
      </div>
    </aside>
  );
}

function Preview({ message, content }: { message: SimulatedMessage; content: NonNullable<SimulatedMessage["content"]> }) {
  if (content.html) return <Mail subject={content.subject ?? ""} preheader={content.preheader ?? ""} html={content.html} />;
  if (message.medium === "push") return <LockScreen message={message} content={content} />;
  if (message.medium === "in_app") return <InAppCard message={message} content={content} />;
  if (message.medium === "social") return <Chat message={message} content={content} />;
  return <Bubble medium={message.medium} title={content.subject} text={content.text ?? content.body ?? ""} />;
}

function Mail({ subject, preheader, html }: { subject: string; preheader: string; html: string }) {
  const { t } = useTools().editor;
  const [width, setWidth] = useState<"desktop" | "phone">("desktop");
  return (
    <div>
      <div className="gm-seg mb-2" role="group" aria-label={t("width")}>
        <button type="button" aria-pressed={width === "desktop"} onClick={() => setWidth("desktop")}><Icon name="monitor" className="size-3.5" />{t("desktop")}</button>
        <button type="button" aria-pressed={width === "phone"} onClick={() => setWidth("phone")}><Icon name="smartphone" className="size-3.5" />{t("phone")}</button>
      </div>
      <div className={width === "phone" ? "gm-phone gm-phone--mail" : "gm-window"}>
        <div className={width === "phone" ? "gm-phone__in" : ""}>
          {width === "desktop" && <div className="gm-window__bar" aria-hidden="true"><i /><i /><i /></div>}
          <div className="gm-mailhead"><p className="text-xs font-[620] truncate">{subject}</p>{preheader && <p className="text-xs truncate">{preheader}</p>}</div>
          <div className="gm-mailbody" data-width={width}>
            <iframe title={subject || t("message")} sandbox="" srcDoc={html} loading="lazy" />
          </div>
        </div>
      </div>
    </div>
  );
}

function Bubble({ medium, title, text }: { medium: string; title: string | undefined; text: string }) {
  return (
    <div className="gm-bubble" data-medium={medium}>
      {title && <p className="font-[620] mb-1">{title}</p>}
      <p className="whitespace-pre-wrap">{text}</p>
    </div>
  );
}
