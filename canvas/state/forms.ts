// The settings' forms are the server's: what is typed there counts once its answer has come, also when the person has
// gone on to another card meanwhile. As long as an answer is awaited nothing is called saved, published or tested.
import type { AnyNode, Card } from "../types";

export interface Answer {
  key: string;
  node: AnyNode;
  card: Card | null;
}

/** What htmx tells of a request. */
interface Context {
  sourceElement: Element;
  sourceEvent: Event;
  request: { body: FormData | URLSearchParams | null };
  status: string;
  response?: { status: number };
  /** Headers of the answer, without "HX-": `trigger` carries the event `gm:node`. */
  hx?: { trigger?: string };
}

interface Asked {
  form: HTMLFormElement;
  heard: (answer: Answer) => void;
  /** Typed, and not sent yet. */
  typed: boolean;
  /** Requests under way. */
  under: Set<Context>;
  /** The words of the last request, unless it failed. */
  sent: string | null;
}

/** What the person wrote; the step itself, which goes along, changes with every answer. */
function words(body: Context["request"]["body"]): string {
  const rows = body ? [...body.entries()] : [];
  return JSON.stringify(rows.filter(([name]) => name !== "node").map(([name, value]) => [name, String(value)]));
}

function answerOf(context: Context): Answer | null {
  const told = context.hx?.trigger ? (JSON.parse(context.hx.trigger) as { "gm:node"?: Answer })["gm:node"] : undefined;
  return told ?? null;
}

export class Forms {
  private readonly open = new Map<Element, Asked>();

  /** htmx speaks to the document for a form that has left the page. */
  constructor(private readonly tell: (asking: boolean) => void) {
    const on = (name: string, act: (one: Asked, context: Context, event: Event) => void) => document.addEventListener(name, (event) => {
      const context = (event as CustomEvent<{ ctx?: Context }>).detail?.ctx;
      const one = context && this.open.get(context.sourceElement);
      if (!one) return;
      act(one, context, event);
      this.check();
    });
    on("htmx:config:request", (one, context, event) => {
      const said = words(context.request.body);
      one.typed = false;
      // Leaving a field sends what is in it at once; the pause after the last letter need not send it again.
      if (context.sourceEvent.type !== "submit" && said === one.sent) {
        event.preventDefault();
        return;
      }
      one.sent = said;
      one.under.add(context);
    });
    on("htmx:finally:request", (one, context) => {
      one.under.delete(context);
      if (!one.under.size && !(context.response && context.response.status < 400)) one.sent = null; // the same words may be tried again
      const answer = answerOf(context);
      if (answer) one.heard(answer);
    });
  }

  get asking(): boolean {
    for (const one of this.open.values()) if (one.under.size || (one.typed && one.form.isConnected)) return true;
    return false;
  }

  /** Resolves when nothing more is awaited. */
  async settled(): Promise<void> {
    while (this.asking) await new Promise((resolve) => setTimeout(resolve, 30));
  }

  /** After a pane has gone: a form without a request under way is nobody's any more. */
  check(): void {
    for (const one of [...this.open.values()]) if (!one.form.isConnected && !one.under.size) this.open.delete(one.form);
    this.tell(this.asking);
  }

  follow(form: HTMLFormElement, heard: (answer: Answer) => void): void {
    const one: Asked = { form, heard, typed: false, under: new Set(), sent: null };
    this.open.set(form, one);
    form.addEventListener("input", () => {
      one.typed = true;
      this.check();
    });
  }
}
