/** A small line chart as inline SVG: one series, its last value labelled, a reading under the pointer. */

import { dayWords } from "./when.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 4;
const RIGHT = 52;
const TOP = 20;
const BOTTOM = 18;

/** `title` and `series` ([[session, value], …], oldest first) into `figure`, in the size that it has. */
export function draw(figure, { title, series, simulated }) {
  const width = figure.clientWidth;
  const height = figure.clientHeight;
  figure.replaceChildren();
  if (series.length === 0) return;
  const values = series.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  const x = (index) => LEFT + ((width - LEFT - RIGHT) * index) / Math.max(1, series.length - 1);
  const y = (value) => TOP + ((height - TOP - BOTTOM) * (high + room - value)) / (high - low + 2 * room);
  const [from, until] = [series[0], series.at(-1)];
  const last = series.length - 1;
  const mark = simulated ? ", simulated" : "";
  const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": "chart-title", "aria-describedby": "chart-words" });
  svg.append(
    node("title", { id: "chart-title" }, `${title}${mark}, ${dayWords(from[0])} to ${dayWords(until[0])}`),
    node("desc", { id: "chart-words" }, `Last ${shown(until[1])}, lowest ${shown(low)}, highest ${shown(high)}.`),
    ...[high, low].map((value) => node("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) })),
    node("text", { class: "name", x: LEFT, y: 12 }, `${title}${mark}`),
    node("text", { class: "axis", x: LEFT, y: height - 4 }, dayWords(from[0])),
    node("text", { class: "axis", x: width - RIGHT, y: height - 4, "text-anchor": "end" }, last ? dayWords(until[0]) : ""),
    node("polyline", { class: "line", points: series.map(([, value], index) => `${x(index)},${y(value)}`).join(" ") }),
    node("circle", { class: "dot", cx: x(last), cy: y(until[1]), r: 4 }),
    node("text", { class: "last", x: x(last) + 9, y: y(until[1]) + 4 }, shown(until[1])),
  );
  figure.append(svg);
  reading(svg, series, x, y, width);
}

const shown = (value) => value.toFixed(Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 4);

/** The session and value under the pointer. */
function reading(svg, series, x, y, width) {
  const dot = node("circle", { class: "dot", r: 3.5, visibility: "hidden" });
  const label = node("text", { class: "reading", y: 12, x: width - RIGHT, "text-anchor": "end" });
  svg.append(dot, label);
  svg.addEventListener("pointermove", (event) => {
    const share = (event.clientX - svg.getBoundingClientRect().left - LEFT) / (width - LEFT - RIGHT);
    const index = Math.max(0, Math.min(series.length - 1, Math.round(share * (series.length - 1))));
    const [session, value] = series[index];
    set(dot, { cx: x(index), cy: y(value), visibility: "visible" });
    label.textContent = `${dayWords(session)}: ${shown(value)}`;
  });
  svg.addEventListener("pointerleave", () => {
    dot.setAttribute("visibility", "hidden");
    label.textContent = "";
  });
}

function node(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  set(element, attributes);
  if (text) element.textContent = text;
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
