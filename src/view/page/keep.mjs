// SPDX-License-Identifier: Apache-2.0
// What the page keeps in the browser, so that loading it again loses nothing: what was chosen in the form, what was
// painted, and which result was downloaded.
import { pictureFile } from "./api.mjs";

export function recall(name) {
  return JSON.parse(sessionStorage.getItem(name));
}

export function store(name, value) {
  try {
    sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    sessionStorage.removeItem(name); // there is too little room; what is old would mislead
  }
}

/// Another dipper at the same address counts its pictures and runs from 1 again.
export const forget = () => sessionStorage.clear();

const soon = 500; // ms
const keyOf = ({ id, name, width, height }) => [id, name, width, height].join(" ");

function textOf(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.replace(/^.*,/, "")));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

const blobOf = (text) => new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], { type: "image/png" });

/// Keeps what a run of the picture is asked for with, and fills the form with what it was.
export class Keeper {
  constructor(form, painter) {
    // filled: the newest run whose request the form holds; ready: what was kept has been read.
    Object.assign(this, { form, painter, filled: 0, ready: false, starting: false, timer: 0, change: null });
  }
  /// As the page begins. What was kept here goes before what the last run was asked for with, unless that is newer.
  async recall({ picture, run }) {
    const number = run?.number ?? 0;
    const kept = recall("form");
    const own = kept?.picture === keyOf(picture) && kept.run >= number;
    const request = own ? kept.request : run?.request;
    if (request) this.form.fill(request);
    const mask = recall("mask");
    const painted = own && mask?.picture === kept.picture;
    this.filled = number;
    try {
      if (painted && mask.png) await this.painter.show(blobOf(mask.png));
      else if (!painted && run?.request) await this.showMask(run.request);
    } catch {
      // A mask that is gone can be painted again.
    }
    this.ready = true;
  }
  /// With what a run was asked for with, unless the form holds it already.
  async fill(run) {
    if (!run?.request || run.number <= this.filled) return;
    this.filled = run.number;
    this.form.fill(run.request);
    await this.showMask(run.request);
  }
  async showMask({ pictures }) {
    if (pictures?.mask) await this.painter.show(await pictureFile(pictures.mask));
  }
  /// The run that this page has started holds what the form does.
  follow(picture, run) {
    if (!this.starting || !run || run.number <= this.filled) return;
    this.starting = false;
    this.filled = run.number;
    this.keep(picture);
  }

  keep(picture) {
    if (!this.ready) return;
    store("form", { picture: keyOf(picture), run: this.filled, request: this.form.request(picture.id) });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keepMask(picture), soon);
  }
  async keepMask(picture) {
    const { painter } = this;
    const change = painter.mask.done.at(-1) ?? painter.mask; // which is another after every change
    if (change === this.change || painter.picture.id !== picture.id) return;
    this.change = change;
    const png = painter.painted ? await textOf(await painter.png()) : "";
    store("mask", { picture: keyOf(picture), png });
  }
}
