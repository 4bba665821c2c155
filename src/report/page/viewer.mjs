// SPDX-License-Identifier: Apache-2.0
// A picture that can be zoomed and moved, and a second one of the same size over its left part, up to a line that can
// be moved.

const patience = 2000; // ms before what could not be loaded is asked for again
const most = 16; // device pixels a picture's pixel
const coarse = 4; // from so many on, pixels are shown as squares
const narrow = 96; // too little room for a label

const markup = `
  <div class="stage"><img class="after" alt="" hidden><img class="before" alt="" hidden></div>
  <div class="bar" hidden><button type="button" class="handle" role="slider" aria-orientation="horizontal"
    aria-valuemin="0" aria-valuemax="100" aria-label="Line between the two pictures"></button></div>
  <span class="label left" hidden></span><span class="label right" hidden></span>`;

const zoomMarkup = `
  <button type="button" class="less" aria-label="Smaller" title="Smaller (−)">−</button>
  <button type="button" class="percent" title="Whole picture (0) or its own pixels (1)"></button>
  <button type="button" class="more" aria-label="Larger" title="Larger (+)">+</button>`;

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/// Shows what is wanted last, once it is decoded: never a part of it, and nothing in between that has become old.
class Side {
  constructor(image, changed) {
    Object.assign(this, { image, changed, shown: null, wanted: null, loading: false, cleared: 0 });
    this.failed = { src: "", at: 0 };
  }
  show(picture) {
    if (picture.src === this.failed.src && Date.now() < this.failed.at + patience) return;
    this.wanted = picture;
    if (!this.loading) this.load();
  }
  async load() {
    this.loading = true;
    while (this.wanted && this.wanted.src !== this.shown?.src) {
      const { wanted: picture, cleared } = this;
      const image = new Image();
      Object.assign(image, { className: this.image.className, alt: picture.label, draggable: false, src: picture.src });
      try {
        await image.decode();
      } catch {
        this.failed = { src: picture.src, at: Date.now() };
        if (this.wanted === picture) this.wanted = this.shown; // it is gone: what is there stays
        continue;
      }
      if (cleared !== this.cleared) continue;
      this.image.replaceWith(image);
      this.image = image;
      this.shown = picture;
      this.changed();
    }
    if (this.wanted && this.wanted.label !== this.shown.label) {
      this.shown = this.wanted;
      this.image.alt = this.wanted.label;
      this.changed();
    }
    this.loading = false;
  }
  clear() {
    this.wanted = this.shown = null;
    ++this.cleared;
    this.changed();
  }
}

export class Viewer {
  /// Fills `element`. Whoever makes one adds Gestures, and puts zoomBar where it hides nothing of the picture.
  constructor(element) {
    Object.assign(this, { element, width: 0, height: 0, scale: 1, x: 0, y: 0, at: 0.5, fitted: true, peeking: false });
    this.tool = null; // {down, move, up, cancel}, each with a PointerEvent: takes what would else move the picture
    this.changed = () => {}; // called when the picture lies elsewhere or is of another size
    element.classList.add("viewer");
    element.tabIndex = 0;
    element.role = "group";
    element.setAttribute("aria-label", "Picture. Plus and minus zoom, arrow keys move it.");
    element.innerHTML = markup;
    for (const name of ["stage", "bar", "handle", "left", "right"]) this[name] = element.querySelector(`.${name}`);
    this.zoomBar = this.makeZoomBar();
    this.after = new Side(element.querySelector(".after"), () => this.draw());
    this.before = new Side(element.querySelector(".before"), () => this.draw());
    new ResizeObserver(() => this.resized()).observe(element);
  }

  makeZoomBar() {
    const bar = document.createElement("div");
    bar.className = "zoom";
    bar.role = "group";
    bar.setAttribute("aria-label", "Zoom");
    bar.innerHTML = zoomMarkup;
    [this.less, this.percent, this.more] = bar.children;
    return bar;
  }

  /// The size of the picture in its own pixels.
  setSize(width, height) {
    if (width === this.width && height === this.height) return;
    const alike = Math.abs(this.width * height - this.height * width) < 2 * Math.max(width, height); // only enlarged
    this.scale *= this.width / width;
    Object.assign(this, { width, height });
    if (!alike) this.fitted = true;
    this.stage.style.width = `${width}px`;
    this.stage.style.height = `${height}px`;
    this.resized();
  }
  /// picture: {src, label}, or null for none.
  showAfter(picture) {
    if (picture) this.after.show(picture);
    else this.after.clear();
  }
  showBefore(picture) {
    if (picture) this.before.show(picture);
    else this.before.clear();
  }
  /// The left picture alone, for as long as somebody holds a key.
  peek(on) {
    this.peeking = on;
    this.draw();
  }
  /// Where in the picture a point of the window lies.
  toPicture(clientX, clientY) {
    const box = this.element.getBoundingClientRect();
    return [(clientX - box.left - this.x) / this.scale, (clientY - box.top - this.y) / this.scale];
  }
  /// The longer side that a picture needs to be as sharp as the screen shows it.
  pixels() {
    return Math.max(this.width, this.height) * Math.min(1, this.scale * devicePixelRatio);
  }

