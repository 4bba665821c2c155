// SPDX-License-Identifier: Apache-2.0
// Shows what a run left in this page: run.json, and its pictures.
import { Curve } from "dipper/curve.mjs";
import { Gestures } from "dipper/gestures.mjs";
import { Player } from "dipper/player.mjs";
import { Viewer } from "dipper/viewer.mjs";

const at = (id) => document.getElementById(id);
const run = JSON.parse(at("run").textContent);
const pictures = JSON.parse(at("pictures").textContent);
const result = run.result;

const decibel = (value) => `${value.toFixed(2)} dB`;

function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function add(parent, name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
}

function showTitle() {
  const fit = result.method === "fit";
  at("title").textContent = `${run.task} ${run.input.file}`;
  const parts = [`${run.width}×${run.height}`, fit ? `recipe ${result.recipe}` : `method ${result.method}`];
  if (fit) parts.push(`${result.iterations.toLocaleString("en")} iterations`);
  at("subtitle").textContent = [...parts, duration(result.seconds)].join(" · ");
}

function showPictures() {
  const restored = pictures.find((picture) => picture.name === "restored");
  const others = pictures.filter((picture) => ["damaged", "truth"].includes(picture.name));
  const element = at("viewer");
  const viewer = new Viewer(element);
  new Gestures(viewer, { scrolls: true });
  const small = Math.max(run.width, run.height) < 400; // enlarged, for its pixels are what there is to see
  const width = (small ? 2 : 1) * run.width;
  element.style.width = `min(100%, ${width}px, 80vh * ${run.width / run.height})`;
  element.style.aspectRatio = `${run.width} / ${run.height}`;
  viewer.setSize(run.width, run.height);
  viewer.showAfter(restored);
  viewer.showBefore(others[0]);
  element.after(viewer.zoomBar);
  if (others.length < 2) return;
  const choices = document.createElement("fieldset");
  choices.className = "choices";
  choices.setAttribute("aria-label", "The left picture");
  for (const other of others) {
    const label = add(choices, "label", "");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "before", checked: other === others[0] });
    input.addEventListener("change", () => viewer.showBefore(other));
    label.append(input, ` ${other.label}`);
  }
  element.after(choices);
}

function showFigures() {
  const figures = [];
  if (result.psnr !== null) figures.push(["PSNR", decibel(result.psnr)]);
  if (result.ssim !== null) figures.push(["SSIM", result.ssim.toFixed(3)]);
  if (result.expected_psnr_of_missing !== null) {
    const within = result.expected_within === null ? "" : ` ± ${result.expected_within.toFixed(1)}`;
    figures.push(["expected of what was missing", `${result.expected_psnr_of_missing.toFixed(1)}${within} dB`]);
  }
  if (!run.raw && Math.round(100 * result.classic_share) > 0) figures.push([`share of ${result.classic}`, `${Math.round(100 * result.classic_share)} %`]);
  for (const [name, value] of figures) {
    const pair = add(at("figures"), "div", "");
    add(pair, "dt", name);
    add(pair, "dd", value);
  }
}

function showCourse() {
  if (run.curve.length < 2) return;
  at("course").hidden = false;
  const curve = new Curve(
    at("curve"),
    run.curve.map(({ iteration, loss, psnr, expected }) => [iteration, loss, psnr, expected]),
  );
  if (!run.raw && !isClassic()) curve.mark(result.best_iteration);
}

/// Whether nothing of the network is in the result.
function isClassic() {
  return !run.raw && Math.round(100 * result.classic_share) === 100;
}

function whyItEnded() {
  if (result.failure) return `${result.failure[0].toUpperCase()}${result.failure.slice(1)}.`;
  if (!result.reason) return "";
  if (result.iterations === 0) return `There was no iteration: ${result.reason}.`;
  return `Stopped after ${result.iterations === 1 ? "1 iteration" : `${result.iterations} iterations`}: ${result.reason}.`;
}

/// Some have names, and others are said in words, "a smooth filling".
function nameOf(classic) {
  return classic.includes(" ") ? classic[0].toUpperCase() + classic.slice(1) : `The method ${classic}`;
}

function whatTheResultIs() {
  if (result.iterations === 0 || run.raw) return "";
  if (isClassic()) return `${nameOf(result.classic)} did better than the network here, and is the result.`;
  return result.best_iteration > 0 ? `The result is that of iteration ${result.best_iteration}.` : "";
}

function showOutcome() {
  at("outcome").textContent = [whyItEnded(), whatTheResultIs()].filter(Boolean).join(" ");
}

function showFrames() {
  const frames = pictures.filter((picture) => picture.name === "frame");
  if (frames.length < 2) return;
  at("film").hidden = false;
  const image = at("frame");
  const player = new Player(at("player"), (iteration) => {
    image.src = frames.find((frame) => frame.iteration === iteration).src;
    image.alt = `after ${iteration} iterations`;
  });
  player.setFrames(frames.map((frame) => frame.iteration));
}

function showUncertainty() {
  const map = pictures.find((picture) => picture.name === "uncertainty");
  if (!map) return;
  at("doubt").hidden = false;
  at("uncertainty").src = map.src;
  at("uncertainty").alt = map.label;
  at("uncertainty-text").textContent = "Black is certain; white may be off by a tenth of the way from black to white, or more.";
}

function showSettings() {
  at("command").textContent = run.command;
  for (const [name, value] of Object.entries(run.settings)) {
    if (value === null || value === "") continue;
    const row = add(at("settings"), "tr", "");
    add(row, "th", name).scope = "row";
    add(row, "td", value);
  }
  for (const file of run.files) {
    const row = add(at("files"), "tr", "");
    add(row, "th", file.what).scope = "row";
    const cell = add(row, "td", file.file);
    if (file.sha256) add(cell, "span", `SHA-256 ${file.sha256}`).className = "hash";
  }
  if (!run.recipe) return;
  at("recipe").hidden = false;
  at("recipe-text").textContent = run.recipe;
}

for (const show of [showTitle, showPictures, showFigures, showOutcome, showCourse, showFrames, showUncertainty, showSettings]) show();
