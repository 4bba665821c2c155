// SPDX-License-Identifier: Apache-2.0
// Painting over a picture in the viewer what is to be repaired: the mask, seen as a tint, and the brush.
import { upload, wholePictureAt } from "./api.mjs";
import { make } from "./dom.mjs";
import { Mask } from "./mask.mjs";
import { grayPng } from "./png.mjs";

// Stripes of two colours are seen on a picture of any.
const tints = [[255, 20, 100], [255, 255, 255]];
const tintWords = tints.map(([red, green, blue]) => red | (green << 8) | (blue << 16)); // in memory, without alpha
const stripes = 60; // along the longer side

/// A decoded picture of a file; what the browser cannot read, the server can.
async function decode(file) {
  try {
    return await createImageBitmap(file, { premultiplyAlpha: "none", colorSpaceConversion: "none" });
  } catch {
    const image = new Image();
    image.src = wholePictureAt((await upload(file)).id);
    await image.decode();
    return image;
  }
}

/// How bright each pixel is; what is transparent is black.
function brightness(image, width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillRect(0, 0, width, height);
  context.drawImage(image, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return Uint8Array.from(
    { length: width * height },
    (_, i) => Math.round(0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]),
  );
}

export class Painter {
  /// changed() is called when the mask, the brush or what can be taken back has become another.
  constructor(viewer, changed) {
    Object.assign(
      this,
      {
        viewer,
        changed,
        mask: null,
        picture: null,
        active: false,
        mode: "brush",
        diameter: 24,
        paused: false,
        last: null,
      },
    );
    this.cursor = make("div", { className: "brush", hidden: true });
    viewer.element.append(this.cursor);
    viewer.element.addEventListener("pointerleave", () => (this.cursor.hidden = true));
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("keyup", (event) => event.key === " " && this.setPaused(false));
  }

  /// A new picture, which nothing has been painted on. The canvas has all its pixels.
  setPicture(picture) {
    if (this.picture?.id === picture.id) return;
    this.picture = picture;
    this.mask = new Mask(picture.width, picture.height);
    this.canvas?.remove();
    this.canvas = make(
      "canvas",
      { className: "tint", width: picture.width, height: picture.height, hidden: !this.active },
    );
    this.context = this.canvas.getContext("2d");
    this.stripe = Math.max(2, Math.round(Math.max(picture.width, picture.height) / stripes / 2));
    this.context.fillStyle = this.pattern();
    this.viewer.stage.append(this.canvas);
    this.diameter = Math.max(4, Math.round(Math.max(picture.width, picture.height) / 40));
    this.changed();
  }
  /// Which of the tints a pixel has.
  tintAt(x, y) {
    return Math.floor((x + y) / this.stripe) % 2;
  }
  pattern() {
    const side = 2 * this.stripe;
    const tile = new OffscreenCanvas(side, side);
    const context = tile.getContext("2d");
    const image = context.createImageData(side, side);
    const words = new Uint32Array(image.data.buffer);
    for (let i = 0; i < words.length; ++i) words[i] = tintWords[this.tintAt(i % side, Math.floor(i / side))] | (255 << 24);
    context.putImageData(image, 0, 0);
    return this.context.createPattern(tile, "repeat");
  }
  setActive(on) {
    this.active = on;
    if (this.canvas) this.canvas.hidden = !on;
    this.setMode(this.mode);
  }
  /// mode: brush, eraser, or hand, which moves the picture.
  setMode(mode) {
    this.mode = mode;
    this.viewer.tool = this.active && mode !== "hand" ? this : null;
    this.viewer.element.classList.toggle("painting", this.viewer.tool !== null);
    this.cursor.hidden = true;
    this.changed();
  }
  /// diameter: in pixels of the picture.
  setDiameter(diameter) {
    this.diameter = Math.min(Math.max(Math.round(diameter), 2), this.largest);
    this.place(this.at);
    this.changed();
  }
  get largest() {
    return this.picture ? Math.max(8, Math.round(Math.max(this.picture.width, this.picture.height) / 4)) : 8;
  }
  get painted() {
    return this.mask !== null && !this.mask.empty;
  }

