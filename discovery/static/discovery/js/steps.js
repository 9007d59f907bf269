/* What was done on a page, step by step, kept for as long as its tab is open. */

const KEPT = `undo ${location.pathname}`;
const MOST = 50;

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? [];
  } catch {
    return [];
  }
}

function write(steps) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(steps.slice(-MOST)));
  } catch {
    sessionStorage.removeItem(KEPT); // no room: better none than the wrong one
  }
}

export function remember(step) {
  write([...read(), step]);
}

/* The last step, which is forgotten with that; undefined where there is none. */
export function takeLast() {
  const steps = read();
  const last = steps.pop();
  write(steps);
  return last;
}

export function forget(token) {
  write(read().filter((step) => step.token !== token));
}
