import { expect, test } from "vitest";
import { Formats } from "./text";

test("a time in a field is by the journey's clock, there and back", () => {
  for (const zone of ["Asia/Seoul", "America/New_York", "Asia/Kathmandu", "UTC"]) {
    const f = new Formats("en", zone);
    for (const iso of ["2026-11-22T15:11:00.000Z", "2026-03-08T12:00:00.000Z", "2026-07-01T00:30:00.000Z"]) {
      expect(f.instant(f.wall(new Date(iso))).toISOString()).toBe(iso);
    }
  }
  expect(new Formats("ko", "Asia/Seoul").wall(new Date("2026-11-22T15:11:00Z"))).toBe("2026-11-23T00:11");
  expect(Number.isNaN(new Formats("en", "UTC").instant("").getTime())).toBe(true);
});
