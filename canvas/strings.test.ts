import { expect, test } from "vitest";
import strings from "../journeys/canvas_strings.py?raw";

const files = import.meta.glob<string>(["./**/*.{ts,tsx}", "!./**/*.test.*"], { query: "?raw", import: "default", eager: true });
const sources = Object.values(files).join("\n");
const known = new Set([...strings.matchAll(/^ {8}"(\w+)": p?(?:_|gettext)\(/gm)].map((match) => match[1]!));

test("every text that the canvas asks for by name is known to the server", () => {
  const asked = new Set([...sources.matchAll(/\bt\(\s*"(\w+)"/g)].map((match) => match[1]!));
  expect([...asked].filter((key) => !known.has(key))).toEqual([]);
});

test("every known text is used", () => {
  const dynamic = /^(count|people|message|skip|end|diff|reaction|key|span|pause|resume|stop)_/;
  const unused = [...known].filter((key) => !dynamic.test(key) && !sources.includes(`"${key}"`));
  expect(unused).toEqual([]);
});
