// SPDX-License-Identifier: Apache-2.0
// Asks before dipper ends, where that would lose something.
import { button, make } from "./dom.mjs";

const sentences = {
  run: "A run is going, and its picture will be lost. Stop the run first to keep the picture so far.",
  result: "The result has not been downloaded, and will be lost.",
};

export class QuitDialog {
  /// quit() ends dipper.
  constructor(quit) {
    this.quit = quit;
    this.text = make("p", {});
    this.stay = button("Keep dipper open", () => this.element.close(), { className: "primary" });
    const leave = button("Quit anyway", () => {
      this.element.close();
      quit();
    });
    this.element = make(
      "dialog",
      { ariaLabel: "Quit dipper?" },
      make("h2", {}, "Quit dipper?"),
      this.text,
      make("div", { className: "buttons" }, this.stay, leave),
    );
    document.body.append(this.element);
  }
  /// loses: "run", "result", or "" for nothing.
  ask(loses) {
    if (!loses) return this.quit();
    this.text.textContent = sentences[loses];
    this.element.showModal();
    this.stay.focus();
  }
}
