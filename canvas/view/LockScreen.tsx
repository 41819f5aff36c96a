// A push message as it stands on the lock screen of a phone.
import type { SimulatedMessage } from "../types";
import { useTools } from "../state/context";

export function LockScreen({ message, content }: { message: SimulatedMessage; content: NonNullable<SimulatedMessage["content"]> }) {
  const { f, boot } = useTools().editor;
  const image = typeof content.image === "string" ? content.image : "";
  return (
    <div className="gm-phone gm-phone--lock">
      <div className="gm-phone__in gm-lock">
        <p className="gm-lock__clock" aria-hidden="true"><span>{f.day(message.at)}</span><b>{f.time(message.at)}</b></p>
        <div className="gm-lock__card" lang={message.locale || undefined}>
          <p className="gm-lock__app"><i aria-hidden="true">{[...boot.workspace][0]}</i><span>{boot.workspace}</span></p>
          <p className="gm-lock__title">{String(content.title ?? "")}</p>
          <p className="whitespace-pre-wrap">{content.body}</p>
          {image && <img src={image} alt="" loading="lazy" referrerPolicy="no-referrer" />}
        </div>
      </div>
    </div>
  );
}
