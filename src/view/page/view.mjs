// SPDX-License-Identifier: Apache-2.0
// The live view: shows the state that the server tells, and sends what the person wants.
import { get, listen, post, upload } from "./api.mjs";
import { FrameChoice } from "./choice.mjs";
import { at, attempt, button, errorLine, make, pointAt, tell } from "./dom.mjs";
import { Form } from "./form.mjs";
import { Gestures } from "./gestures.mjs";
import { forget, Keeper, recall, store } from "./keep.mjs";
import { Opener } from "./open.mjs";
import { Painter } from "./paint.mjs";
import { Pictures } from "./pictures.mjs";
import { QuitDialog } from "./quit.mjs";
import { showResult } from "./result.mjs";
import { RunPanel, titles } from "./run.mjs";
import { Tools } from "./tools.mjs";
import { Viewer } from "./viewer.mjs";
import { sentence } from "./words.mjs";

const busy = ["starting", "running", "paused"];
const connections = {
  broken: "Reconnecting to dipper …",
  gone: "dipper is no longer running. Start it again, and open the address that it prints.",
};

class View {
  constructor(about) {
    Object.assign(this, { state: null, about, aside: "", asideRun: 0, resultOf: "", starting: false });
    this.viewer = new Viewer(at("viewer"));
    const gestures = new Gestures(this.viewer);
    this.pictures = new Pictures(this.viewer, at("below"), () => this.state?.run && this.choice.update(this.state));
    this.choice = new FrameChoice(this.pictures);
    at("below").append(this.choice.element);
    this.painter = new Painter(this.viewer, () => this.painted());
    this.tools = new Tools(at("tools"), this.painter);
    this.form = new Form(at("prepare"), about, () => this.painter.painted, () => this.painted());
    this.keeper = new Keeper(this.form, this.painter);
    this.makeStart();
    this.panel = new RunPanel(at("run"), () => store("downloaded", this.resultNow));
    this.opener = new Opener(at("empty"), {
      open: (file) => this.open(file),
      come: () => this.go("another"),
      back: () => this.go(""),
      refuse: () => tell(this.panel.line, "Stop this run before you open another picture."),
    });
    const dialog = new QuitDialog(() => this.quit());
    at("back").addEventListener("click", () => this.go(""));
    at("another").addEventListener("click", () => this.go("another"));
    at("quit").addEventListener("click", () => dialog.ask(this.loses));
    document.addEventListener("keydown", (event) => event.target === document.body && gestures.key(event));
    this.stopListening = listen((state) => this.update(state), (connection) => this.connect(connection));
  }
  makeStart() {
    this.startLine = errorLine();
    this.startButton = button("Start", () => this.start(), { className: "primary start" });
    at("prepare").append(make("div", { className: "footer" }, this.form.howWell, this.startLine, this.startButton));
  }

  async open(file) {
    const { id } = await upload(file, file.name || "pasted.png");
    await post("/picture", { id });
    this.go("");
  }
  /// aside: what the person turned to instead of what the state is about: another picture, or new settings.
  go(aside) {
    this.aside = aside;
    this.asideRun = this.state?.run?.number ?? 0;
    if (this.state) this.update(this.state);
  }

  again() {
    this.go("again");
    attempt(this.startLine, () => this.keeper.fill(this.state.run));
  }
  /// Which result there is, or "".
  get resultNow() {
    const { run } = this.state;
    return run?.result ? JSON.stringify([run.number, run.used, run.result.seconds]) : "";
  }
  /// What would be lost if dipper ended now.
  get loses() {
    if (busy.includes(this.state?.phase)) return "run";
    const kept = !this.state || this.state.output || recall("downloaded") === this.resultNow;
    return kept || !this.resultNow ? "" : "result";
  }

