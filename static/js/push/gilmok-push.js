/*
 * Asks a visitor whether the site may send notifications, and tells Gilmok of the browser that says yes.
 * It makes no question of its own: call `gilmokPush.subscribe()` from a button.
 *
 *   <script src="…/gilmok-push.js" data-server="…" data-write-key="…" data-channel="…" data-key="…" async></script>
 *   button.onclick = () => gilmokPush.subscribe({ userId: "1042", consents: { push: { offers: "granted" } } });
 */
(() => {
  const here = document.currentScript.dataset;
  const server = (here.server || "").replace(/\/$/, "");
  const worker = here.worker || "/gilmok-push-worker.js";
  const possible = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const written = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  // Who this browser is: what the page says, else what the site's tracker remembers, else a name of our own.
  function who({ userId, anonymousId } = {}) {
    const tracker = window.analytics?.user?.();
    const user = userId ?? tracker?.id?.() ?? null;
    let anonymous = anonymousId ?? tracker?.anonymousId?.() ?? localStorage.getItem("gilmok_anonymous_id");
    if (!user && !anonymous) {
      anonymous = crypto.randomUUID();
      localStorage.setItem("gilmok_anonymous_id", anonymous);
    }
    return { userId: user, anonymousId: anonymous };
  }

  async function tell(method, body) {
    const answer = await fetch(`${server}/v1/devices`, {
      method,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ writeKey: here.writeKey, ...body }),
      keepalive: true,
    });
    if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).detail || `Gilmok answered ${answer.status}`);
  }

  const told = (subscription, given) => {
    const { endpoint, keys } = subscription.toJSON();
    return tell("POST", { type: "web", token: endpoint, keys, app: here.channel, ...who(given), ...(given?.consents && { consents: given.consents }) });
  };

  const gilmokPush = {
    possible,
    // "granted", "denied" or "default": whether the visitor was asked, and what she said.
    get permission() { return possible ? Notification.permission : "denied"; },

    // Resolves to true when this browser gets notifications from now on. Call it from a click: browsers want that.
    async subscribe(given) {
      if (!possible || (await Notification.requestPermission()) !== "granted") return false;
      const registration = await navigator.serviceWorker.register(worker);
      await navigator.serviceWorker.ready;
      let subscription = await registration.pushManager.getSubscription();
      if (subscription && written(subscription.options.applicationServerKey) !== here.key) {
        await subscription.unsubscribe(); // made with the key of another channel
        subscription = null;
      }
      subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(here.key) });
      await told(subscription, given);
      return true;
    },

    // After a sign-in, say who she is: the notifications follow.
    async identify(given) {
      const registration = possible && (await navigator.serviceWorker.getRegistration(worker));
      const subscription = registration && (await registration.pushManager.getSubscription());
      if (subscription) await told(subscription, given);
      return Boolean(subscription);
    },

    async unsubscribe() {
      const registration = possible && (await navigator.serviceWorker.getRegistration(worker));
      const subscription = registration && (await registration.pushManager.getSubscription());
      if (!subscription) return false;
      await tell("DELETE", { token: subscription.endpoint });
      return subscription.unsubscribe();
    },
  };
  window.gilmokPush = gilmokPush;
})();
