/* Round marks on axes, and numbers and dates as the page's language writes them. */

const DAY = 24 * 60; // in minutes, as all moments here
const DAY_STEPS = [1, 2, 7, 14];
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 48];
const NBSP = "\u00a0";

/** The smallest 1, 2 or 5 times a power of ten that is at least so much. */
export function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= least * 0.999999);
}

/** Marks from at or below the lowest value to at or above the highest, in whole numbers. */
export function roundMarks(low, high, most = 5) {
  const step = Math.max(roundStep(Math.max(high - low, 1) / most), 1);
  const first = Math.floor(low / step);
  const last = Math.max(Math.ceil(high / step), first + 1);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

/** Marks of a logarithmic axis that holds both ranks; powers of ten alone where there are many. */
export function rankMarks(low, high, most = 6) {
  const [least, worst] = [Math.max(low, 1), Math.max(high, 2)];
  const fine = [];
  for (let power = 0; power <= Math.ceil(Math.log10(worst)); power += 1) {
    fine.push(...[1, 2, 5].map((step) => step * 10 ** power));
  }
  const under = Math.max(...fine.filter((mark) => mark <= least));
  // A rank that never moved, on a mark: an axis still has a length.
  const over = Math.min(...fine.filter((mark) => mark >= worst && mark > under));
  const inside = fine.filter((mark) => under <= mark && mark <= over);
  if (inside.length <= most) return inside;
  return inside.filter((mark) => mark === under || mark === over || /^10*$/.test(String(mark)));
}

/** Moments between two others, with what stands there: first days of months, or days. */
export function dateMarks(from, to, most, words) {
  const days = (to - from) / DAY;
  const marks = [];
  const dayStep = DAY_STEPS.find((step) => days / step <= most);
  if (dayStep) {
    for (let at = Math.ceil(from / DAY) * DAY; at <= to; at += dayStep * DAY) {
      marks.push({ at, label: words.day(at) });
    }
    return marks;
  }
  const step = MONTH_STEPS.find((each) => days / 30.4 / each <= most) ?? MONTH_STEPS.at(-1);
  const opens = new Date(from * 60_000);
  let count = opens.getUTCFullYear() * 12 + opens.getUTCMonth() + 1;
  count += (step - (count % step)) % step;
  for (;;) {
    const at = Date.UTC(Math.floor(count / 12), count % 12, 1) / 60_000;
    if (at > to) return marks;
    marks.push({ at, label: words.month(at) });
    count += step;
  }
}

/** How amounts, numbers and dates are written on the page. */
export class Words {
  constructor({ language, symbol, exponent, none }) {
    const dates = (options) =>
      new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options });
    const numbers = (options) => new Intl.NumberFormat(language, options);
    this.isFrench = language.startsWith("fr");
    this.symbol = symbol;
    this.unit = 10 ** exponent;
    this.none = none;
    this.whole = numbers({ maximumFractionDigits: 0 });
    this.exact = numbers({ minimumFractionDigits: exponent, maximumFractionDigits: exponent });
    this.monthAndYear = dates({ month: "short", year: "numeric" });
    this.dayAndMonth = dates({ day: "numeric", month: "short" });
    this.fullDate = dates({ day: "numeric", month: "short", year: "numeric" });
  }

  number(value) {
    return this.whole.format(value);
  }

  money(value, isMark = false) {
    const amount = value / this.unit;
    const isRound = isMark && Number.isInteger(amount);
    const text = (isRound ? this.whole : this.exact).format(amount);
    return this.isFrench ? text + NBSP + this.symbol : this.symbol + text;
  }

  /** A value of a series in its unit; ``null`` is said, not left out. */
  value(value, unit, isMark = false) {
    if (value === null) return this.none;
    return unit === "money" ? this.money(value, isMark) : this.number(value);
  }

  month(at) {
    return this.monthAndYear.format(at * 60_000);
  }

  day(at) {
    return this.dayAndMonth.format(at * 60_000);
  }

  date(at) {
    return this.fullDate.format(at * 60_000);
  }
}
