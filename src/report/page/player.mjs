// SPDX-License-Identifier: Apache-2.0
// The frames of a fit, to be played or looked through.

const milliseconds = 100;
const rest = 1500; // on the last frame

/// Fills `element`. frames: [{src, iteration}].
export function player(element, frames) {
  element.className = "player";
  element.innerHTML = `
    <img alt=""><div class="controls"><button type="button">Play</button>
    <input type="range" min="0" step="1" aria-label="Frame"><output></output></div>`;
  const image = element.querySelector("img");
  const button = element.querySelector("button");
  const range = element.querySelector("input");
  const text = element.querySelector("output");
  let timer = 0;

  const show = (number) => {
    range.value = number;
    image.src = frames[number].src;
    image.alt = `after ${frames[number].iteration} iterations`;
    text.textContent = `iteration ${frames[number].iteration}`;
    range.setAttribute("aria-valuetext", text.textContent);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    button.textContent = "Play";
  };
  const step = () => {
    const next = (Number(range.value) + 1) % frames.length;
    show(next);
    timer = setTimeout(step, next === frames.length - 1 ? rest : milliseconds);
  };
  const play = () => {
    button.textContent = "Pause";
    timer = setTimeout(step, 0);
  };

  range.max = frames.length - 1;
  range.addEventListener("input", () => {
    stop();
    show(Number(range.value));
  });
  button.addEventListener("click", () => (timer ? stop() : play()));
  show(frames.length - 1);
}
