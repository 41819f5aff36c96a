// The frame that shows the mail or text as it arrives, 400 ms after the last letter.
import { lengthOf } from "./sms_length.js";

export function makePreview(root, boot, state) {
  const frame = root.querySelector("[data-preview]");
  const note = root.querySelector("[data-preview-error]");
  const inbox = root.querySelector("[data-inbox-line]");
  const token = document.body.getAttribute("hx-headers:inherited");
  let timer, running;

  async function now() {
    clearTimeout(timer);
    running?.abort();
    const mine = (running = new AbortController());
    const { variants, default_locale, locale, person, dark } = state;
    try {
      const response = await fetch(boot.urls.preview, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...JSON.parse(token) },
        body: JSON.stringify({ variants: { [default_locale]: variants[default_locale], [locale]: variants[locale] }, default_locale, locale, person, dark }),
        signal: mine.signal,
      });
      const answer = await response.json();
      if (!response.ok) return fail(answer.errors?.[0]?.detail ?? answer.detail);
      draw(answer);
    } catch (error) {
      if (error.name !== "AbortError") fail(boot.strings.offline_preview);
    }
  }
  function draw({ html, parts, error }) {
    note.hidden = !error;
    if (error) {
      const place = error.line ? ` (${boot.strings.line.replace("{line}", error.line)})` : "";
      note.querySelector("span").textContent = error.message + place;
      return; // the last good picture stays
    }
    frame.srcdoc = html;
    if (inbox) inbox.textContent = [parts.subject, parts.preheader].filter(Boolean).join(" – ");
    if (boot.medium === "sms") count(parts.body);
  }
  function fail(reason) {
    note.hidden = false;
    note.querySelector("span").textContent = boot.strings.unknown_error.replace("{reason}", reason);
  }
  function count(body) {
    const { units, room, parts, latin } = lengthOf(body);
    root.querySelector("[data-sms-length]").textContent = boot.strings.length.replace("{units}", units).replace("{room}", room);
    root.querySelector("[data-sms-parts]").textContent = parts === 1 ? boot.strings.parts_one : boot.strings.parts.replace("{parts}", parts);
    root.querySelector("[data-sms-note]").textContent = [latin ? "" : boot.strings.hangul, /\{\{/.test(state.variants[state.locale].body ?? "") ? boot.strings.longest : ""].filter(Boolean).join(" ");
  }
  // As tall as what it holds: the sheet scrolls, not the frame.
  function measure() {
    const page = frame.contentDocument?.documentElement;
    if (!page) return;
    frame.style.height = "0";
    frame.style.height = `${Math.min(20000, Math.max(352, page.scrollHeight))}px`;
  }
  frame.addEventListener("load", () => { measure(); setTimeout(measure, 300); });
  return { now, soon() { clearTimeout(timer); timer = setTimeout(now, 400); }, measureSoon() { requestAnimationFrame(() => requestAnimationFrame(measure)); } };
}
