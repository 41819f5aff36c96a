// Two rows of tabs: the panes at the side, and the languages, which can be added and taken away.
const arrows = (tabs, choose) => (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const list = tabs();
  const next = list[(list.indexOf(event.target) + step + list.length) % list.length];
  if (next) { choose(next); next.focus(); event.preventDefault(); }
};

export function paneTabs(side) {
  const bar = side.querySelector("[role=tablist]");
  const tabs = () => [...bar.querySelectorAll("[role=tab]")];
  const select = (tab) => {
    for (const other of tabs()) {
      other.setAttribute("aria-selected", String(other === tab));
      other.tabIndex = other === tab ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = other !== tab;
    }
  };
  bar.addEventListener("click", (event) => { const tab = event.target.closest("[role=tab]"); if (tab) select(tab); });
  bar.addEventListener("keydown", arrows(tabs, select));
  return { choose: (pane) => select(tabs().find((tab) => tab.getAttribute("aria-controls") === pane)) };
}

export function languageTabs(root, boot, state, { changed, show }) {
  const bar = root.querySelector("[data-languages]");
  const menu = root.querySelector("[data-language-menu]");
  const defaults = root.querySelector("[data-about=default_locale]");
  const name = (locale) => boot.languages[locale] ?? locale;
  const tabs = () => [...bar.querySelectorAll("[role=tab]")];

  function choose(locale) {
    state.locale = locale;
    draw();
    show();
  }
  function draw() {
    const focused = bar.contains(document.activeElement);
    bar.replaceChildren(...Object.keys(state.variants).map((locale) => {
      const tab = document.createElement("button");
      Object.assign(tab, { type: "button", lang: locale, textContent: name(locale) });
      tab.setAttribute("role", "tab");
      tab.dataset.locale = locale;
      tab.setAttribute("aria-selected", String(locale === state.locale));
      tab.tabIndex = locale === state.locale ? 0 : -1;
      return tab;
    }));
    if (focused) bar.querySelector("[aria-selected=true]")?.focus();
    if (!menu) return;
    const item = (label, lang, run) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "gm-menu__item", textContent: label, lang });
      button.addEventListener("click", () => { menu.closest("details").open = false; run(); });
      return button;
    };
    const add = Object.keys(boot.languages).filter((locale) => !state.variants[locale]).slice(0, 9).map((locale) => item(`+ ${name(locale)}`, locale, () => {
      // Begins with the words of the default language: they are what is to be put into the other one.
      state.variants[locale] = structuredClone(state.variants[state.default_locale]);
      choose(locale);
      changed();
    }));
    const remove = Object.keys(state.variants).filter((locale) => locale !== state.default_locale).map((locale) => item(boot.strings.remove_language.replace("{language}", name(locale)), "", () => {
      const kept = state.variants[locale];
      delete state.variants[locale];
      choose(state.default_locale);
      changed();
      const back = () => { state.variants[locale] = kept; choose(locale); changed(); };
      dispatchEvent(new CustomEvent("gm:toast", { detail: { text: boot.strings.removed.replace("{language}", name(locale)), action: { label: boot.strings.undo, run: back } } }));
    }));
    menu.replaceChildren(...add, ...remove);
    if (defaults) {
      defaults.replaceChildren(...Object.keys(state.variants).map((locale) => new Option(name(locale), locale, false, locale === state.default_locale)));
    }
  }
  bar.addEventListener("click", (event) => { const tab = event.target.closest("[role=tab]"); if (tab) choose(tab.dataset.locale); });
  bar.addEventListener("keydown", arrows(tabs, (tab) => choose(tab.dataset.locale)));
  defaults?.addEventListener("change", () => setTimeout(draw));
  draw();
  return {
    choose,
    // A person's own language, if there are words in it.
    follow(locale) {
      const found = [locale, locale?.split(/[-_]/)[0]].find((tag) => tag && state.variants[tag]);
      if (found && found !== state.locale) choose(found);
    },
  };
}
