// SPDX-License-Identifier: Apache-2.0
// Which pictures the viewer shows: the damaged one, and over it the restoration so far, or an earlier frame of it.
import { frameAt, pictureAt } from "./api.mjs";
import { button, make, radios } from "./dom.mjs";
import { Player } from "./player.mjs";
import { grouped } from "./words.mjs";

const sizes = [1600, 3200, 6400]; // of the longer side, in pixels

export class Pictures {
  /// Fills `below`, under the viewer. looked() is called when another frame is looked at.
  constructor(viewer, below, looked) {
    Object.assign(this, { viewer, below, looked, state: null, iteration: null, number: 0, used: 0, picture: "" });
    this.film = make("div", {});
    this.player = new Player(this.film, (iteration) => {
      this.iteration = iteration;
      this.show();
      looked();
    });
    this.left = radios(
      "left",
      "Compare with",
      [{ value: "damaged", label: "damaged" }, { value: "truth", label: "undamaged" }],
      () => this.show(),
      "choices",
    );
    this.left.element.querySelector("legend").className = "unseen";
    this.left.value = "damaged";
    this.hold = button("", () => {}, { title: "Or hold the D key" });
    below.append(this.film, this.left.element, this.hold, viewer.zoomBar);
    viewer.changed = () => this.show();
    this.listen();
  }
  listen() {
    const peek = (on) => () => this.viewer.peek(on);
    this.hold.addEventListener("pointerdown", peek(true));
    const ends = ["pointerup", "pointercancel", "pointerleave", "blur", "keyup"];
    for (const name of ends) this.hold.addEventListener(name, peek(false));
    this.hold.addEventListener("contextmenu", (event) => event.preventDefault());
    this.hold.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && this.viewer.peek(true));
    const isTyped = (event) => event.target.matches("select, input[type=text], input[type=number]");
    const isKey = (event) => event.key.toLowerCase() === "d" && !event.ctrlKey && !event.metaKey && !isTyped(event);
    addEventListener("keydown", (event) => isKey(event) && this.viewer.peek(true));
    addEventListener("keyup", (event) => isKey(event) && this.viewer.peek(false));
  }

  /// running: the restoration is looked at, and not the picture that a run is being prepared for.
  update(state, running) {
    this.state = state;
    this.running = running;
    const { run, picture } = state;
    if (picture && picture.id !== this.picture) {
      this.picture = picture.id;
      this.viewer.divide(0.5);
    }
    if (!running) {
      if (picture) this.resize(picture);
      for (const part of [this.film, this.left.element, this.hold]) part.hidden = true;
      return this.show();
    }
    this.resize(run);
    if (run.number !== this.number) this.begin(run.number);
    // A method that is no fit makes one picture, of iteration 0.
    const any = run.shown > 0 || run.frames[0] === 0;
    const frames = run.frames.filter((iteration) => iteration < run.shown);
    if (any) this.player.setFrames([...frames, run.shown]);
    this.hold.hidden = !any;
    this.film.hidden = frames.length === 0;
    this.left.element.hidden = !run.truth;
    if (any && run.used !== this.used) this.showUsed(run.used);
    this.show();
  }
  resize({ width, height }) {
    this.viewer.element.style.setProperty("--ratio", width / height);
    this.viewer.setSize(width, height);
  }
  begin(number) {
    this.number = number;
    this.iteration = null;
    this.used = 0;
    this.player.reset();
    this.viewer.showAfter(null);
    this.left.value = "damaged";
  }
  /// Another frame has become the result, here or on another page.
  showUsed(iteration) {
    this.used = iteration;
    if (iteration) this.look(iteration);
    else this.follow();
  }
  look(iteration) {
    this.player.look(iteration);
  }
  follow() {
    this.player.follow();
  }
  /// That the newest frame is looked at.
  get newest() {
    return this.player.following;
  }

  show() {
    if (!this.state) return;
    const { picture, run } = this.state;
    const needed = this.viewer.pixels();
    const size = sizes.find((one) => one >= needed) ?? Math.max(this.viewer.width, this.viewer.height);
    if (!this.running) {
      this.viewer.showAfter(null);
      return this.viewer.showBefore(picture && { src: pictureAt(picture.id, size), label: "damaged" });
    }
    const damaged = { src: pictureAt(run.damaged, size), label: "damaged" };
    const truth = run.truth && { src: pictureAt(run.truth, size), label: "undamaged" };
    const left = truth && this.left.value === "truth" ? truth : damaged;
    this.hold.textContent = `Hold to see ${left.label}`;
    this.viewer.showBefore(left);
    const ended = this.state.phase === "done";
    if (this.iteration === null) return;
    const newest = ended ? "restored" : "restored so far";
    const last = run.used ? "final picture" : newest;
    const label = this.newest ? last : `iteration ${grouped(this.iteration)}`;
    this.viewer.showAfter({ src: frameAt(run.number, this.iteration, size), label });
  }
}