  /// empty, prepare or run.
  get screen() {
    const { phase, picture, run } = this.state;
    if (busy.includes(phase)) return "run";
    if (this.aside === "another" || !picture) return "empty";
    if (phase === "done" && run && this.aside !== "again") return "run";
    return "prepare";
  }
  update(state) {
    const before = this.state;
    this.state = state;
    if (this.aside && (state.run?.number ?? 0) !== this.asideRun) this.aside = "";
    if (before && before.picture?.id !== state.picture?.id) this.aside = "";
    const { screen } = this;
    const turned = this.shownScreen !== screen;
    this.shownScreen = screen;
    at("empty").hidden = screen !== "empty";
    at("work").hidden = screen === "empty";
    at("prepare").hidden = screen !== "prepare";
    at("run").hidden = screen !== "run";
    at("another").hidden = screen !== "prepare";
    at("back").hidden = screen !== "prepare" || this.aside !== "again";
    at("quit").hidden = !state.may_quit;
    this.opener.enabled = !busy.includes(state.phase);
    this.opener.back.hidden = !state.picture;
    const { picture } = state;
    const named = picture && screen !== "empty";
    at("name").textContent = named ? `${picture.name}  ${picture.width} × ${picture.height}` : "";
    if (picture) this.painter.setPicture(picture);
    if (!before && picture) this.keeper.recall(state);
    else if (!before) this.keeper.ready = true;
    this.keeper.follow(picture, state.run);
    if (screen === "run") this.showRun();
    if (screen !== "empty") this.pictures.update(state, screen === "run");
    if (screen === "run") this.choice.update(state);
    else this.choice.element.hidden = true;
    this.prepare();
    this.announce(before);
    if (turned && before) this.turnTo(screen);
  }
  /// Lets the keyboard, and who reads by ear, begin with what has just appeared.
  turnTo(screen) {
    scrollTo(0, 0);
    const heading = at(screen).querySelector("h2, legend");
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }
  showRun() {
    const { state } = this;
    this.panel.update(state);
    const { number, result: figures, may_longer: mayLonger, used } = state.run;
    const result = JSON.stringify([number, figures, mayLonger, used]); // a run that went on has another
    if (state.phase === "done" && this.resultOf !== result) {
      this.resultOf = result;
      showResult(
        this.panel.ended,
        state,
        { longer: this.panel.longer, again: () => this.again(), another: () => this.go("another") },
      );
    }
  }
  announce(before) {
    const { phase, run, picture, error } = this.state;
    const known = busy.includes(phase) && run.iterations > 0;
    const part = known ? `${Math.floor((100 * run.iteration) / run.iterations)} % · ` : "";
    document.title = picture ? `${part}${picture.name} · dipper` : "dipper";
    if (before?.phase === phase) return;
    at("said").textContent = { ...titles, failed: error, ready: `${picture?.name} is open` }[phase] ?? "";
  }

  // Preparing a run.
  prepare() {
    if (!this.state) return;
    const preparing = this.screen === "prepare";
    const paints = preparing && this.form.paints;
    if (paints !== this.painter.active) this.painter.setActive(paints);
    at("tools").hidden = !paints;
    if (!preparing) return;
    const { lacking } = this.form;
    this.startButton.textContent = this.starting ? "Starting …" : (lacking?.text ?? "Start");
    this.startButton.ariaDisabled = String(this.starting || lacking !== null);
    if (this.state.phase === "failed" && !this.starting) tell(this.startLine, sentence(this.state.error));
  }
  painted() {
    this.tools?.update();
    this.prepare();
    if (this.state?.picture) this.keeper.keep(this.state.picture);
  }
  async start() {
    const { lacking } = this.form;
    if (this.starting) return;
    if (lacking) return pointAt(lacking.control ?? at("viewer"));
    this.starting = this.keeper.starting = true;
    this.prepare();
    await attempt(this.startLine, async () => {
      const { picture } = this.state;
      const request = this.form.request(picture.id);
      if (this.form.paints) {
        const { id } = await upload(await this.painter.png(), this.painter.name);
        request.pictures.mask = id;
      }
      await post("/runs", request);
    });
    this.starting = false;
    if (!this.startLine.hidden) this.keeper.starting = false;
    this.prepare();
  }

  connect(connection) {
    const works = connection === "open";
    tell(at("connection"), connections[connection] ?? "");
    document.body.classList.toggle("offline", !works);
    for (const id of ["prepare", "run"]) at(id).disabled = !works;
    for (const id of ["back", "another", "quit"]) at(id).disabled = !works;
    this.choice.element.disabled = !works;
    for (const element of document.querySelectorAll("#run a, #empty")) element.inert = !works;
  }
  async quit() {
    await attempt(at("connection"), () => post("/quit"));
    if (!at("connection").hidden) return;
    this.stopListening();
    forget();
    for (const id of ["empty", "work", "back", "another", "quit", "name"]) at(id).hidden = true;
    tell(at("connection"), "dipper has ended. You can close this page.");
  }
}

if (location.search) history.replaceState(null, "", location.pathname);
try {
  new View(await get("/about"));
} catch (error) {
  tell(at("connection"), error.message);
}
