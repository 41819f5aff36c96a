/*
 * Shows what Gilmok sends, and tells it of clicks. Serve this file from the root of your site:
 * a service worker may only act for pages below its own address.
 */
self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data?.json() ?? {};
  } catch {
    message = { title: event.data.text() };
  }
  const { title = "", body, image, icon, tag, url, opened, preferences, choose } = message;
  const actions = preferences ? [{ action: "preferences", title: choose }] : [];
  // The same tag again takes the place of the first: a repetition shows once, and makes no sound.
  event.waitUntil(self.registration.showNotification(title, { body, image, icon, tag, actions, data: { url, opened, preferences } }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url, opened, preferences } = event.notification.data ?? {};
  event.waitUntil(
    (async () => {
      if (event.action === "preferences") return self.clients.openWindow(preferences);
      // The signed link counts the click, and the opening with it, and leads on to the page.
      if (url) return self.clients.openWindow(url);
      if (opened) await fetch(opened, { mode: "no-cors" }).catch(() => {});
      const [page] = await self.clients.matchAll({ type: "window" });
      return page ? page.focus() : self.clients.openWindow("/");
    })(),
  );
});
