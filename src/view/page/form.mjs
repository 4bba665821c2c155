// SPDX-License-Identifier: Apache-2.0
// What happened to the picture, and how it is to be restored: the tasks and options that the server lists, as a form.
// An entry is an option and the field for it.
import { make, radios } from "./dom.mjs";
import { choiceField, fieldOf, numberField, pictureField } from "./fields.mjs";
import { byPainting, damages, essentials, lacking, options as words, qualities, sentence } from "./words.mjs";

/// One of several entries has to be filled: which one is chosen first, and the others are not asked.
class OneOf {
  constructor(name, legend, entries, changed) {
    this.entries = entries;
    const choices = entries.map(({ option }) => ({ value: option.name, label: words[option.name].label }));
    const choose = () => {
      this.show(changed);
      this.element.scrollIntoView({ block: "nearest" });
    };
    this.choice = radios(name, legend, choices, choose, "list");
    this.element = make("div", {}, this.choice.element, ...entries.map(({ field }) => field.element));
    if (entries[0].option === byPainting) this.choice.value = byPainting.name;
    this.show(() => {});
  }
  show(changed) {
    for (const { option, field } of this.entries) field.element.hidden = option.name !== this.choice.value;
    changed();
  }
  choose(name) {
    this.choice.value = name;
    this.show(() => {});
  }
  get chosen() {
    return this.entries.find(({ option }) => option.name === this.choice.value) ?? null;
  }
  get control() {
    return this.chosen ? this.chosen.field.control : this.choice.rows[0].input;
  }
}

/// What is painted on the picture, in the place of a field.
const painting = (isPainted) => ({
  option: byPainting,
  field: { element: make("div"), control: null, get value() { return isPainted() ? byPainting.name : ""; } },
});

/// What a task asks: its essential options, the others, and the method.
class TaskForm {
  constructor(task, isPainted, changed) {
    Object.assign(this, { task, changed });
    const listed = task.options.filter(({ name }) => !byPainting.replaces.includes(name));
    const entries = listed.map((option) => ({ option, field: fieldOf(option, words[option.name], changed) }));
    const known = [painting(isPainted), ...entries];
    const { asked = [], oneOf } = essentials[task.name] ?? {};
    const grouped = known.filter(({ option }) => oneOf?.includes(option.name));
    this.group = grouped.length ? new OneOf(`${task.name}-which`, oneOf.legend, grouped, changed) : null;
    this.entries = entries;
    this.single = entries.filter((entry) => !grouped.includes(entry));
    const first = this.single.filter(({ option }) => asked.includes(option.name) || option.positional);
    const others = this.single.filter((entry) => !first.includes(entry));
    this.method = this.methodField(changed);
    const elements = (list) => list.map(({ field }) => field.element);
    this.essentials = make("div", { className: "essentials" }, this.group?.element ?? null, ...elements(first));
    this.others = make("div", {}, ...elements(others), this.method.element);
  }
  methodField(changed) {
    const choices = [{ value: "fit", label: "fit: dipper's own network" }];
    for (const { name, help } of this.task.methods) choices.push({ value: name, label: name, hint: sentence(help) });
    return choiceField(
      { label: "Method", choices, preset: "fit", hint: "The others are quick, to compare with.", changed },
    );
  }
  show(on) {
    this.essentials.hidden = !on || this.essentials.children.length === 0;
    this.others.hidden = !on;
  }
  get fits() {
    return this.method.value === "";
  }
  get paints() {
    return this.group?.chosen?.option === byPainting;
  }
  /// With what POST /runs was given.
  fill({ options = {}, pictures = {}, method = "fit" }) {
    const given = { ...options, ...pictures };
    for (const { option, field } of this.entries) field.value = given[option.name] ?? "";
    const known = this.group?.entries.find(({ option }) => option.name in given);
    if (this.group && (known || pictures.mask)) this.group.choose((known?.option ?? byPainting).name);
    this.method.value = method;
  }
  /// The entries that are asked now.
  get asked() {
    return [...this.single, ...(this.group?.chosen ? [this.group.chosen] : [])];
  }
  /// What has to be done before this can start: {text, control}, or null.
  get lacking() {
    const wrong = this.asked.find(({ field }) => field.wrong);
    if (wrong) return { text: lacking.wrong, control: wrong.field.control };
    const text = (option) => lacking[option?.name] ?? lacking[this.task.name] ?? `Give: ${option.name}`;
    const empty = this.single.find(({ option, field }) => option.positional && !field.value);
    if (empty) return { text: text(empty.option), control: empty.field.control };
    const open = this.group && !this.group.chosen?.field.value;
    return open ? { text: text(this.group.chosen?.option), control: this.group.control } : null;
  }
}

