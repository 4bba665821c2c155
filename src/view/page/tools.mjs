// SPDX-License-Identifier: Apache-2.0
// The bar of tools for painting.
import { attempt, button, errorLine, fileButton, make } from "./dom.mjs";

// Drawn in a square of 24, with lines.
const icons = {
  brush: "M14 4l6 6-8.5 8.5c-1.6 1.6-4.6 1.9-7.5 1.5.9-1 .6-2.3 1-3.6C5.5 15 6.5 13.5 14 4z",
  eraser: "M8 20l-4.5-4.5a1.5 1.5 0 010-2l9-9a1.5 1.5 0 012 0l5.5 5.5a1.5 1.5 0 010 2L12.5 19.5M8 20h12M8.5 9l7 7",
  hand: "M12 3v18M3 12h18M9.5 5.5L12 3l2.5 2.5M9.5 18.5L12 21l2.5-2.5M5.5 9.5L3 12l2.5 2.5M18.5 9.5L21 12l-2.5 2.5",
  undo: "M8 5L4 9l4 4M4 9h10a5.5 5.5 0 010 11h-3",
  redo: "M16 5l4 4-4 4M20 9H10a5.5 5.5 0 000 11h3",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", icons[name]);
  svg.append(path);
  return svg;
}

export class Tools {
  constructor(element, painter) {
    this.painter = painter;
    this.line = errorLine();
    const modes = [["brush", "Brush", "B"], ["eraser", "Eraser", "E"], ["hand", "Move", "H, or hold the space bar"]];
    this.modes = modes.map(([mode, text, key]) => {
      const control = button(text, () => painter.setMode(mode), { title: `${text} (${key})`, ariaPressed: "false" });
      control.prepend(icon(mode));
      return { mode, control };
    });
    this.size = make(
      "input",
      {
        type: "range",
        min: 0,
        max: 100,
        step: "any",
        ariaLabel: "Size of the brush",
        title: "Size of the brush ([ and ])",
      },
    );
    this.size.addEventListener(
      "input",
      () => painter.setDiameter(2 * (painter.largest / 2) ** (this.size.value / 100)),
    );
    this.undo = button("", () => painter.undo(), { title: "Undo (Ctrl+Z)", ariaLabel: "Undo" });
    this.undo.append(icon("undo"));
    this.redo = button("", () => painter.redo(), { title: "Redo (Ctrl+Shift+Z)", ariaLabel: "Redo" });
    this.redo.append(icon("redo"));
    this.clear = button("Clear", () => painter.clear());
    this.invert = button("Invert", () => painter.invert(), { title: "Repair what is kept, and keep what is repaired" });
    this.save = button("Save mask", () => attempt(this.line, () => painter.save()), { title: "The mask as a PNG" });
    const file = fileButton(
      "Load mask",
      (chosen) => attempt(this.line, () => painter.load(chosen)),
      { title: "A picture as large as this one: white is repaired, black is kept" },
    );
    const group = (name, ...children) => make("div", { role: "group", ariaLabel: name }, ...children);
    element.append(
      group("Tool", ...this.modes.map(({ control }) => control)),
      this.size,
      group("Changes", this.undo, this.redo),
      group("Mask", file, this.save, this.invert, this.clear),
      this.line,
    );
  }
  /// Shows what can be done now.
  update() {
    const { painter } = this;
    for (const { mode, control } of this.modes) control.ariaPressed = String(mode === painter.mode);
    this.size.value = (100 * Math.log(painter.diameter / 2)) / Math.log(painter.largest / 2);
    this.size.setAttribute("aria-valuetext", `${painter.diameter} pixels`);
    this.undo.disabled = !painter.mask?.done.length;
    this.redo.disabled = !painter.mask?.undone.length;
    this.clear.disabled = this.save.disabled = !painter.painted;
  }
}
