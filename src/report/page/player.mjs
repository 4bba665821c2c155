// SPDX-License-Identifier: Apache-2.0
// Goes through the frames of a fit: by a slider that is linear in iterations, so that it stays where it is when frames
// come or go, or by playing them. At its right end it follows a fit that goes on.

const milliseconds = 100;
const rest = 1500; // on the last frame

export class Player {
  /// Fills `element`. show(iteration) is called with the frame to be seen.
  constructor(element, show) {
    Object.assign(this, { frames: [], at: 0, following: true, timer: 0, show });
    element.classList.add("player");
    element.innerHTML = `
      <button type="button" class="play"></button>
      <input type="range" step="1" aria-label="Frame"><output></output>`;
    [this.button, this.range, this.text] = element.children;
    this.button.addEventListener("click", () => (this.timer ? this.stop() : this.play()));
    this.range.addEventListener("input", () => this.go(this.nearest(Number(this.range.value))));
    this.range.addEventListener("change", () => (this.range.value = this.at));
    this.range.addEventListener("keydown", (event) => this.key(event));
    this.stop();
  }

  /// iterations: of the frames there are, ascending; at least one.
  setFrames(iterations) {
    this.frames = iterations;
    this.range.min = Math.min(iterations[0], this.last - 1);
    this.range.max = this.last;
    if (this.following) this.put(this.last);
    else this.range.value = this.at;
    this.range.disabled = this.button.disabled = iterations.length < 2;
  }
  /// For the frames of another fit.
  reset() {
    this.stop();
    Object.assign(this, { frames: [], following: true });
  }
  /// To the right end, and on with it.
  follow() {
    this.stop();
    this.following = true;
    if (this.frames.length) this.put(this.last);
  }

  get last() {
    return this.frames[this.frames.length - 1];
  }
  nearest(iteration) {
    return this.frames.reduce(
      (best, frame) => (Math.abs(frame - iteration) <= Math.abs(best - iteration) ? frame : best),
    );
  }
  /// The frame so many places behind that which is seen.
  beside(steps) {
    const here = this.frames.indexOf(this.nearest(this.at));
    return this.frames[Math.min(Math.max(here + steps, 0), this.frames.length - 1)];
  }
  go(iteration, slider = false) {
    this.stop();
    this.following = iteration === this.last;
    this.put(iteration, slider);
  }
  /// To the frame of this iteration, or the nearest.
  look(iteration) {
    this.go(this.nearest(iteration), true);
  }
  put(iteration, slider = true) {
    this.at = iteration;
    if (slider) this.range.value = iteration;
    this.text.textContent = `iteration ${iteration.toLocaleString("en")}`;
    this.range.setAttribute("aria-valuetext", this.text.textContent);
    this.show(iteration);
  }
  key(event) {
    const steps = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageDown: -10,
      PageUp: 10,
      Home: -1e9,
      End: 1e9,
    }[event.key];
    if (!steps) return;
    event.preventDefault();
    this.go(this.beside(steps));
    this.range.value = this.at;
  }

  play() {
    this.button.textContent = "Stop film";
    if (this.at === this.last) this.at = -1;
    this.step();
  }
  step() {
    const next = this.frames.find((frame) => frame > this.at) ?? this.frames[0];
    this.following = next === this.last;
    this.timer = setTimeout(() => this.step(), next === this.last ? rest : milliseconds);
    this.put(next);
  }
  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.button.textContent = "Play film";
  }
}