export class Form {
  /// Fills `element`, but for howWell, which stands beside the button that starts. isPainted() says whether the picture
  /// was painted on; changed() is called whenever something else was chosen.
  constructor(element, about, isPainted, changed) {
    this.changed = () => {
      this.show();
      changed();
    };
    const place = ({ name }) => (Object.keys(damages).indexOf(name) + 1) || Infinity;
    const tasks = [...about.tasks].sort((a, b) => place(a) - place(b));
    this.forms = tasks.map((task) => new TaskForm(task, isPainted, this.changed));
    const choices = tasks.map(({ name, summary }) => ({ value: name, label: name, hint: summary, ...damages[name] }));
    this.tasks = radios("task", "What happened to it?", choices, () => this.choose(), "cards");
    this.tasks.rows.forEach((row, i) => row.element.after(this.forms[i].essentials));
    this.makeHow(about.qualities);
    element.append(make("div", { className: "asks" }, this.tasks.element, this.how));
    this.show();
  }
  makeHow(names) {
    const levels = names.map((value) => ({ value, label: value, ...qualities[value] }));
    this.quality = radios("quality", "How well?", levels, this.changed, "steps");
    this.quality.value = names.includes("balanced") ? "balanced" : names[0];
    this.qualityHint = make("small", { role: "status" });
    this.howWell = make("div", {}, this.quality.element, this.qualityHint);
    this.makeCommon();
    this.how = make(
      "div",
      { className: "how" },
      make(
        "details",
        {},
        make("summary", {}, "More"),
        ...this.forms.map(({ others }) => others),
        this.time.element,
        this.seed.element,
        this.truth.element,
      ),
    );
  }
  makeCommon() {
    const { changed } = this;
    this.time = numberField({
      label: "Time limit",
      number: { min: 1, max: 1e6 },
      unit: "seconds",
      placeholder: "none",
      hint: "What all may take: it makes the best of it.",
      changed,
    });
    this.seed = numberField({
      label: "Seed",
      number: { min: 0, max: Number.MAX_SAFE_INTEGER },
      placeholder: "0",
      hint: "Another one gives a slightly different picture.",
      changed,
    });
    this.truth = pictureField({
      label: "Undamaged picture to compare with",
      hint: "Only to measure how good the result is.",
      changed,
    });
  }
  /// What the chosen task asks is to be seen.
  choose() {
    this.changed();
    this.form.essentials.scrollIntoView({ block: "nearest" });
  }
  show() {
    for (const form of this.forms) form.show(form === this.form);
    this.how.hidden = !this.form;
    this.howWell.hidden = !this.form?.fits;
    this.time.element.hidden = !this.form?.fits;
    this.qualityHint.textContent = qualities[this.quality.value]?.hint ?? "";
  }

  get form() {
    return this.forms.find(({ task }) => task.name === this.tasks.value);
  }
  get paints() {
    return this.form?.paints ?? false;
  }
  /// What has to be done before a run can start: {text, control}, or null.
  get lacking() {
    if (!this.form) return { text: lacking.task, control: this.tasks.rows[0].input };
    const wrong = [this.time, this.seed].find((field) => field.wrong && !field.element.hidden);
    return wrong ? { text: lacking.wrong, control: wrong.control } : this.form.lacking;
  }
  /// With what POST /runs was given.
  fill(request) {
    const { quality, time = "", seed = "" } = request.settings ?? {};
    this.tasks.value = request.task;
    this.form?.fill(request);
    this.truth.value = request.truth ?? "";
    if (this.quality.rows.some(({ value }) => value === quality)) this.quality.value = quality;
    this.time.value = time;
    this.seed.value = seed;
    this.changed();
  }
  /// What POST /runs takes, without the mask. Of a form in which nothing was chosen yet, nothing.
  request(picture) {
    if (!this.form) return {};
    const { task, method, fits, asked } = this.form;
    const request = { task: task.name, picture, options: {}, pictures: {}, settings: {} };
    for (const { option, field } of asked) {
      if (!field.value || option === byPainting) continue;
      (option.picture ? request.pictures : request.options)[option.name] = String(field.value);
    }
    if (this.truth.value) request.truth = this.truth.value;
    if (!fits) request.method = method.value;
    if (fits) request.settings.quality = this.quality.value;
    if (fits && this.time.value) request.settings.time = Number(this.time.value);
    if (this.seed.value) request.settings.seed = Number(this.seed.value);
    return request;
  }
}
