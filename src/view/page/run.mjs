// SPDX-License-Identifier: Apache-2.0
// A run: how far it is, how good, its course, and what can be done with it.
import { get, post } from "./api.mjs";
import { attempt, button, errorLine, make, tell } from "./dom.mjs";
import { Curve } from "./curve.mjs";
import {
  count,
  decibel,
  duration,
  grouped,
  likeness,
  memory,
  pace,
  sentence,
  stageOf,
  timeLeft,
  trust,
} from "./words.mjs";

const pause = 1000; // ms from one asking for the curve to the next

/// [[name, value, what it means]] as a list of figures.
export function figures(list) {
  const pairs = list.map(
    ([name, value, hint]) => make(
      "div",
      {},
      make("dt", {}, name),
      make("dd", {}, value, hint ? make("small", {}, hint) : null),
    ),
  );
  return make("dl", { className: "figures" }, ...pairs);
}

/// How good a picture is, as far as it is known.
export function goodness({ psnr, expected, expected_within: within }, task) {
  const list = [];
  if (psnr !== null) list.push(["PSNR", decibel(psnr), likeness(psnr)]);
  const meaning = task === "inpaint" ? trust : likeness;
  if (expected !== null) list.push(["expected PSNR", decibel(expected, within), meaning(expected)]);
  return list;
}

export const titles = { starting: "Preparing", running: "Restoring", paused: "Paused", done: "Done" };

/// The live curve: asked for when there is more of it, and not too often.
class LiveCurve {
  constructor(element) {
    Object.assign(this, { element, curve: null, run: 0, have: 0, asking: false });
  }
  async update(run) {
    const { number, curve } = run;
    this.newest = run;
    if (number !== this.run) Object.assign(this, { run: number, have: 0 });
    if (this.have === 0) this.element.hidden = true;
    if (this.asking || curve === this.have || curve < 2) return;
    this.asking = true;
    try {
      const points = await get("/curve");
      if (number === this.run) this.show(points, curve);
      setTimeout(() => this.again(), pause);
    } catch {
      this.asking = false; // the next state asks again
    }
  }
  again() {
    this.asking = false;
    this.update(this.newest);
  }
  show(points, have) {
    this.have = have;
    if (points.length < 2) return;
    this.element.hidden = false;
    if (this.curve) this.curve.show(points);
    else this.curve = new Curve(this.element, points);
  }
}

export class RunPanel {
  /// Fills `element`. looking: {newest, iteration, follow()} says which frame is looked at.
  constructor(element, looking) {
    Object.assign(this, { looking, line: errorLine(), useLine: errorLine() });
    this.title = make("h2", {});
    this.outcome = make("p", { className: "outcome", hidden: true });
    this.bar = make("progress", { ariaLabel: "Progress" });
    this.where = make("span", {});
    this.left = make("span", {});
    this.progress = make("div", { className: "progress" }, this.bar, this.where, this.left);
    this.note = make("p", { className: "quiet note", role: "status" });
    this.numbers = make("div", {});
    this.curve = new LiveCurve(make("div", { hidden: true }));
    this.controls = this.makeControls();
    this.use = this.makeUse();
    this.download = this.makeDownload();
    this.ended = make("div", { className: "ended", hidden: true }); // filled by whoever shows the result
    element.append(
      this.title,
      this.outcome,
      this.progress,
      this.note,
      this.controls,
      this.line,
      this.numbers,
      this.use,
      this.useLine,
      this.download,
      this.ended,
      this.curve.element,
    );
  }
  makeControls() {
    const send = (path) => () => attempt(this.line, () => post(path));
    this.buttons = {
      may_pause: button("Pause", send("/run/pause"), { title: "The computer rests, and nothing is lost" }),
      may_resume: button("Resume", send("/run/resume"), { className: "primary" }),
      may_stop: button("Stop here", send("/run/stop"), { title: "End now; the picture so far is the result" }),
      may_longer: button("Run longer", send("/run/longer"), { title: "Add iterations at the end" }),
    };
    this.longer = send("/run/longer");
    return make("div", { className: "buttons" }, ...Object.values(this.buttons));
  }
  makeUse() {
    const send = (iteration) => attempt(this.useLine, () => post("/run/use", { iteration }));
    this.useText = make("p", {});
    this.useThis = button("Use this frame", () => send(this.looking.iteration));
    this.useLast = button("Use the last", () => send(0));
    this.newest = button("Show the newest", () => this.looking.follow());
    return make(
      "div",
      { className: "use" },
      this.useText,
      make("div", { className: "buttons" }, this.useThis, this.useLast, this.newest),
    );
  }
  makeDownload() {
    const formats = { png: "PNG", jpg: "JPEG", webp: "WebP", tif: "TIFF" };
    const choice = make(
      "select",
      { ariaLabel: "Format" },
      ...Object.entries(formats).map(([value, name]) => make("option", { value }, name)),
    );
    const link = make("a", { className: "button primary", download: "" }, "Download");
    const point = () => (link.href = `/download?format=${choice.value}`);
    choice.addEventListener("change", point);
    point();
    return make("div", { className: "download" }, link, choice);
  }

