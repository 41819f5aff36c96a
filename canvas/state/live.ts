import type { Api } from "../api";
import type { Counts } from "../types";

const POLL_MS = 5_000;

/** Follow the counts: a stream of server-sent events, or polling where the server has no stream to spare. */
export function follow(urls: { live: string }, api: Api, show: (counts: Counts) => void): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource | null = null;

  const poll = async () => {
    if (stopped) return;
    if (!document.hidden) {
      const counts = await api.counts();
      if (counts && !stopped) show(counts);
    }
    timer = setTimeout(() => void poll(), POLL_MS);
  };

  const read = (event: MessageEvent<string>) => {
    try {
      show(JSON.parse(event.data) as Counts);
    } catch {
      // A broken message changes nothing; the next one carries all counts again.
    }
  };

  if (urls.live && "EventSource" in window) {
    source = new EventSource(urls.live);
    source.onmessage = read;
    source.addEventListener("counts", read as EventListener);
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      source = null;
      void poll();
    };
  } else {
    void poll();
  }
  return () => {
    stopped = true;
    clearTimeout(timer);
    source?.close();
  };
}
