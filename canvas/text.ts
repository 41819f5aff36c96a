// Words come from the server (journeys/canvas_strings.py) in the reader's language; numbers and times from Intl.

export type Params = Record<string, string | number>;
export type Translate = (key: string, params?: Params) => string;

export function translator(strings: Record<string, string>, locale: string): Translate {
  const numbers = new Intl.NumberFormat(locale);
  return (key, params) => {
    const template = strings[key] ?? key;
    if (!params) return template;
    return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = params[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? numbers.format(value) : value;
    });
  };
}

export class Formats {
  private readonly whole: Intl.NumberFormat;
  private readonly short: Intl.NumberFormat;
  private readonly percents: Intl.NumberFormat;
  private readonly shares: Intl.NumberFormat;
  private readonly clock: Intl.DateTimeFormat;
  private readonly dayName: Intl.DateTimeFormat;
  private readonly weekday: Intl.DateTimeFormat;
  private readonly full: Intl.DateTimeFormat;
  private readonly dayKey: Intl.DateTimeFormat;
  private readonly field: Intl.DateTimeFormat;

  constructor(readonly locale: string, readonly zone: string | undefined) {
    const en = locale.startsWith("en") ? "en-GB" : locale;
    const timeZone = usable(zone);
    this.whole = new Intl.NumberFormat(locale);
    this.short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 });
    this.percents = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
    this.shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 });
    this.clock = new Intl.DateTimeFormat(en, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
    this.dayName = new Intl.DateTimeFormat(en, { weekday: "short", day: "numeric", month: "short", timeZone });
    this.weekday = new Intl.DateTimeFormat(en, { weekday: "short", timeZone });
    this.full = new Intl.DateTimeFormat(en, {
      weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone,
    });
    this.field = new Intl.DateTimeFormat("sv-SE", {
      year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone,
    });
    this.dayKey = new Intl.DateTimeFormat("en-CA", { year: "numeric", month: "2-digit", day: "2-digit", timeZone });
  }

  number = (value: number) => this.whole.format(value);
  /** Whole up to 99,999, then 123k or 12.3만. */
  compact = (value: number) => (value < 100_000 ? this.whole.format(value) : this.short.format(value));
  percent = (part: number, whole: number) => (whole > 0 ? this.percents.format(part / whole) : "–");
  share = (part: number) => this.shares.format(part);
  time = (iso: string) => this.clock.format(new Date(iso));
  day = (iso: string) => this.dayName.format(new Date(iso)).replace(",", "");
  moment = (iso: string) => this.full.format(new Date(iso)).replace(",", "");
  sameDay = (a: string, b: string) => this.dayKey.format(new Date(a)) === this.dayKey.format(new Date(b));

  /** The text of an input of type datetime-local, by the journey's clock as all other times here. */
  wall = (date: Date) => this.field.format(date).replace(" ", "T");

  /** The moment that such a text means. Between the hours of a change of clocks a second look settles it. */
  instant = (wall: string) => {
    const plain = Date.parse(`${wall}Z`);
    if (Number.isNaN(plain)) return new Date(NaN);
    const ahead = (at: number) => Date.parse(`${this.wall(new Date(at))}Z`) - Math.floor(at / 60_000) * 60_000;
    return new Date(plain - ahead(plain - ahead(plain)));
  };

  /** "14:32" today, "Tue 17 Nov 14:32" on other days. */
  near = (iso: string, now: Date) =>
    this.sameDay(iso, now.toISOString()) ? this.time(iso) : `${this.day(iso)} ${this.time(iso)}`;

  /** The same on little space: "Tue 14:32" within a week. */
  soon = (iso: string, from: Date) =>
    !this.sameDay(iso, from.toISOString()) && Math.abs(Date.parse(iso) - from.getTime()) < 6 * 86_400_000
      ? `${this.weekday.format(new Date(iso))} ${this.time(iso)}` : this.near(iso, from);
}

function usable(zone: string | undefined): string | undefined {
  if (!zone) return undefined;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}

/** "1 day 6 h", made of the two largest units. */
export function span(from: string, to: string, t: Translate): string {
  let minutes = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
  const days = Math.floor(minutes / 1440);
  minutes -= days * 1440;
  const hours = Math.floor(minutes / 60);
  minutes -= hours * 60;
  const parts = [
    days && t(days === 1 ? "span_day" : "span_days", { n: days }),
    hours && t("span_hours", { n: hours }),
    minutes && t("span_minutes", { n: minutes }),
  ].filter((part): part is string => Boolean(part));
  return parts.slice(0, 2).join(" ") || t("span_none");
}
