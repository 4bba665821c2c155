// SPDX-License-Identifier: Apache-2.0
// Two pictures of one size over each other, and a line between them that can be dragged, or moved with the arrow keys.

/// Fills `element`. before and after: {src, label}. Returns functions that show another picture on either side.
export function divider(element, before, after) {
  element.className = "divider";
  element.innerHTML = `
    <img class="after" alt="" draggable="false"><img class="before" alt="" draggable="false">
    <div class="bar"></div><span class="label left"></span><span class="label right"></span>
    <input type="range" min="0" max="100" step="0.1" value="50">`;
  const [right, left] = element.querySelectorAll("img");
  const range = element.querySelector("input");

  const move = () => {
    element.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${Math.round(range.value)} % ${left.alt}, the rest ${right.alt}`);
  };
  const put = (image, label, picture) => {
    image.src = picture.src;
    image.alt = picture.label;
    label.textContent = picture.label;
    move();
  };
  const setBefore = (picture) => put(left, element.querySelector(".left"), picture);
  const setAfter = (picture) => put(right, element.querySelector(".right"), picture);

  range.setAttribute("aria-label", "How much of the left picture is seen");
  range.addEventListener("input", move);
  // A small picture is enlarged by whole pixels, for that is what there is to see.
  right.addEventListener("load", () => {
    const small = Math.max(right.naturalWidth, right.naturalHeight) < 400;
    element.classList.toggle("coarse", small);
    right.width = small ? 2 * right.naturalWidth : right.naturalWidth;
  });
  setAfter(after);
  setBefore(before);
  return { setBefore, setAfter };
}
