/* Series as step functions: a value holds until the next one, and null is "none". */

/** A series of the page's data with its moments (minutes of the epoch) summed up. */
export function readSeries(given) {
  let at = 0;
  return { ...given, times: given.times.map((minutes) => (at += minutes)) };
}

/** The position of the value in force at a moment; -1 before the first. */
function positionAt(series, moment) {
  let [low, high] = [0, series.times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series.times[middle] <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The value in force at a moment, or null. */
export function valueAt(series, moment) {
  const position = positionAt(series, moment);
  return position < 0 ? null : series.values[position];
}

/** The stretches [from, to, value] of a series that are seen between two moments. */
export function stretches(series, from, to) {
  const found = [];
  for (let at = Math.max(positionAt(series, from), 0); at < series.times.length; at += 1) {
    if (series.times[at] > to) break;
    const until = at + 1 < series.times.length ? series.times[at + 1] : Infinity;
    const [opens, closes] = [Math.max(series.times[at], from), Math.min(until, to)];
    if (closes > opens) found.push([opens, closes, series.values[at]]);
  }
  return found;
}

/** The lowest and the highest value seen of several series, or null when none is. */
export function extent(all, from, to) {
  const values = all
    .flatMap((series) => stretches(series, from, to))
    .map((stretch) => stretch[2])
    .filter((value) => value !== null);
  if (!values.length) return null;
  return [Math.min(...values), Math.max(...values)];
}
