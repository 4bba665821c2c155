// SPDX-License-Identifier: Apache-2.0
// The controls for a task's options. Each field is {element, control, value}: what was chosen as text, or the id of a
// picture, and "" for nothing; control is what the keyboard goes to.
import { pictureAt, upload } from "./api.mjs";
import { attempt, button, errorLine, fileButton, make, tell } from "./dom.mjs";

let numbered = 0;

function labelled(label, control, hint, ...others) {
  control.id ||= `field-${++numbered}`;
  const small = hint ? make("small", { id: `${control.id}-hint` }, hint) : null;
  if (small) control.setAttribute("aria-describedby", small.id);
  return make("div", { className: "field" }, make("label", { htmlFor: control.id }, label), control, ...others, small);
}

export function textField({ label, hint, placeholder = "", changed }) {
  const input = make("input", { type: "text", placeholder, autocomplete: "off", spellcheck: false, oninput: changed });
  return {
    element: labelled(label, input, hint),
    control: input,
    get value() { return input.value.trim(); },
    set value(value) { input.value = value; },
  };
}

/// number: {min, max}. What is not a number within these says so, and counts as wrong.
export function numberField({ label, hint, placeholder = "", number, unit, changed }) {
  const input = make(
    "input",
    { type: "number", inputMode: "decimal", step: "any", placeholder, ...number, oninput: () => check() },
  );
  const line = errorLine();
  const check = () => {
    tell(line, input.validity.valid ? "" : `Give a number from ${number.min} to ${number.max}.`);
    changed();
  };
  const element = labelled(label, input, hint, unit ? make("span", { className: "unit" }, unit) : null, line);
  return {
    element,
    control: input,
    get value() { return input.value; },
    set value(value) {
      input.value = value;
      check();
    },
    get wrong() { return !input.validity.valid; },
  };
}

/// choices: [{value, label, hint}], whose hint is seen while it is chosen; that of the value "colour" shows a field for
/// one.
export function choiceField({ label, hint, choices, preset = "", changed }) {
  const select = make(
    "select",
    { onchange: () => show() },
    ...choices.map(({ value, label: text }) => make("option", { value }, text)),
  );
  if (choices.some(({ value }) => value === preset)) select.value = preset;
  const colour = make(
    "input",
    { type: "color", ariaLabel: "Colour", value: "#ff0000", hidden: true, oninput: changed },
  );
  const text = () => choices.find(({ value }) => value === select.value)?.hint ?? hint ?? "";
  const element = labelled(label, select, choices.some((choice) => choice.hint) ? text() : hint, colour);
  const small = element.querySelector("small");
  const show = () => {
    colour.hidden = select.value !== "colour";
    if (small) small.textContent = text();
    changed();
  };
  const bytes = () => colour.value.match(/\w\w/g).map((hex) => parseInt(hex, 16)).join(",");
  const choose = (value) => {
    if (/^\d+,\d+,\d+$/.test(value)) {
      colour.value = `#${value.split(",").map((byte) => Number(byte).toString(16).padStart(2, "0")).join("")}`;
      return choose("colour");
    }
    const known = [value, preset].find((one) => choices.some((choice) => choice.value === one));
    select.value = known ?? choices[0].value;
    show();
  };
  return {
    element,
    control: select,
    set value(value) { choose(value); },
    get value() {
      if (select.value === "colour") return bytes();
      return select.value === preset ? "" : select.value; // what is so anyway need not be said
    },
  };
}

export function switchField({ label, hint, changed }) {
  const input = make("input", { type: "checkbox", onchange: changed });
  const words = make("span", {}, label, hint ? make("small", {}, hint) : null);
  return {
    element: make("label", { className: "field switch" }, input, words),
    control: input,
    get value() { return input.checked; },
    set value(value) { input.checked = Boolean(value); },
  };
}

/// A picture beside the one that is restored: chosen or dropped here, sent at once, and seen small.
export function pictureField({ label, hint, changed }) {
  let picture = null;
  const line = errorLine();
  const image = make("img", { alt: "", width: 48, height: 48 });
  const name = make("span", { className: "name" });
  const chosen = make(
    "div",
    { className: "chosen", hidden: true },
    image,
    name,
    button("Remove", () => put(null), { ariaLabel: `Remove: ${label}` }),
  );
  const put = (next) => {
    picture = next;
    chosen.hidden = !picture;
    choose.hidden = Boolean(picture);
    if (picture) {
      image.src = pictureAt(picture.id, 160);
      name.textContent = picture.name ? `${picture.name}, ${picture.width} × ${picture.height}` : "the one from before";
    }
    changed();
  };
  const take = async (file) => {
    const sent = await attempt(line, () => upload(file));
    if (sent) put(sent);
  };
  const choose = fileButton("Choose a picture", take, { ariaLabel: `Choose a picture: ${label}` });
  const element = make(
    "div",
    { className: "field", role: "group", ariaLabel: label },
    make("span", {}, label),
    choose,
    chosen,
    line,
    hint ? make("small", {}, hint) : null,
  );
  element.addEventListener("drop", (event) => {
    const [file] = event.dataTransfer.files;
    if (!file) return;
    event.preventDefault();
    event.stopPropagation();
    take(file);
  });
  return {
    element,
    control: choose.firstChild,
    get value() { return picture?.id ?? ""; },
    set value(id) {
      if (id !== (picture?.id ?? "")) put(id ? { id } : null);
    },
  };
}

/// The field for an option of the server's list, in the words for it if there are any.
export function fieldOf(option, words, changed) {
  const { label = option.name, inner = label, hint = words ? undefined : option.help, ...rest } = words ?? {};
  const given = { label: inner, hint, placeholder: option.preset, changed, ...rest };
  if (option.picture) return pictureField(given);
  if (rest.choices) return choiceField({ ...given, preset: option.preset });
  if (option.value === "") return switchField(given);
  if (rest.number) return numberField(given);
  return textField(given);
}
