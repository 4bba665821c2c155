// SPDX-License-Identifier: Apache-2.0
// The course of a fit: its loss, and how good its pictures were, against its iterations. Drawn by dygraphs.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/// The names of the columns that `points` has figures for; points: [[iteration, loss, PSNR, expected PSNR]].
const labels = ["iteration", "loss", "PSNR", "PSNR expected where pixels were missing"];

function columnsOf(points) {
  return labels.map((_, i) => i).filter((i) => i < 2 || points.some((point) => point[i] !== null));
}

/// Fills `element` and returns a function that shows other points.
export function curve(element, points) {
  element.className = "curve";
  element.innerHTML = `<div class="legend"></div><div class="graph"></div>`;
  const [legend, graphElement] = element.children;
  let columns = columnsOf(points);
  const rows = (all) => all.map((point) => columns.map((i) => point[i]));
  const options = () => {
    const side = Object.fromEntries(columns.slice(2).map((i) => [labels[i], { axis: "y2" }]));
    return {
      labels: columns.map((i) => labels[i]),
      series: side,
      colors: [colour("--quiet"), colour("--accent"), colour("--other")],
      axes: {
        x: { drawGrid: false, axisLineColor: colour("--line") },
        y: { logscale: true, axisLineColor: colour("--line"), gridLineColor: colour("--line"), axisLabelWidth: 56,
          axisLabelFormatter: (value) => Number(value.toPrecision(2)).toString() },
        y2: { drawGrid: false, independentTicks: true, axisLineColor: colour("--line"), axisLabelWidth: 40 },
      },
      ylabel: "loss",
      y2label: columns.length > 2 ? "dB" : null,
      xlabel: "iteration",
      connectSeparatedPoints: true,
      strokeWidth: 1.5,
      legend: "always",
      labelsDiv: legend,
      valueFormatter: (value, _, name) => (name === "loss" ? value.toPrecision(3) : name === "iteration" ? value : value.toFixed(2)),
    };
  };
  const graph = new Dygraph(graphElement, rows(points), options());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => graph.updateOptions(options()));
  return (others) => {
    columns = columnsOf(others);
    graph.updateOptions({ ...options(), file: rows(others) });
  };
}
