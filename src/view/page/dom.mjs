// SPDX-License-Identifier: Apache-2.0
// Elements, and the few controls that every part of the page is made of.

export const at = (id) => document.getElementById(id);

/// An element. attributes: properties, events (onclick) or attributes, as their names say; children: elements or text.
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function button(text, onclick, attributes = {}) {
  return make("button", { type: "button", onclick, ...attributes }, text);
}

/// Where the sentence stands that says what went wrong.
export const errorLine = () => make("p", { className: "error", role: "alert", hidden: true });

export function tell(line, text) {
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}

/// Does it, and says in `line` what went wrong, if anything did. Returns what it returned, or undefined.
export async function attempt(line, does) {
  tell(line, "");
  try {
    return await does();
  } catch (error) {
    tell(line, error.message);
  }
}

/// Leads to what is lacking: there the keyboard goes, and the eye.
export function pointAt(control) {
  const details = control.closest("details");
  if (details) details.open = true;
  const place = control.closest(".viewer, .field, fieldset.list, fieldset.cards") ?? control;
  place.scrollIntoView({ block: "nearest" });
  control.focus({ preventScroll: true, focusVisible: true });
  place.classList.remove("wanted");
  place.getBoundingClientRect(); // so that it begins anew
  place.classList.add("wanted");
  place.addEventListener("animationend", () => place.classList.remove("wanted"), { once: true });
}

/// A button beside an input for files, which cannot be styled. taken(file) gets what was chosen.
export function fileButton(text, taken, attributes = {}) {
  const input = make(
    "input",
    { type: "file", accept: "image/*,.tif,.tiff", tabIndex: -1, className: "unseen", ariaHidden: "true" },
  );
  input.addEventListener("change", () => {
    const [file] = input.files;
    input.value = ""; // so that the same file can be chosen again
    if (file) taken(file);
  });
  return make("span", { className: "file" }, button(text, () => input.click(), attributes), input);
}

/// Choices of which one holds. choices: [{value, label, hint}]; returns {element, value}, whose value may be set.
export function radios(name, legend, choices, chosen, className) {
  const rows = choices.map(({ value, label, hint }) => {
    const input = make("input", { type: "radio", name, value, onchange: () => chosen(value) });
    const words = make("span", {}, make("b", {}, label), hint ? make("small", {}, hint) : null);
    return { value, input, element: make("label", {}, input, words) };
  });
  const element = make("fieldset", { className }, make("legend", {}, legend), ...rows.map((row) => row.element));
  return {
    element,
    rows,
    get value() {
      return rows.find((row) => row.input.checked)?.value ?? "";
    },
    set value(value) {
      for (const row of rows) row.input.checked = row.value === value;
    },
  };
}
