// Undo and redo without limit. Entries share structure with one another, so keeping all of them is cheap.

export interface History<T> {
  past: T[];
  present: T;
  future: T[];
  /** Names the last edit, so that a run of small edits of one field is one entry. */
  tag: string | null;
  at: number;
}

const RUN_MS = 1200;

export function begin<T>(present: T): History<T> {
  return { past: [], present, future: [], tag: null, at: 0 };
}

export function commit<T>(history: History<T>, present: T, now: number, tag: string | null = null): History<T> {
  if (present === history.present) return history;
  const sameRun = tag !== null && tag === history.tag && now - history.at < RUN_MS && history.future.length === 0;
  const past = sameRun ? history.past : [...history.past, history.present];
  return { past, present, future: [], tag, at: now };
}

/** Change what is shown now without making it an entry (for example cards that the server wrote anew). */
export function amend<T>(history: History<T>, present: T): History<T> {
  return { ...history, present };
}

export function undo<T>(history: History<T>): History<T> {
  const previous = history.past.at(-1);
  if (previous === undefined) return history;
  return {
    past: history.past.slice(0, -1), present: previous, future: [history.present, ...history.future], tag: null, at: 0,
  };
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.present], present: next, future, tag: null, at: 0 };
}
