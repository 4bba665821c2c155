// SPDX-License-Identifier: Apache-2.0
// What is to be repaired, pixel by pixel: 0 is kept and 255 repaired. Every change can be taken back; what that takes
// is kept as tiles, and
// only of those that a change touched.

const side = 128; // of a tile, in pixels
const most = 64e6; // bytes kept to take changes back

/// The pixels of a round brush that went along a line, as rows: put(y, begin, end). A pixel belongs to it when its
/// centre does.
export function alongLine(x0, y0, x1, y1, radius, put) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  const [nx, ny] = length ? [(-(y1 - y0) / length) * radius, ((x1 - x0) / length) * radius] : [0, 0];
  const corners = [[x0 + nx, y0 + ny], [x1 + nx, y1 + ny], [x1 - nx, y1 - ny], [x0 - nx, y0 - ny]];
  for (let y = Math.ceil(Math.min(y0, y1) - radius - 0.5); y + 0.5 <= Math.max(y0, y1) + radius; ++y) {
    const centre = y + 0.5;
    let left = Infinity;
    let right = -Infinity;
    const widen = (a, b) => {
      left = Math.min(left, a);
      right = Math.max(right, b);
    };
    for (const [x, middle] of [[x0, y0], [x1, y1]]) {
      const half = Math.sqrt(radius * radius - (centre - middle) ** 2);
      if (half >= 0) widen(x - half, x + half);
    }
    corners.forEach(([ax, ay], i) => {
      const [bx, by] = corners[(i + 1) % 4];
      if ((ay <= centre) === (by <= centre)) return;
      const x = ax + ((centre - ay) / (by - ay)) * (bx - ax);
      widen(x, x);
    });
    const begin = Math.ceil(left - 0.5);
    const end = Math.floor(right - 0.5) + 1;
    if (begin < end) put(y, begin, end);
  }
}

export class Mask {
  constructor(width, height) {
    Object.assign(this, { width, height, weights: new Uint8Array(width * height), done: [], undone: [], change: null });
    this.across = Math.ceil(width / side);
    this.down = Math.ceil(height / side);
    this.empty = true;
  }

  /// A change begins, or what belongs to it goes on until end().
  begin() {
    this.change = { tiles: new Map(), bytes: 0 };
  }
  /// put(y, begin, end) is told of every row that was filled.
  line(x0, y0, x1, y1, radius, value, put) {
    const clip = (position, limit) => Math.min(Math.max(position, 0), limit);
    this.save(
      Math.min(x0, x1) - radius,
      Math.min(y0, y1) - radius,
      Math.max(x0, x1) + radius,
      Math.max(y0, y1) + radius,
    );
    alongLine(x0, y0, x1, y1, radius, (y, from, to) => {
      const begin = clip(from, this.width);
      const end = clip(to, this.width);
      if (y < 0 || y >= this.height || begin >= end) return;
      this.weights.fill(value, y * this.width + begin, y * this.width + end);
      put(y, begin, end);
    });
  }
  end() {
    if (this.change) this.keep(this.change);
    this.change = null;
  }
  /// Takes back what has not ended; returns the parts that changed.
  cancel() {
    const parts = this.change ? this.swap(this.change) : [];
    this.change = null;
    return parts;
  }

  clear() {
    this.whole(() => this.weights.fill(0));
  }
  /// weights: of every pixel.
  load(weights) {
    this.whole(() => this.weights.set(weights));
  }
  invert() {
    const change = { invert: true, bytes: 0 };
    this.swap(change);
    this.keep(change);
  }
  /// Both return the parts that changed, as [x, y, width, height]; empty when there is nothing to be taken back.
  undo() {
    return this.takeBack(this.done, this.undone);
  }
  redo() {
    return this.takeBack(this.undone, this.done);
  }

  whole(does) {
    this.begin();
    this.save(0, 0, this.width, this.height);
    does();
    this.end();
  }
  keep(change) {
    this.done.push(change);
    this.undone = [];
    this.empty = this.isEmpty();
    let bytes = this.done.reduce((sum, one) => sum + one.bytes, 0);
    while (bytes > most && this.done.length > 1) bytes -= this.done.shift().bytes;
  }
  takeBack(from, to) {
    const change = from.pop();
    if (!change) return [];
    const parts = this.swap(change);
    to.push(change);
    this.empty = this.isEmpty();
    return parts;
  }
  isEmpty() {
    const words = new Uint32Array(this.weights.buffer, 0, this.weights.length >> 2);
    const rest = this.weights.subarray(words.length << 2);
    return !words.some((word) => word !== 0) && !rest.some((weight) => weight !== 0);
  }

  part(tile) {
    const x = (tile % this.across) * side;
    const y = Math.floor(tile / this.across) * side;
    return [x, y, Math.min(side, this.width - x), Math.min(side, this.height - y)];
  }
  /// A tile's weights; one number where they are all alike.
  read(tile) {
    const [x, y, width, height] = this.part(tile);
    const copy = new Uint8Array(width * height);
    for (let row = 0; row < height; ++row) {
      const at = (y + row) * this.width + x;
      copy.set(this.weights.subarray(at, at + width), row * width);
    }
    return copy.every((weight) => weight === copy[0]) ? copy[0] : copy;
  }
  write(tile, values) {
    const [x, y, width, height] = this.part(tile);
    for (let row = 0; row < height; ++row) {
      const at = (y + row) * this.width + x;
      if (typeof values === "number") this.weights.fill(values, at, at + width);
      else this.weights.set(values.subarray(row * width, (row + 1) * width), at);
    }
  }
  remember(change, tile) {
    const values = this.read(tile);
    change.tiles.set(tile, values);
    change.bytes += typeof values === "number" ? 16 : values.length;
  }
  /// Keeps the tiles of a part, before they change.
  save(left, top, right, bottom) {
    const tileOf = (position, count) => Math.min(Math.max(Math.floor(position / side), 0), count - 1);
    for (let row = tileOf(top, this.down); row <= tileOf(bottom, this.down); ++row) {
      for (let column = tileOf(left, this.across); column <= tileOf(right, this.across); ++column) {
        const tile = row * this.across + column;
        if (!this.change.tiles.has(tile)) this.remember(this.change, tile);
      }
    }
  }
  /// Exchanges what a change keeps and what is there, so that doing it again goes back.
  swap(change) {
    if (change.invert) {
      for (let i = 0; i < this.weights.length; ++i) this.weights[i] = 255 - this.weights[i];
      return [[0, 0, this.width, this.height]];
    }
    change.bytes = 0;
    for (const [tile, values] of change.tiles) {
      this.remember(change, tile);
      this.write(tile, values);
    }
    return [...change.tiles.keys()].map((tile) => this.part(tile));
  }
}
