// The check list: each line says what is wrong and leads there.
export function showProblems(root, boot, problems, goTo) {
  const list = root.querySelector("[data-problems]");
  const count = root.querySelector("[data-check-count]");
  const errors = problems.filter((problem) => problem.severity === "error").length;
  count.hidden = problems.length === 0;
  count.textContent = problems.length;
  count.className = `gm-chip num ${errors ? "gm-chip--bad" : "gm-chip--warn"}`;
  const icon = (name) => document.getElementById(`icon-${name}`).content.cloneNode(true);
  list.replaceChildren(...problems.map((problem) => {
    const row = document.getElementById("problem-template").content.firstElementChild.cloneNode(true);
    const mark = row.querySelector("[data-severity]");
    mark.dataset.severity = problem.severity;
    mark.append(icon(problem.severity));
    row.querySelector("[data-message]").textContent = problem.message;
    const label = problem.field ? boot.labels[problem.field] ?? problem.field : "";
    const place = [problem.locale && (boot.languages[problem.locale] ?? problem.locale), label, problem.line && boot.strings.line.replace("{line}", problem.line)];
    row.querySelector("[data-place]").textContent = place.filter(Boolean).join(" · ");
    row.querySelector("button").addEventListener("click", () => goTo(problem));
    return row;
  }));
  if (problems.length) return;
  const row = document.createElement("li");
  row.className = "flex items-center gap-2 text-sm text-ok-ink";
  row.append(icon("ok"), boot.strings.no_problems);
  list.append(row);
}
