// Places of a language's words: "body", or "actions.0.label" in a list; and the rows of such lists.
export function read(words, place) {
  const [name, row, part] = place.split(".");
  return (row === undefined ? words[name] : words[name]?.[row]?.[part]) ?? "";
}

export function write(words, place, value) {
  const [name, row, part] = place.split(".");
  if (row === undefined) { words[name] = value; return; }
  const list = (words[name] ??= []);
  while (list.length <= Number(row)) list.push({});
  list[row][part] = value;
}

// As many rows as are filled, and those that were asked for.
export function watchRows(root, boot, state, { changed, show }) {
  const lists = [...root.querySelectorAll("[data-rows]")];
  const counts = [...root.querySelectorAll("[data-count]")];
  const open = new Map(); // by list and language: rows that are shown though empty
  const key = (list) => `${list.dataset.rows} ${state.locale}`;
  const words = () => state.variants[state.locale] ?? {};

  function draw() {
    for (const list of lists) {
      const rows = [...list.querySelectorAll("[data-row]")];
      const filled = (words()[list.dataset.rows] ?? []).length;
      const shown = Math.min(rows.length, Math.max(filled, open.get(key(list)) ?? 0));
      rows.forEach((row, number) => { row.hidden = number >= shown; });
      const add = list.querySelector("[data-add-row]");
      if (add) add.hidden = shown >= rows.length;
    }
    count();
  }
  function count() {
    for (const mark of counts) {
      const length = [...read(words(), mark.dataset.count)].length;
      mark.textContent = length ? boot.strings.advice.replace("{count}", length).replace("{most}", mark.dataset.advice) : "";
      mark.toggleAttribute("data-over", length > Number(mark.dataset.advice));
    }
  }
  for (const list of lists) {
    list.addEventListener("click", (event) => {
      const rows = [...list.querySelectorAll("[data-row]")];
      const shown = rows.filter((row) => !row.hidden).length;
      if (event.target.closest("[data-add-row]")) {
        open.set(key(list), shown + 1);
        draw();
        rows[shown]?.querySelector("[data-field]")?.focus();
      } else if (event.target.closest("[data-remove-row]")) {
        const number = rows.indexOf(event.target.closest("[data-row]"));
        words()[list.dataset.rows]?.splice(number, 1);
        open.set(key(list), shown - 1);
        show();
        changed();
        (list.querySelector("[data-row]:not([hidden]) [data-field]") ?? list.querySelector("[data-add-row]"))?.focus();
      }
    });
  }
  return { draw, count };
}
