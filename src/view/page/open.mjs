// SPDX-License-Identifier: Apache-2.0
// How a picture comes in: dropped, chosen, or pasted.
import { attempt, button, errorLine, fileButton, make } from "./dom.mjs";

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

export class Opener {
  /// Fills `element`. open(file) returns a promise; come() leads here, where what happens is told; back() leads away,
  /// where there is something to go back to; refuse() says that a picture cannot be taken now.
  constructor(element, { open, come, back, refuse }) {
    Object.assign(this, { open, come, refuse, enabled: true });
    this.line = errorLine();
    this.status = make("p", { className: "quiet", role: "status" });
    this.back = button("Back", back, { className: "plain", hidden: true });
    this.choose = fileButton("Choose a picture", (file) => this.take(file), { className: "primary" });
    this.zone = make(
      "section",
      { className: "zone", ariaLabel: "Open a picture" },
      make("img", { src: "icon.svg", alt: "", width: 56, height: 56 }),
      make("h2", {}, "Drop a damaged picture here"),
      make("p", { className: "quiet" }, "PNG, JPEG, WebP or TIFF. Or paste one, or"),
      this.choose,
      this.status,
      this.line,
      this.back,
    );
    const promise = make(
      "p",
      { className: "quiet promise" },
      "dipper repairs scratches, noise, JPEG blocks and blur. It learns from this one picture alone, " +
        "and the picture stays on the machine that runs dipper.",
    );
    element.append(this.zone, promise);
    this.listen();
  }
  listen() {
    const over = (on) => document.body.classList.toggle("dropping", on && this.enabled);
    addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault(); // else the browser would leave this page for the picture
      over(true);
    });
    addEventListener("dragleave", (event) => event.relatedTarget === null && over(false));
    addEventListener("drop", () => over(false), true);
    addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.take(event.dataTransfer.files[0]);
    });
    addEventListener("paste", (event) => {
      const [file] = event.clipboardData.files;
      if (file) this.take(file);
    });
  }
  async take(file) {
    if (!file) return;
    if (!this.enabled) return this.refuse();
    this.come();
    this.status.textContent = `Reading ${file.name} …`;
    await attempt(this.line, () => this.open(file));
    this.status.textContent = "";
  }
}
