// SPDX-License-Identifier: Apache-2.0
// What moves the picture of a Viewer: the pointer (one drags, two pinch), the wheel, keys, and its buttons.

const step = 0.02; // of the line between the pictures
const steps = {
  ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step,
  PageDown: -5 * step, PageUp: 5 * step, Home: -1, End: 1,
};

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

export class Gestures {
  /// scrolls: the wheel alone is the page's, and zooms with Ctrl only.
  constructor(viewer, { scrolls = false } = {}) {
    Object.assign(this, { viewer, scrolls, pointers: new Map(), start: null, using: false });
    this.listenToHandle(viewer.handle);
    this.listenToPicture(viewer.element);
    viewer.less.addEventListener("click", () => viewer.zoom(1 / 1.5));
    viewer.more.addEventListener("click", () => viewer.zoom(1.5));
    viewer.percent.addEventListener("click", () => viewer.toggle());
  }
  listenToHandle(handle) {
    handle.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) this.viewer.divideAt(event.clientX);
    });
    handle.addEventListener("dblclick", (event) => event.stopPropagation());
    handle.addEventListener("keydown", (event) => {
      if (!steps[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      this.viewer.divide(this.viewer.at + steps[event.key]);
    });
  }
  listenToPicture(element) {
    const { viewer } = this;
    element.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    element.addEventListener("keydown", (event) => event.target === element && this.key(event));
    element.addEventListener("pointerdown", (event) => !event.target.closest("button") && this.press(event));
    element.addEventListener("pointermove", (event) => this.drag(event));
    element.addEventListener("pointerup", (event) => this.release(event, "up"));
    element.addEventListener("pointercancel", (event) => this.release(event, "cancel"));
    element.addEventListener("dblclick", (event) => {
      if (viewer.tool || event.target.closest("button")) return;
      viewer.toggle(...this.within(event.clientX, event.clientY));
    });
  }
  /// A point of the window as one of the element.
  within(clientX, clientY) {
    const box = this.viewer.element.getBoundingClientRect();
    return [clientX - box.left, clientY - box.top];
  }

  /// What a key does to the picture; false for one that does nothing.
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const { viewer } = this;
    const does = {
      "+": () => viewer.zoom(1.25), "=": () => viewer.zoom(1.25), "-": () => viewer.zoom(1 / 1.25),
      0: () => viewer.fit(), 1: () => viewer.actual(),
      ArrowLeft: () => viewer.move(60, 0), ArrowRight: () => viewer.move(-60, 0),
      ArrowUp: () => viewer.move(0, 60), ArrowDown: () => viewer.move(0, -60),
    }[event.key];
    if (!does || (event.key.startsWith("Arrow") && viewer.fitted)) return false;
    event.preventDefault();
    does();
    return true;
  }
  wheel(event) {
    if (this.scrolls && !event.ctrlKey) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 * event.deltaY : event.deltaY;
    const speed = event.ctrlKey ? 0.01 : 0.002; // a pinch on a touchpad comes as a wheel with Ctrl, in small steps
    this.viewer.zoom(Math.exp(-clamp(lines, -200, 200) * speed), ...this.within(event.clientX, event.clientY));
  }

  press(event) {
    const { tool, element } = this.viewer;
    if (event.pointerType === "mouse" && event.button > 1) return;
    element.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (this.pointers.size > 1) {
      if (this.using) tool.cancel(event); // it was the first finger of two
      this.using = false;
    } else {
      this.start = event;
      this.using = tool !== null && event.button === 0 && !tool.paused;
      if (this.using) tool.down(event);
    }
  }
  drag(event) {
    const { viewer } = this;
    const before = this.pointers.get(event.pointerId);
    if (!before || this.using || this.pointers.size > 2) {
      if (viewer.tool) viewer.tool.move(event, this.using);
      return;
    }
    const other = [...this.pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
    this.pointers.set(event.pointerId, event);
    if (other) {
      this.pinch(other, before, event);
    } else if (!viewer.fitted) {
      viewer.move(event.clientX - before.clientX, event.clientY - before.clientY);
    } else if (viewer.divided && !viewer.tool && Math.abs(event.clientX - this.start.clientX) > 4) {
      viewer.divideAt(event.clientX); // the whole picture cannot move, so that the line may
    }
  }
  pinch(other, before, now) {
    const distance = (event) => Math.hypot(event.clientX - other.clientX, event.clientY - other.clientY);
    const middle = this.within((now.clientX + other.clientX) / 2, (now.clientY + other.clientY) / 2);
    this.viewer.move((now.clientX - before.clientX) / 2, (now.clientY - before.clientY) / 2);
    this.viewer.zoom(distance(now) / Math.max(1, distance(before)), ...middle);
  }
  release(event, how) {
    if (this.using && this.pointers.size === 1) this.viewer.tool[how](event);
    this.pointers.delete(event.pointerId);
    if (this.pointers.size === 0) this.using = false;
  }
}
