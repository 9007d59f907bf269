/* The chart of a product's page, over the data that are in the page: no request is made.

   Hovering, the arrow keys and a finger read it; dragging zooms, a double click goes back; the
   legend switches series, and the browser remembers which. Without this module the pictures that
   the server drew stay. */

import { Drawing } from "./chart/drawing.js";
import { Words } from "./chart/scales.js";
import { readSeries, valueAt } from "./chart/series.js";

const REMEMBERED = "product-chart-series";
const DAY = 24 * 60;
const SHORTEST = DAY / 2; // one cannot zoom in further
const LEAST_DRAG = 6; // pixels; less is a click

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
  } catch {
    return {};
  }
}

function remember(choices) {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(choices));
  } catch {
    // Storage may be full or forbidden: the choice then lasts as long as the page.
  }
}

// htmx leaves out the data of a page that it puts in place of this one; they are the same.
let data = null;

class Chart {
  constructor(root) {
    const given = root.querySelector("script[type='application/json']");
    if (given) data = JSON.parse(given.textContent);
    this.root = root;
    this.live = root.querySelector(".chart-live");
    this.plot = root.querySelector(".plot");
    this.tip = root.querySelector(".chart-tip");
    this.back = root.querySelector("[data-act='whole']");
    this.data = data;
    this.words = new Words(data);
    this.series = data.series.map(readSeries);
    this.choices = remembered();
    this.moment = null;
    this.drawing = new Drawing(this.plot.querySelector("svg"), this.words, data.captions);
    this.setWindow(data.window);
    this.fillLegend();
    this.listen();
    root.querySelector(".chart-fallback").hidden = true;
    this.live.hidden = false;
    new ResizeObserver(() => this.draw()).observe(this.plot);
    this.draw();
    root.dataset.ready = "true";
  }

  get shown() {
    return this.series.filter((series) => this.choices[series.name] ?? series.shown);
  }

  setWindow(name) {
    const days = this.data.windows[name];
    const first = Math.min(...this.series.map((series) => series.times[0]));
    const from = days ? this.data.now - days * DAY : Math.min(first, this.data.now - DAY);
    this.whole = { from, to: this.data.now };
    this.zoom(this.whole);
  }

  zoom({ from, to }) {
    const middle = (from + to) / 2;
    const span = Math.min(Math.max(to - from, SHORTEST), this.whole.to - this.whole.from);
    const opens = Math.min(Math.max(middle - span / 2, this.whole.from), this.whole.to - span);
    this.view = { from: opens, to: opens + span };
    this.back.hidden = span >= this.whole.to - this.whole.from;
    this.draw();
  }

  draw() {
    const width = Math.round(this.plot.clientWidth);
    if (!width) return;
    this.drawing.draw(this.shown, this.view, width);
    this.plot.setAttribute("aria-valuemin", Math.round(this.view.from));
    this.plot.setAttribute("aria-valuemax", Math.round(this.view.to));
    this.plot.dataset.from = Math.round(this.view.from);
    this.plot.dataset.to = Math.round(this.view.to);
    const isSeen = this.moment !== null && this.view.from <= this.moment && this.moment <= this.view.to;
    this.read(isSeen ? this.moment : null);
  }

  /** Shows the date and what every series that is shown was worth then. */
  read(moment) {
    this.moment = moment;
    this.drawing.pointAt(moment, this.shown);
    this.tip.hidden = moment === null;
    const at = moment ?? this.view.to;
    const said = this.shown.map((series) => {
      const value = this.words.value(valueAt(series, at), series.unit);
      return { series, value };
    });
    const date = this.words.date(at);
    this.plot.setAttribute("aria-valuenow", Math.round(at));
    const spoken = said.map(({ series, value }) => `${series.label} ${value}`);
    this.plot.setAttribute("aria-valuetext", [date, ...spoken].join(", "));
    if (moment === null) return;
    const heading = document.createElement("p");
    heading.textContent = date;
    const list = document.createElement("dl");
    for (const { series, value } of said) {
      const [name, figure] = [document.createElement("dt"), document.createElement("dd")];
      name.append(this.swatch(series), series.label);
      figure.textContent = value;
      list.append(name, figure);
    }
    this.tip.replaceChildren(heading, list);
    const x = this.drawing.x(moment);
    const isLeft = x > this.plot.clientWidth / 2;
    const place = isLeft ? x - this.tip.offsetWidth - 12 : x + 12;
    const most = this.plot.clientWidth - this.tip.offsetWidth;
    this.tip.style.transform = `translate(${Math.max(0, Math.min(place, most))}px, 1.5rem)`;
  }

