// SPDX-License-Identifier: Apache-2.0
// Under the picture: which frame is looked at, which one is the result, and how it becomes another. It takes the same
// room whatever it says, so that nothing moves while somebody goes through the frames.
import { post } from "./api.mjs";
import { attempt, button, errorLine, make, tell } from "./dom.mjs";
import { grouped } from "./words.mjs";

export class FrameChoice {
  /// looking: {newest, iteration, look(iteration), follow()} says which frame is looked at, and shows another.
  constructor(looking) {
    Object.assign(this, { looking, line: errorLine() });
    const send = (iteration) => attempt(this.line, () => post("/run/use", { iteration }));
    this.text = make("p", {});
    this.useThis = button("Use this frame", () => send(looking.iteration));
    this.useFinal = button("Use the final picture again", () => send(0));
    this.showOther = button("", () => this.other());
    const buttons = make("div", { className: "buttons" }, this.useThis, this.useFinal, this.showOther);
    this.element = make("fieldset", { className: "use", ariaLabel: "Frame", hidden: true }, this.text, buttons, this.line);
  }
  update({ run, phase }) {
    const ended = phase === "done";
    const seesResult = run.used === 0 ? this.looking.newest : this.looking.iteration === run.used;
    this.element.classList.toggle("chosen", run.used !== 0); // then there is more to say
    this.element.hidden = run.frames.length < 2 || run.shown === 0;
    this.text.textContent = ended ? this.ended(run, seesResult) : this.running();
    this.useThis.hidden = !ended || (run.used !== 0 && (seesResult || this.looking.newest));
    this.useThis.disabled = seesResult;
    this.useFinal.hidden = !ended || !this.useThis.hidden;
    this.showResult = run.used !== 0 && !seesResult ? run.used : 0;
    this.showOther.disabled = this.looking.newest && !this.showResult;
    this.showOther.textContent = this.nameOfOther(ended);
  }
  nameOfOther(ended) {
    if (!ended) return "Show the newest";
    return this.showResult ? "Show the chosen frame" : "Show the final picture";
  }
  running() {
    if (this.looking.newest) return "This is the newest picture.";
    return `You are looking at iteration ${grouped(this.looking.iteration)}.`;
  }
  ended({ used }, seesResult) {
    const here = this.looking.newest ? "the final picture" : `iteration ${grouped(this.looking.iteration)}`;
    if (!seesResult) {
      const result = used ? `that of iteration ${grouped(used)}` : "the final one";
      return `You are looking at ${here}. The result is ${result}.`;
    }
    return used ? `This is iteration ${grouped(used)}: your result.` : "This is the final picture: your result.";
  }
  other() {
    if (this.showResult) this.looking.look(this.showResult);
    else this.looking.follow();
  }
}
