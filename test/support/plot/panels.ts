/** Curves over time in one picture, a panel per case. */
import { Canvas, characterHeight, characterWidth, type Colour } from './canvas.js';

/** A value at each of {@link Panel.times}. */
export interface Curve {
  readonly name: string;
  readonly colour: Colour;
  readonly values: readonly number[];
}

/** Axes with curves, and times marked along the bottom. */
export interface Panel {
  readonly title: string;
  readonly timeUnit: string;
  readonly valueUnit: string;
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  readonly marks: { readonly name: string; readonly colour: Colour; readonly times: readonly number[] };
}

const WIDTH = 700;
const HEIGHT = 270;
const LEFT = 56;
const RIGHT = 16;
const TOP = 46;
const BOTTOM = 44;
const BLACK = 0x202020;
const GREY = 0xdddddd;

/** Draws the panels, so many side by side. @returns a PNG file */
export function drawPanels(panels: readonly Panel[], columns = 2): Buffer {
  const canvas = new Canvas(columns * WIDTH, Math.ceil(panels.length / columns) * HEIGHT);
  panels.forEach((panel, index) =>
    drawPanel(canvas, panel, (index % columns) * WIDTH, Math.floor(index / columns) * HEIGHT),
  );
  return canvas.png();
}

function drawPanel(canvas: Canvas, panel: Panel, left: number, top: number): void {
  const lastTime = panel.times.at(-1) ?? 1;
  const greatest = panel.curves.flatMap(({ values }) => values).reduce((most, value) => Math.max(most, value), 1);
  const valueStep = roundStep(greatest / 5);
  const valueEnd = Math.ceil(greatest / valueStep) * valueStep;
  const x = (time: number) => left + LEFT + (time / lastTime) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => top + HEIGHT - BOTTOM - (value / valueEnd) * (HEIGHT - TOP - BOTTOM);

  canvas.text(left + LEFT, top + 8, panel.title, BLACK);
  drawLegend(canvas, panel, left + LEFT, top + 26);
  for (let value = 0; value <= valueEnd; value += valueStep) {
    canvas.line(x(0), y(value), x(lastTime), y(value), GREY);
    const label = String(value);
    canvas.text(x(0) - 6 - label.length * characterWidth, y(value) - characterHeight / 2, label, BLACK);
  }
  canvas.text(left + 6, top + TOP - 18, panel.valueUnit, BLACK);
  const timeStep = roundStep(lastTime / 8);
  for (let time = 0; time <= lastTime * 1.001; time += timeStep) {
    const label = String(time);
    canvas.line(x(time), y(0), x(time), y(0) + 4, BLACK);
    canvas.text(x(time) - (label.length * characterWidth) / 2, y(0) + 8, label, BLACK);
  }
  canvas.text(x(lastTime) - panel.timeUnit.length * characterWidth, y(0) + 24, panel.timeUnit, BLACK);
  for (const { values, colour } of panel.curves) drawCurve(canvas, panel.times, values, colour, x, y);
  for (const time of panel.marks.times) canvas.box(x(time), y(0) - 10, 1, 10, panel.marks.colour);
  canvas.line(x(0), y(0), x(lastTime), y(0), BLACK);
  canvas.line(x(0), y(0), x(0), y(valueEnd), BLACK);
}

function drawLegend(canvas: Canvas, panel: Panel, left: number, top: number): void {
  let x = left;
  for (const { name, colour } of [...panel.curves, panel.marks]) {
    canvas.box(x, top, 10, characterHeight, colour);
    canvas.text(x + 14, top, name, BLACK);
    x += 14 + (name.length + 3) * characterWidth;
  }
}

function drawCurve(
  canvas: Canvas,
  times: readonly number[],
  values: readonly number[],
  colour: Colour,
  x: (time: number) => number,
  y: (value: number) => number,
): void {
  for (let i = 1; i < times.length; i++) {
    const [from, to] = [values[i - 1]!, values[i]!];
    if (!Number.isFinite(from) || !Number.isFinite(to)) continue;
    canvas.line(x(times[i - 1]!), y(from), x(times[i]!), y(to), colour);
    canvas.line(x(times[i - 1]!), y(from) + 1, x(times[i]!), y(to) + 1, colour);
  }
}

/** The least of 1, 2, 5, 10, 20, 50 … that is not below. */
function roundStep(least: number): number {
  const decade = 10 ** Math.floor(Math.log10(least));
  return decade * ([1, 2, 5].find((step) => step * decade >= least) ?? 10);
}