  // What the viewer hands on.
  down(event) {
    this.mask.begin();
    this.last = this.viewer.toPicture(event.clientX, event.clientY);
    this.strokeTo(this.last);
    this.place(event);
  }
  move(event, painting) {
    this.place(event);
    if (!painting || !this.last) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of events.length ? events : [event]) {
      this.strokeTo(this.viewer.toPicture(clientX, clientY));
    }
  }
  up() {
    this.last = null;
    this.mask.end();
    this.changed();
  }
  cancel() {
    this.last = null;
    this.refresh(this.mask.cancel());
  }

  strokeTo(point) {
    const erases = this.mode === "eraser";
    if (!erases) this.context.beginPath();
    this.mask.line(...this.last, ...point, this.diameter / 2, erases ? 0 : 255, (y, begin, end) => {
      if (erases) this.context.clearRect(begin, y, end - begin, 1);
      else this.context.rect(begin, y, end - begin, 1);
    });
    if (!erases) this.context.fill();
    this.last = point;
  }
  /// Draws parts of the mask anew.
  refresh(parts) {
    for (const [x, y, width, height] of parts) {
      const image = new ImageData(width, height);
      const words = new Uint32Array(image.data.buffer);
      for (let row = 0, at = 0; row < height; ++row) {
        const begin = (y + row) * this.picture.width + x;
        const weights = this.mask.weights.subarray(begin, begin + width);
        weights.forEach((weight, i) => (words[at++] = tintWords[this.tintAt(x + i, y + row)] | (weight << 24)));
      }
      this.context.putImageData(image, x, y);
    }
    this.changed();
  }
  refreshAll() {
    const strip = 256;
    const { width, height } = this.picture;
    this.refresh(
      Array.from(
        { length: Math.ceil(height / strip) },
        (_, i) => [0, i * strip, width, Math.min(strip, height - i * strip)],
      ),
    );
  }

  undo() {
    this.refresh(this.mask.undo());
  }
  redo() {
    this.refresh(this.mask.redo());
  }
  clear() {
    this.mask.clear();
    this.refreshAll();
  }
  invert() {
    this.mask.invert();
    this.refreshAll();
  }
  /// The mask that a file holds.
  async load(file) {
    const { width, height } = this.picture;
    const image = await decode(file);
    if (image.width !== width || image.height !== height) {
      throw new Error(
        `${file.name} is ${image.width} × ${image.height}, but the picture is ${width} × ${height}: ` +
          "a mask has to be as large.",
      );
    }
    this.put(image);
  }
  /// A mask that was made for this picture.
  async show(blob) {
    const { picture } = this;
    const image = await decode(blob);
    if (picture === this.picture) this.put(image);
  }
  put(image) {
    this.mask.load(brightness(image, this.picture.width, this.picture.height));
    this.refreshAll();
  }
  async save() {
    const address = URL.createObjectURL(await this.png());
    make("a", { href: address, download: this.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }
  /// What the mask is called as a file.
  get name() {
    return `${this.picture.name.replace(/\.\w+$/, "")}_mask.png`;
  }
  /// The mask as a picture: white is to be repaired.
  png() {
    return grayPng(this.mask.weights, this.picture.width, this.picture.height);
  }

  /// The brush's outline, as large as what it paints, under the pointer.
  place(event) {
    if (!event) return;
    this.at = { clientX: event.clientX, clientY: event.clientY, pointerType: event.pointerType };
    const box = this.viewer.element.getBoundingClientRect();
    const size = this.diameter * this.viewer.scale;
    this.cursor.hidden = this.paused || this.viewer.tool !== this || event.pointerType === "touch";
    this.cursor.classList.toggle("erases", this.mode === "eraser");
    Object.assign(this.cursor.style, { width: `${size}px`, height: `${size}px` });
    const [x, y] = [event.clientX - box.left - size / 2, event.clientY - box.top - size / 2];
    this.cursor.style.transform = `translate(${x}px, ${y}px)`;
  }
  setPaused(paused) {
    this.paused = paused;
    this.viewer.element.classList.toggle("painting", this.viewer.tool !== null && !paused);
    if (paused) this.cursor.hidden = true;
  }
  key(event) {
    if (!this.active || event.target.matches("input:not([type=range]):not([type=radio]), textarea, select")) return;
    const command = event.ctrlKey || event.metaKey;
    const name = event.key.toLowerCase();
    const does = command
      ? { z: () => (event.shiftKey ? this.redo() : this.undo()), y: () => this.redo() }[name]
      : {
          "[": () => this.setDiameter(this.diameter / 1.15 - 1), "]": () => this.setDiameter(this.diameter * 1.15 + 1),
          b: () => this.setMode("brush"), e: () => this.setMode("eraser"), h: () => this.setMode("hand"),
          " ": event.target.matches("button, summary, input, a") ? undefined : () => this.setPaused(true),
        }[name];
    if (!does) return;
    event.preventDefault();
    does();
  }
}
