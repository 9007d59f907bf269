/* The drawing: prices with the rank above, offers with monthly sales below, on the same dates. */

import { dateMarks, rankMarks, roundMarks } from "./scales.js";
import { extent, stretches, valueAt } from "./series.js";

const SVG = "http://www.w3.org/2000/svg";
const TOP = 22;
const GAP = 30;
const BOTTOM = 24;
const LABEL_GAP = 8;
// Each panel with its height and the units of its two axes, left and right.
const PANELS = [
  { height: 180, units: ["money", "rank"] },
  { height: 70, units: ["offers", "sold"] },
];

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function axisOf(unit, seen, top, height) {
  if (unit === "rank") {
    const marks = rankMarks(...seen);
    const [best, worst] = [Math.log(marks[0]), Math.log(marks.at(-1))];
    // The best rank stands on top.
    const y = (rank) => top + (height * (Math.log(Math.max(rank, 1)) - best)) / (worst - best);
    return { unit, marks, y };
  }
  const marks = roundMarks(unit === "money" ? seen[0] : 0, seen[1], unit === "money" ? 5 : 3);
  const [low, high] = [marks[0], marks.at(-1)];
  return { unit, marks, y: (value) => top + (height * (high - value)) / (high - low) };
}

function pathOf(series, view, x, y) {
  let path = "";
  let isDrawing = false;
  for (const [from, to, value] of stretches(series, view.from, view.to)) {
    if (value !== null) {
      const height = y(value).toFixed(1);
      path += isDrawing ? `V${height}` : `M${x(from).toFixed(1)} ${height}`;
      path += `H${x(to).toFixed(1)}`;
    }
    isDrawing = value !== null;
  }
  return path;
}

/** Draws on an SVG of the width given; ``shown`` are the series, ``view`` the moments. */
export class Drawing {
  constructor(svg, words, captions) {
    this.svg = svg;
    this.words = words;
    this.captions = captions;
    this.height = TOP + PANELS.reduce((sum, panel) => sum + panel.height, 0) + GAP + BOTTOM;
    this.selection = element("rect", { class: "selection", y: TOP, height: this.bottom - TOP });
    this.cursor = element("g", { class: "cursor" });
  }

  get bottom() {
    return this.height - BOTTOM;
  }

  draw(shown, view, width) {
    const side = width < 480 ? 48 : 62;
    this.left = side;
    this.right = width - side;
    this.view = view;
    this.axes = new Map();
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.replaceChildren();
    this.#drawDates(view, width);
    let top = TOP;
    for (const panel of PANELS) {
      this.#drawPanel(panel, top, shown, view);
      top += panel.height + GAP;
    }
    this.svg.append(this.selection, this.cursor);
    this.select(null);
  }

  x = (moment) => {
    const share = (moment - this.view.from) / (this.view.to - this.view.from);
    return this.left + (this.right - this.left) * share;
  };

  momentAt(x) {
    const share = (Math.min(Math.max(x, this.left), this.right) - this.left) /
      (this.right - this.left);
    return Math.round(this.view.from + (this.view.to - this.view.from) * share);
  }

  /** A line at a moment and a dot on each series; ``null`` takes them away. */
  pointAt(moment, shown) {
    this.cursor.replaceChildren();
    if (moment === null) return;
    const x = this.x(moment);
    this.cursor.append(element("line", { x1: x, x2: x, y1: TOP, y2: this.bottom }));
    for (const series of shown) {
      const value = valueAt(series, moment);
      const axis = this.axes.get(series.unit);
      if (value === null || !axis) continue;
      this.cursor.append(
        element("circle", { class: series.kind, cx: x, cy: axis.y(value), r: 3.5 }),
      );
    }
  }

  /** The stretch that is being dragged over, in drawing units; ``null``: none. */
  select(bounds) {
    const [from, to] = bounds ?? [0, 0];
    this.selection.setAttribute("x", Math.min(from, to));
    this.selection.setAttribute("width", Math.abs(to - from));
  }

  #drawDates(view, width) {
    const marks = dateMarks(view.from, view.to, width < 480 ? 4 : 7, this.words);
    for (const { at, label } of marks) {
      const x = this.x(at);
      this.svg.append(element("line", { class: "axis", x1: x, x2: x, y1: TOP, y2: this.bottom }));
      if (x < this.left + 12 || x > this.right - 12) continue;
      const place = { class: "date", x, y: this.height - 6, "text-anchor": "middle" };
      this.svg.append(element("text", place, label));
    }
  }

  #drawPanel(panel, top, shown, view) {
    const axes = panel.units.map((unit) => {
      const all = shown.filter((series) => series.unit === unit);
      const seen = all.length ? extent(all, view.from, view.to) : null;
      return seen && axisOf(unit, seen, top, panel.height);
    });
    const [left, right] = axes;
    const ruled = left ?? right;
    if (!ruled) {
      const y = top + panel.height;
      this.svg.append(element("line", { class: "axis", x1: this.left, x2: this.right, y1: y, y2: y }));
    }
    for (const axis of axes.filter(Boolean)) {
      this.axes.set(axis.unit, axis);
      this.#drawMarks(axis, axis === right, axis === ruled, top);
    }
    for (const series of shown) {
      const axis = axes.find((each) => each?.unit === series.unit);
      if (!axis) continue;
      const d = pathOf(series, view, this.x, axis.y);
      this.svg.append(element("path", { class: `line ${series.kind}`, "data-line": series.name, d }));
    }
  }

  #drawMarks(axis, isRight, isRuled, top) {
    const x = isRight ? this.right + LABEL_GAP : this.left - LABEL_GAP;
    const anchor = { x, "text-anchor": isRight ? "start" : "end" };
    const kind = `mark ${axis.unit}`;
    for (const mark of axis.marks) {
      const y = axis.y(mark);
      if (isRuled) {
        this.svg.append(
          element("line", { class: "axis", x1: this.left, x2: this.right, y1: y, y2: y }),
        );
      }
      const text = this.words.value(mark, axis.unit, true);
      this.svg.append(element("text", { ...anchor, class: kind, y: y + 4 }, text));
    }
    const caption = { class: "caption", y: top - 9, x: isRight ? this.right : this.left };
    caption["text-anchor"] = isRight ? "end" : "start";
    this.svg.append(element("text", caption, this.captions[axis.unit]));
  }
}