  swatch(series) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "swatch");
    svg.setAttribute("viewBox", "0 0 22 8");
    svg.setAttribute("aria-hidden", "true");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("class", `line ${series.kind}`);
    line.setAttribute("d", "M0 4H22");
    svg.append(line);
    return svg;
  }

  fillLegend() {
    const legend = this.root.querySelector(".chart-switches");
    for (const series of this.series) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.series = series.name;
      button.append(this.swatch(series), series.label);
      const press = () => {
        button.setAttribute("aria-pressed", String(this.shown.includes(series)));
      };
      button.addEventListener("click", () => {
        this.choices = { ...this.choices, [series.name]: !this.shown.includes(series) };
        remember(this.choices);
        press();
        this.draw();
      });
      press();
      legend.append(button);
    }
  }

  listen() {
    this.back.addEventListener("click", () => {
      this.zoom(this.whole);
      this.plot.focus();
    });
    for (const link of this.root.querySelectorAll("[data-window]")) {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        for (const other of this.root.querySelectorAll("[data-window]")) {
          other.removeAttribute("aria-current");
        }
        link.setAttribute("aria-current", "true");
        history.replaceState(history.state, "", link.href.replace(/#.*$/, ""));
        this.setWindow(link.dataset.window);
      });
    }
    this.plot.addEventListener("dblclick", () => this.zoom(this.whole));
    this.plot.addEventListener("keydown", (event) => this.press(event));
    this.plot.addEventListener("blur", () => this.read(null));
    this.listenToPointers();
  }

  listenToPointers() {
    const xOf = (event) => event.clientX - this.plot.getBoundingClientRect().left;
    let start = null;
    this.plot.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch") this.read(this.drawing.momentAt(xOf(event)));
      if (event.pointerType === "touch" || event.button !== 0) return;
      start = xOf(event);
      this.plot.setPointerCapture(event.pointerId);
    });
    this.plot.addEventListener("pointermove", (event) => {
      const x = xOf(event);
      this.read(this.drawing.momentAt(x));
      if (start === null) return;
      const isDrag = Math.abs(x - start) >= LEAST_DRAG;
      this.drawing.select(isDrag ? [this.drawing.x(this.drawing.momentAt(start)), this.drawing.x(this.moment)] : null);
    });
    this.plot.addEventListener("pointerup", (event) => {
      if (start === null) return;
      const [from, to] = [start, xOf(event)].sort((one, other) => one - other);
      start = null;
      this.drawing.select(null);
      if (to - from < LEAST_DRAG) return;
      this.zoom({ from: this.drawing.momentAt(from), to: this.drawing.momentAt(to) });
    });
    this.plot.addEventListener("pointercancel", () => {
      start = null;
      this.drawing.select(null);
    });
    this.plot.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch" && start === null) this.read(null);
    });
  }

  press(event) {
    const { from, to } = this.view;
    const span = to - from;
    const at = this.moment ?? to;
    const by = (share) => Math.min(Math.max(at + span * share, from), to);
    const moves = {
      ArrowLeft: () => this.read(by(-0.01)),
      ArrowRight: () => this.read(by(0.01)),
      ArrowDown: () => this.read(by(-0.01)),
      ArrowUp: () => this.read(by(0.01)),
      PageDown: () => this.read(by(-0.1)),
      PageUp: () => this.read(by(0.1)),
      Home: () => this.read(from),
      End: () => this.read(to),
      "+": () => this.zoom({ from: at - span / 4, to: at + span / 4 }),
      "-": () => this.zoom({ from: at - span, to: at + span }),
      Escape: () => this.zoom(this.whole),
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    move();
  }
}

function start() {
  for (const root of document.querySelectorAll("[data-chart]:not([data-ready])")) new Chart(root);
}

start();
// htmx puts a fresh chart in the page after a look at the live offers.
document.body.addEventListener("htmx:afterSettle", start);
