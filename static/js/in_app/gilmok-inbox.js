// In-app messages on a customer's site. Needs nothing of the page, touches nothing of it: one element with a shadow
// root at the end of the body, styled through the CSSOM, so that a strict Content-Security-Policy lets it be.
//
//   <script async src="https://gilmok.example/static/js/in_app/gilmok-inbox.js" data-channel="…" data-write-key="…"
//           data-user-id="1042" data-user-token="…"></script>
//
// After a sign-in without a new page: gilmokInbox.identify({ userId, userToken }); gilmokInbox.refresh() asks at once;
// gilmokInbox.stop() ends it.
(() => {
  "use strict";
  const tag = document.currentScript;
  if (!tag || window.gilmokInbox) return;
  const { channel, writeKey } = tag.dataset;
  const base = (tag.dataset.server || new URL(tag.src).origin).replace(/\/$/, "");
  const place = `${base}/v1/inbox/${channel}/`;
  const NEVER = /^(javascript|data|vbscript|blob|file|about|view-source|filesystem):/i;
  const SEEN_AFTER = 1000; // ms in sight
  const SLOWEST = 15 * 60;
  const PAUSE = 10; // seconds between two looks, however often one comes back to the page

  let who = { userId: tag.dataset.userId, userToken: tag.dataset.userToken, anonymousId: tag.dataset.anonymousId };
  let timer, asking = false, stopped = false, failures = 0, lastAsked = 0, card = null;
  const done = new Set(); // closed here already, whatever the server says meanwhile

  // The id that Segment's and RudderStack's libraries gave this visitor.
  function anonymousId() {
    if (who.anonymousId) return who.anonymousId;
    for (const key of ["ajs_anonymous_id", "rl_anonymous_id"]) {
      try {
        const found = localStorage.getItem(key);
        if (found) return found.replace(/^"|"$/g, "");
      } catch { /* storage is closed to us */ }
    }
    return undefined;
  }
  function identity() {
    const { userId, userToken } = who;
    return userId ? { writeKey, userId: String(userId), userToken } : { writeKey, anonymousId: anonymousId() };
  }
  const known = () => Boolean(channel && writeKey && (who.userId ? who.userToken : anonymousId()));

  // Plain text, so that no browser asks beforehand whether it may.
  function post(url, body, keepalive = false) {
    return fetch(url, {
      method: "POST", mode: "cors", credentials: "omit", keepalive,
      headers: { "Content-Type": "text/plain" }, body: JSON.stringify({ ...identity(), ...body }),
    });
  }
  function tell(what, message, action) {
    post(`${place}events/`, { message: message.id, what, ...(action === undefined ? {} : { action }) }, true).catch(() => {});
  }

  function later(seconds) {
    clearTimeout(timer);
    if (!stopped && !document.hidden) timer = setTimeout(ask, seconds * 1000 * (1 + Math.random() / 5));
  }
  async function ask() {
    clearTimeout(timer);
    if (stopped || asking || document.hidden) return;
    if (!known()) return later(PAUSE);
    asking = true;
    lastAsked = Date.now();
    let next = 60;
    try {
      const response = await post(place, {});
      if (response.status === 429) {
        next = Number(response.headers.get("Retry-After")) || 60;
      } else if (response.ok) {
        const answer = await response.json();
        failures = 0;
        next = answer.poll_after;
        const waiting = answer.messages.find((message) => !done.has(message.id));
        if (card && !answer.messages.some((message) => message.id === card.message.id)) card.remove();
        if (waiting && !card) show(waiting, answer.look);
      } else if (response.status < 500) {
        stopped = true; // a wrong key or signature does not mend itself
        console.warn(`gilmok: ${(await response.json().catch(() => ({}))).detail || response.status}`);
      } else {
        throw new Error(String(response.status));
      }
    } catch {
      failures += 1;
      next = Math.min(SLOWEST, 30 * 2 ** failures);
    }
    asking = false;
    later(next);
  }

  const STYLE = `
    :host { all: initial; }
    .card { position: fixed; z-index: 2147483000; inset: auto 16px 16px auto; box-sizing: border-box; width: min(360px, calc(100vw - 32px)); max-height: calc(100vh - 32px); overflow: auto; border-radius: 16px; background: #fff; color: #1a2421; box-shadow: 0 12px 40px rgba(10, 30, 22, .24); font: 15px/1.45 system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", sans-serif; word-break: keep-all; overflow-wrap: anywhere; }
    .card.banner { inset: 0 0 auto 0; width: auto; border-radius: 0; display: flex; align-items: center; gap: 12px; padding-right: 48px; }
    .card:focus-visible, .card :focus-visible { outline: 3px solid #0b6b4a; outline-offset: 2px; }
    img { display: block; width: 100%; max-height: 200px; object-fit: cover; }
    .banner img { width: 72px; height: 72px; flex: none; }
    .in { display: grid; gap: 6px; padding: 16px 18px 18px; flex: 1; min-width: 0; }
    .banner .in { padding: 10px 16px; grid-template-columns: 1fr auto; align-items: center; column-gap: 16px; }
    .banner .go { grid-row: 1 / span 2; grid-column: 2; margin: 0; }
    h2 { margin: 0; padding-right: 26px; font-size: 17px; line-height: 1.3; font-weight: 650; }
    p { margin: 0; white-space: pre-wrap; }
    .go { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
    .go a, .go button { font: inherit; font-size: 14px; font-weight: 600; padding: 9px 16px; border: 0; border-radius: 10px; cursor: pointer; text-decoration: none; background: #e9eeec; color: #1a2421; }
    .go > :first-child { background: #0b6b4a; color: #fff; }
    .x { position: absolute; top: 8px; right: 8px; width: 32px; height: 32px; border: 0; border-radius: 16px; padding: 0; cursor: pointer; background: rgba(255, 255, 255, .9); color: #1a2421; font-size: 20px; line-height: 1; }
    @media (prefers-color-scheme: dark) {
      .card { background: #1b2320; color: #e8ecea; }
      .go a, .go button { background: #2b3632; color: #e8ecea; }
      .go > :first-child { background: #3fc389; color: #06231a; }
      .x { background: rgba(11, 16, 14, .75); color: #e8ecea; }
      .card:focus-visible, .card :focus-visible { outline-color: #3fc389; }
    }
    @media (max-width: 560px) { .card.banner { display: block; padding-right: 0; } .banner img { display: none; } .banner .in { grid-template-columns: 1fr; } .banner .go { grid-row: auto; grid-column: 1; } }
    @media (prefers-reduced-motion: no-preference) { .card { animation: come .18s ease-out; } @keyframes come { from { opacity: 0; transform: translateY(8px); } } }`;

  function make(name, parent, properties = {}, attributes = {}) {
    const element = Object.assign(document.createElement(name), properties);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  }

  // Not modal: the page goes on, the keyboard reaches the card last, Escape puts it away, focus goes back.
  function show(message, look) {
    const host = make("gilmok-message", document.body, { lang: message.locale || "" });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const said = make("div", root, {}, { role: "status", "aria-live": "polite" });
    const box = make("section", said, { className: look === "banner" ? "card banner" : "card", tabIndex: -1 }, {
      "aria-label": message.title || message.body.slice(0, 80),
    });
    if (message.image) make("img", box, { src: message.image, alt: "", referrerPolicy: "no-referrer" });
    const inside = make("div", box, { className: "in" });
    if (message.title) make("h2", inside, { textContent: message.title });
    make("p", inside, { textContent: message.body });
    const row = message.actions.length ? make("div", inside, { className: "go" }) : null;
    message.actions.forEach((action, number) => {
      const safe = action.url && !NEVER.test(action.url.replace(/[\u0000-\u0020]/g, ""));
      const button = safe
        ? make("a", row, { href: action.url, textContent: action.label, rel: "noopener" })
        : make("button", row, { type: "button", textContent: action.label });
      button.addEventListener("click", () => { tell("clicked", message, number); close(); });
    });
    const cross = make("button", box, { type: "button", className: "x", textContent: "×" }, { "aria-label": message.close });
    cross.addEventListener("click", dismiss);

    const before = document.activeElement;
    function dismiss() { tell("dismissed", message); close(); }
    function close() {
      done.add(message.id);
      remove();
      lastAsked = 0;
      later(3); // the next one, if one waits
    }
    function remove() {
      const inside = document.activeElement === host;
      document.removeEventListener("keydown", keys);
      clearTimeout(glance);
      document.removeEventListener("visibilitychange", look_);
      host.remove();
      if (inside && before instanceof HTMLElement && before.isConnected) before.focus();
      card = null;
    }
    function keys(event) {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      if (document.activeElement !== host && document.activeElement !== document.body) return;
      dismiss();
    }
    let glance;
    function look_() {
      clearTimeout(glance);
      if (!document.hidden && !message.seen) glance = setTimeout(() => { message.seen = true; tell("seen", message); }, SEEN_AFTER);
    }
    document.addEventListener("keydown", keys);
    document.addEventListener("visibilitychange", look_);
    look_();
    card = { message, remove };
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else later(Math.max(0, PAUSE - (Date.now() - lastAsked) / 1000));
  });
  window.gilmokInbox = {
    identify(names) { card?.remove(); who = { ...names }; stopped = false; failures = 0; ask(); },
    refresh() { stopped = false; return ask(); },
    stop() { stopped = true; clearTimeout(timer); card?.remove(); },
  };
  if (document.body) ask();
  else document.addEventListener("DOMContentLoaded", ask, { once: true });
})();
