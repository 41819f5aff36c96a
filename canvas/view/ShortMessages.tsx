// In-app and messenger messages as they stand on a phone: a card over the page, a bubble or a card in a chat.
import type { SimulatedMessage } from "../types";
import { useTools } from "../state/context";

type Content = NonNullable<SimulatedMessage["content"]>;

function partsOf(content: Content) {
  const actions = Array.isArray(content.actions) ? (content.actions as { label?: string }[]) : [];
  return {
    title: String(content.title ?? ""),
    body: String(content.body ?? ""),
    image: typeof content.image === "string" ? content.image : "",
    labels: actions.map((action) => action.label ?? ""),
  };
}

export function InAppCard({ message, content }: { message: SimulatedMessage; content: Content }) {
  const { title, body, image, labels } = partsOf(content);
  return (
    <div className="gm-phone gm-phone--chat">
      <div className="gm-phone__in gm-inapp">
        <div aria-hidden="true" className="gm-inapp__page"><i /><i /><i /></div>
        <div className="gm-inapp__card" lang={message.locale || undefined}>
          {image && <img src={image} alt="" loading="lazy" referrerPolicy="no-referrer" />}
          <div className="grid gap-1 p-3">
            {title && <p className="font-[650]">{title}</p>}
            <p className="whitespace-pre-wrap">{body}</p>
            {labels.length > 0 && <p className="gm-inapp__go">{labels.map((label, i) => <span key={i}>{label}</span>)}</p>}
          </div>
        </div>
      </div>
    </div>
  );
}

export function Chat({ message, content }: { message: SimulatedMessage; content: Content }) {
  const { boot } = useTools().editor;
  const { title, body, image, labels } = partsOf(content);
  return (
    <div className="gm-phone gm-phone--chat">
      <div className="gm-phone__in gm-chat">
        <p className="gm-chat__who"><i aria-hidden="true">{[...boot.workspace][0]}</i><span className="truncate">{boot.workspace}</span></p>
        <div className="gm-chat__say" lang={message.locale || undefined}>
          {image && <img src={image} alt="" loading="lazy" referrerPolicy="no-referrer" />}
          <div className="p-2.5">
            {title && <p className="font-[650]">{title}</p>}
            <p className="whitespace-pre-wrap">{body}</p>
          </div>
          {labels.map((label, i) => <p className="gm-chat__go" key={i}>{label}</p>)}
        </div>
      </div>
    </div>
  );
}
