// SPDX-License-Identifier: Apache-2.0
// A run: how far it is, how good, its course, and what can be done with it.
import { get, post } from "./api.mjs";
import { attempt, button, errorLine, make, tell } from "./dom.mjs";
import { Curve } from "./curve.mjs";
import {
  classicName,
  count,
  decibel,
  duration,
  grouped,
  isClassic,
  likeness,
  memory,
  pace,
  sentence,
  stageOf,
  terms,
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

/// What the figures mean, for whoever opens it.
function glossary() {
  const pairs = terms.map(([term, meaning]) => make("div", {}, make("dt", {}, term), make("dd", {}, meaning)));
  return make(
    "details",
    { className: "terms" },
    make("summary", {}, "What the figures mean"),
    make("dl", {}, ...pairs),
  );
}

export const titles = { starting: "Preparing", running: "Restoring", paused: "Paused", done: "Done" };

/// The live curve: asked for when there is more of it, and not too often.
class LiveCurve {
  constructor(element) {
    Object.assign(this, { element, curve: null, run: 0, have: 0, asking: false });
  }
  /// result: the iteration whose picture is the result; 0 if none is.
  async update(run, result) {
    const { number, curve } = run;
    Object.assign(this, { newest: run, result });
    this.curve?.mark(result);
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
    this.update(this.newest, this.result);
  }
  show(points, have) {
    this.have = have;
    if (points.length < 2) return;
    this.element.hidden = false;
    if (this.curve) this.curve.show(points);
    else this.curve = new Curve(this.element, points);
    this.curve.mark(this.result);
  }
}

export class RunPanel {
  /// Fills `element`. downloaded() is called when the result is taken away.
  constructor(element, downloaded) {
    Object.assign(this, { downloaded, line: errorLine() });
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
      this.download,
      this.ended,
      this.curve.element,
      glossary(),
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
  makeDownload() {
    const formats = { png: "PNG", jpg: "JPEG", webp: "WebP", tif: "TIFF" };
    const choice = make(
      "select",
      { ariaLabel: "Format" },
      ...Object.entries(formats).map(([value, name]) => make("option", { value }, name)),
    );
    const link = make(
      "a",
      { className: "button primary", download: "", onclick: () => this.downloaded() },
      "Download",
    );
    this.chosen = make("small", { hidden: true });
    const point = () => (link.href = `/download?format=${choice.value}`);
    choice.addEventListener("change", point);
    point();
    return make("div", { className: "download" }, link, choice, this.chosen);
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
    tell(this.chosen, run.used ? `The picture of iteration ${grouped(run.used)}, as you chose.` : "");
    this.curve.update(run, ended ? resultIteration(run) : 0);
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
}

/// The iteration whose picture the result is; 0 where it is not that of one.
function resultIteration({ used, raw, result }) {
  if (used) return used;
  if (raw) return result.iterations;
  return isClassic(result) ? 0 : result.best_iteration;
}

/// Why a run ended, and what came out, in sentences.
export function outcome({ result, iterations, raw, used }) {
  const ran = count(result.iterations, "iteration");
  const sentences = [];
  if (result.method !== "fit") sentences.push(`Restored by ${result.method}, without a network.`);
  else if (result.stopped) sentences.push(`You stopped it after ${ran}.`);
  else if (result.failure) sentences.push(sentence(result.failure));
  else if (result.reason && result.iterations === 0) sentences.push(`There was no iteration: ${result.reason}.`);
  else if (result.reason) sentences.push(`It ended by itself after ${ran}: ${result.reason}.`);
  else sentences.push(`It ran all ${count(iterations, "iteration")}.`);
  const best = raw ? 0 : result.best_iteration;
  if (used) {
    sentences.push(`You chose the picture of iteration ${grouped(used)} as the result.`);
  } else if (!raw && isClassic(result) && result.iterations > 0) {
    sentences.push(sentence(`${classicName(result.classic)} did better than the network here, and is the result`));
  } else if (best > 0 && best !== result.iterations) {
    sentences.push(`The best picture was that of iteration ${grouped(best)}, and is the result.`);
  }
  if (result.note) sentences.push(sentence(result.note));
  return sentences.join(" ");
}
