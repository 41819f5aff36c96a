import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const sources = readdirSync("canvas", { recursive: true, encoding: "utf8" })
  .filter((name: string) => /\.tsx?$/.test(name) && !name.includes("test."))
  .map((name: string) => readFileSync(`canvas/${name}`, "utf8"))
  .join("\n");
const known = new Set(
  [...readFileSync("journeys/canvas_strings.py", "utf8").matchAll(/^ {8}"(\w+)": p?(?:_|gettext)\(/gm)].map((match) => match[1]!),
);

test("every text that the canvas asks for by name is known to the server", () => {
  const asked = new Set([...sources.matchAll(/\bt\(\s*"(\w+)"/g)].map((match) => match[1]!));
  expect([...asked].filter((key) => !known.has(key))).toEqual([]);
});

test("every known text is used", () => {
  const dynamic = /^(count|people|message|skip|end|diff|reaction|key|span|pause|resume|stop)_/;
  const unused = [...known].filter((key) => !dynamic.test(key) && !sources.includes(`"${key}"`));
  expect(unused).toEqual([]);
});