  get room() {
    return [this.element.clientWidth, this.element.clientHeight];
  }
  get fitting() {
    const [width, height] = this.room;
    return Math.min(width / this.width, height / this.height, most / 2 / devicePixelRatio) || 1;
  }
  resized() {
    if (!this.width || !this.room[0]) return;
    const centre = this.lastRoom ? this.lastRoom.map((side) => side / 2) : [0, 0];
    const [dx, dy] = this.room.map((side, i) => side / 2 - centre[i]);
    this.lastRoom = this.room;
    if (this.fitted) this.fit();
    else this.put(this.scale, this.x + dx, this.y + dy);
  }
  fit() {
    this.put(this.fitting, 0, 0);
  }
  /// By a factor, around a point of the element, or its middle.
  zoom(factor, x = this.room[0] / 2, y = this.room[1] / 2) {
    const least = Math.min(this.fitting, 1 / devicePixelRatio);
    const scale = clamp(this.scale * factor, least, Math.max(most / devicePixelRatio, this.fitting));
    const grown = scale / this.scale;
    this.put(scale, x - (x - this.x) * grown, y - (y - this.y) * grown);
  }
  /// From the whole picture to its own pixels, and back.
  toggle(x, y) {
    if (this.fitted) this.actual(x, y);
    else this.fit();
  }
  actual(x, y) {
    this.zoom(1 / devicePixelRatio / this.scale, x, y);
  }
  move(dx, dy) {
    this.put(this.scale, this.x + dx, this.y + dy);
  }
  put(scale, x, y) {
    const [width, height] = this.room;
    const place = (offset, side, room) => (side <= room ? (room - side) / 2 : clamp(offset, room - side, 0));
    this.scale = scale;
    this.x = place(x, this.width * scale, width);
    this.y = place(y, this.height * scale, height);
    this.fitted = Math.abs(scale / this.fitting - 1) < 1e-3;
    this.draw();
    this.changed();
  }

  /// The part of the element, from left to right, that the picture covers.
  get visible() {
    return [Math.max(0, this.x), Math.min(this.room[0], this.x + this.width * this.scale)];
  }
  /// That there are two, and a line between them.
  get divided() {
    return this.before.shown !== null && this.after.shown !== null && !this.peeking;
  }
  draw() {
    if (!this.width) return;
    const { scale, divided } = this;
    const [left, right] = this.visible;
    const top = Math.max(0, this.y);
    const line = left + this.at * (right - left);
    const covered = divided ? clamp((line - this.x) / (this.width * scale), 0, 1) : 1;
    this.stage.style.transform = `translate(${this.x}px, ${this.y}px) scale(${scale})`;
    this.before.image.style.clipPath = `inset(0 ${100 * (1 - covered)}% 0 0)`;
    this.bar.hidden = !divided;
    Object.assign(this.bar.style, { left: `${line}px`, top: `${top}px`, bottom: `${top}px` });
    for (const side of [this.after, this.before]) {
      side.image.hidden = side.shown === null;
      const pixel = (this.width * scale * devicePixelRatio) / (side.image.naturalWidth || 1);
      side.image.classList.toggle("coarse", pixel >= coarse);
    }
    const place = { top: `${top + 12}px` };
    const labelled = this.peeking ? this.after.shown !== null : divided && line - left > narrow;
    this.label(this.left, this.before, labelled, { ...place, left: `${left + 12}px` });
    this.label(
      this.right,
      this.after,
      divided && right - line > narrow,
      { ...place, right: `${this.room[0] - right + 12}px` },
    );
    this.element.classList.toggle("whole", this.fitted);
    this.tell();
  }
  label(element, side, seen, place) {
    element.hidden = !seen;
    element.textContent = side.shown?.label ?? "";
    Object.assign(element.style, place);
  }
  /// What there is to be read, also by ear.
  tell() {
    const percent = `${Math.round(100 * this.scale * devicePixelRatio)} %`;
    this.percent.textContent = percent;
    this.percent.ariaLabel = `${percent}: ${this.fitted ? "show its own pixels" : "show the whole picture"}`;
    if (!this.divided) return;
    const share = Math.round(100 * this.at);
    this.handle.ariaValueNow = share;
    this.handle.ariaValueText = `${share} % ${this.before.shown.label}, the rest ${this.after.shown.label}`;
  }
  /// The line to a share of what is seen, or to a point of the window.
  divide(share) {
    this.at = clamp(share, 0, 1);
    this.draw();
  }
  divideAt(clientX) {
    const [left, right] = this.visible;
    this.divide((clientX - this.element.getBoundingClientRect().left - left) / (right - left));
  }
}
