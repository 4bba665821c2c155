// SPDX-License-Identifier: Apache-2.0
// The course of a fit: its loss, and how good its pictures were, against its iterations. Drawn by dygraphs.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/// The columns of points: [[iteration, loss, PSNR, expected PSNR]].
const names = ["iteration", "loss", "PSNR", "expected PSNR"];
const colours = [null, "--quiet", "--accent", "--other"];
const written = [
  String,
  (value) => value.toPrecision(3),
  (value) => `${value.toFixed(2)} dB`,
  (value) => `${value.toFixed(2)} dB`,
];

// Its own legend writes style attributes, which a strict content security policy refuses.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

// Dragging enlarges a part and a double click shows all again. Touches are left to the page, which scrolls by them.
const { mousedown, dblclick } = Dygraph.defaultInteractionModel;

/// Those that there are figures for.
function columnsOf(points) {
  return names.map((_, i) => i).filter((i) => i < 2 || points.some((point) => point[i] !== null));
}

export class Curve {
  /// Fills `element`, which has to be seen.
  constructor(element, points) {
    this.marked = 0;
    element.classList.add("curve");
    element.innerHTML = `<div class="legend"></div><div class="graph" role="img"></div>`;
    [this.legend, this.graphElement] = element.children;
    this.take(points);
    this.graph = new Dygraph(this.graphElement, this.rows, {
      ...this.options(),
      resizable: "passive",
      connectSeparatedPoints: true,
      strokeWidth: 1.5,
      interactionModel: { mousedown, dblclick },
      highlightCallback: (_, iteration, __, row) => this.tell(this.points[row] ?? [iteration]),
      unhighlightCallback: () => this.tell(this.latest),
      underlayCallback: (context, area, graph) => this.drawMark(context, area, graph),
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.show(this.points));
  }

  show(points) {
    this.take(points);
    this.graph.updateOptions({ ...this.options(), file: this.rows });
  }

  /// Marks the iteration whose picture is the result; 0 for none.
  mark(iteration) {
    if (iteration === this.marked) return;
    this.marked = iteration;
    this.graph.updateOptions({});
  }
  drawMark(context, area, graph) {
    const x = Math.round(graph.toDomXCoord(this.marked)) + 0.5;
    if (!this.marked || x < area.x || x > area.x + area.w + 1) return;
    const toLeft = x > area.x + area.w / 2;
    context.save();
    context.strokeStyle = context.fillStyle = colour("--ink");
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, area.y);
    context.lineTo(x, area.y + area.h);
    context.stroke();
    context.font = "12px system-ui, sans-serif";
    context.textAlign = toLeft ? "right" : "left";
    context.textBaseline = "top";
    context.fillText("result", x + (toLeft ? -5 : 5), area.y);
    context.restore();
  }

  take(points) {
    this.points = points;
    this.columns = columnsOf(points);
    this.rows = points.map((point) => this.columns.map((i) => point[i]));
    // Of each column the last figure that there is.
    this.latest = names.map((_, i) => points.findLast((point) => point[i] !== null)?.[i] ?? null);
    this.tell(this.latest);
    const figures = this.columns.map((i) => `${names[i]} ${written[i](this.latest[i])}`).join(", ");
    this.graphElement.setAttribute("aria-label", `Course of the fit. At its end: ${figures}`);
  }

  /// Says the figures of one point, each beside the line it belongs to.
  tell(point) {
    const entries = this.columns.map((i) => {
      const entry = document.createElement("span");
      const line = document.createElement("i");
      if (i > 0) line.style.background = colour(colours[i]);
      const known = point[i] !== null && point[i] !== undefined;
      entry.append(...(i > 0 ? [line] : []), `${names[i]}${known ? ` ${written[i](point[i])}` : ""}`);
      return entry;
    });
    this.legend.replaceChildren(...entries);
  }

  options() {
    const side = this.columns.slice(2);
    const line = { axisLineColor: colour("--line"), gridLineColor: colour("--line") };
    return {
      labels: this.columns.map((i) => names[i]),
      series: Object.fromEntries(side.map((i) => [names[i], { axis: "y2" }])),
      colors: this.columns.slice(1).map((i) => colour(colours[i])),
      axes: {
        x: { ...line, drawGrid: false, pixelsPerLabel: 50 },
        y: {
          ...line,
          logscale: true,
          axisLabelWidth: 56,
          axisLabelFormatter: (value) => Number(value.toPrecision(2)).toString(),
        },
        y2: { ...line, drawGrid: false, independentTicks: true, axisLabelWidth: 36 },
      },
      yRangePad: 18, // room for the word at the mark, and for the outermost numbers
      rightGap: side.length > 0 ? 4 : 24,
    };
  }
}
