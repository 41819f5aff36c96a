import { useRef, useSyncExternalStore } from "react";

/** A value outside React that components read through selectors: a live count redraws its card alone. */
export class Store<T extends object> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  get = (): T => this.value;

  set = (change: Partial<T>): void => {
    this.value = { ...this.value, ...change };
    for (const listener of [...this.listeners]) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => Object.is(x[key], y[key]));
}

/** Read a part of the store; a new object with the same members counts as unchanged. */
export function useStore<T extends object, P>(store: Store<T>, pick: (value: T) => P): P {
  const last = useRef<{ part: P } | null>(null);
  const snapshot = () => {
    const part = pick(store.get());
    if (last.current && same(last.current.part, part)) return last.current.part;
    last.current = { part };
    return part;
  };
  return useSyncExternalStore(store.subscribe, snapshot);
}