  update(state) {
    const { run, phase } = state;
    const ended = phase === "done";
    this.title.textContent = ended && run.result?.stopped ? "Stopped" : (titles[phase] ?? "");
    this.showProgress(run, phase);
    for (const [name, control] of Object.entries(this.buttons)) control.hidden = !run[name];
    this.controls.hidden = ended || Object.values(this.buttons).every((control) => control.hidden);
    this.numbers.hidden = ended;
    tell(this.note, ended ? "" : sentence(run.note ?? ""));
    if (!ended) this.numbers.replaceChildren(figures(this.running(run)));
    this.download.hidden = !run.may_download;
    this.ended.hidden = this.outcome.hidden = !ended;
    if (ended) tell(this.outcome, outcome(run));
    this.showUse(state);
    this.curve.update(run);
  }
  showProgress(run, phase) {
    this.progress.hidden = phase === "done";
    const before = run.iteration === 0;
    if (before && !run.stage) this.bar.removeAttribute("value"); // it is not known how far it is
    else this.bar.value = before ? run.stage_done : run.iteration / run.iterations;
    const stage = run.stage ? `${stageOf(run.stage)}: ${Math.round(100 * run.stage_done)} %` : "";
    const iteration = before ? "" : `Iteration ${grouped(run.iteration)} of ${grouped(run.iterations)}`;
    const ending = phase !== "done" && !run.may_stop;
    this.where.textContent = ending ? "Ending …" : stage || iteration || "Getting ready …";
    const known = phase === "running" && !before && run.seconds_left > 0;
    this.left.textContent = known ? timeLeft(run.seconds_left) : "";
  }
  running(run) {
    const speed = run.iterations_per_second;
    const list = goodness(run, run.task);
    if (speed > 0) list.push(["speed", pace(speed)]);
    list.push(["time", duration(run.seconds)]);
    if (run.bytes > 0) list.push(["memory", memory(run.bytes)]);
    return list;
  }
  /// What one can do with an earlier frame, and what was done.
  showUse({ run, phase }) {
    const { newest, iteration } = this.looking;
    const earlier = run.shown > 0 && !newest;
    const ended = phase === "done";
    const usedHere = run.used !== 0 && iteration === run.used;
    this.use.hidden = !earlier && run.used === 0;
    const used = run.used ? `Your result is the picture of iteration ${grouped(run.used)}.` : "";
    const seen = earlier && !usedHere ? `You are looking at iteration ${grouped(iteration)}.` : "";
    tell(this.useText, [used, seen].filter(Boolean).join(" "));
    this.useThis.hidden = !earlier || usedHere || !ended;
    this.useLast.hidden = run.used === 0 || !ended;
    this.newest.hidden = !earlier;
    this.newest.textContent = ended ? "Show the last" : "Show the newest";
  }
}

/// Why a run ended, and what came out, in sentences.
export function outcome({ result, iterations, raw }) {
  const ran = count(result.iterations, "iteration");
  const sentences = [];
  if (result.method !== "fit") sentences.push(`Restored by ${result.method}, without a network.`);
  else if (result.stopped) sentences.push(`You stopped it after ${ran}.`);
  else if (result.reason) sentences.push(`It ended by itself after ${ran}: ${result.reason}.`);
  else sentences.push(`It ran all ${count(iterations, "iteration")}.`);
  const best = raw ? 0 : result.best_iteration;
  if (best > 0 && best !== result.iterations) {
    sentences.push(`The best picture was that of iteration ${grouped(best)}, and is the result.`);
  }
  if (result.note) sentences.push(sentence(result.note));
  return sentences.join(" ");
}
