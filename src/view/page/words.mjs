// SPDX-License-Identifier: Apache-2.0
// What the page says: the server's names in the words of people who take photographs.

/// What may have happened to a picture, by the task that repairs it, in the order in which it is asked.
export const damages = {
  inpaint: { label: "Scratches, text, or something to remove", hint: "You paint over it, and dipper fills it in." },
  denoise: { label: "Noise or grain", hint: "High ISO, film grain, dim light." },
  dejpeg: { label: "Blocks and rings of JPEG", hint: "Saved at low quality, or too often." },
  upscale: { label: "Too small", hint: "Enlarged with the detail that it lets one guess." },
  deblur: { label: "Blurred", hint: "Out of focus or shaken, by an amount that you know." },
  flash: { label: "Too dark, and there is one with flash", hint: "The light of this one, the detail of the other." },
};

export const qualities = {
  fast: { label: "Fast", hint: "A good first look." },
  balanced: { label: "Balanced", hint: "Better, and takes several times as long as fast." },
  best: { label: "Best", hint: "As good as it gets. Without a graphics card it may take hours." },
};

/// What is asked at once, not under "More": options, and a choice of which one has to be made.
export const essentials = {
  inpaint: { oneOf: choice("Repair", "paint", "missing", "drop") },
  upscale: { asked: ["scale"] },
  deblur: { oneOf: choice("How?", "gaussian", "motion", "kernel") },
};
function choice(legend, ...names) {
  return Object.assign(names, { legend });
}

/// What the brush says, in the place of some options.
export const byPainting = { name: "paint", replaces: ["mask", "mask-known"] };

/// What has still to be done before a run can start: by option, or task.
export const lacking = {
  task: "Say what happened to it",
  wrong: "Correct what is marked",
  paint: "Paint over what to repair",
  drop: "Say how many to drop",
  flash: "Add the picture with flash",
  gaussian: "Say how far out of focus",
  motion: "Say how it moved",
  kernel: "Add the picture of the blur",
  deblur: "Say how it is blurred",
};

const times = (n) => ({ value: String(n), label: `${n} times as wide and high` });

/// The options in people's words. inner: the field's own label, where `label` is that of a choice; choices: what there
/// is to choose from; number: {min, max}.
export const options = {
  paint: { label: "what I paint over" },
  missing: {
    label: "all pixels of one colour",
    inner: "That are exactly",
    choices: [
      { value: "black", label: "black" }, { value: "white", label: "white" },
      { value: "transparent", label: "transparent" }, { value: "colour", label: "of another colour" },
    ],
  },
  drop: {
    label: "random pixels, to try it out",
    inner: "Share of the pixels to drop",
    number: { min: 0, max: 1 },
    hint: "0 to 1, such as 0.5. This picture is undamaged, then.",
  },
  noise: {
    label: "The noise is",
    choices: [
      { value: "gaussian", label: "the same everywhere" },
      { value: "poisson", label: "stronger in bright places (few photons)" },
    ],
  },
  sigma: {
    label: "Strength of the noise",
    number: { min: 0, max: 255 },
    hint: "Its standard deviation, where white is 255.",
  },
  scale: { label: "Make it", choices: [2, 3, 4, 6, 8].map(times) },
  operator: {
    label: "It was made small by",
    choices: ["lanczos3", "lanczos2", "bicubic", "box", "gaussian"].map((value) => ({ value, label: value })),
    hint: "Leave it if you do not know.",
  },
  flash: { label: "The same scene with flash", hint: "Of the same size, from the same place." },
  gaussian: {
    label: "out of focus",
    inner: "How far a point of light spreads",
    number: { min: 0.1, max: 50 },
    unit: "pixels",
    placeholder: "such as 2",
    hint: "To each side (the standard deviation): 1 is slightly soft, 4 is badly out of focus.",
  },
  motion: {
    label: "the camera moved",
    inner: "How far, and in which direction",
    placeholder: "pixels,degrees such as 12,30",
    hint: "12,0 is 12 pixels to the side, 12,90 is up or down, and 12,30 rises to the right.",
  },
  kernel: {
    label: "I have a picture of the blur",
    inner: "Picture of the blur",
    hint: "What it makes of a point of light, white on black.",
  },
};

const stages = {
  picture: "Making the picture",
  uncertainty: "Finding how far pixels may be off",
  bm3d: "Comparing blocks (BM3D)",
};

const classics = {
  bm3d: "BM3D", cubic: "cubic interpolation", linear: "linear interpolation", tv: "total variation",
  guided: "guided filtering", "guided-bm3d": "guided filtering with BM3D",
};

/// What a classical method is called.
export const classicName = (name) => classics[name] ?? name;

/// That a classical method's picture alone is the result.
export const isClassic = (result) => Math.round(100 * result.classic_share) === 100;

/// What the figures of a run mean.
export const terms = [
  ["Iteration", "One round of learning: the network draws the whole picture, and is corrected a little."],
  ["Loss", "How far the network's picture still is from what is known of yours. It need not reach nothing."],
  ["PSNR", "How near to the original, in dB. 30 is good; 40 cannot be told apart by eye."],
  ["Expected PSNR", "The same, guessed without the original, from known pixels that were kept hidden."],
  ["SSIM", "How alike the structures are; 1 is the original."],
  ["Share of BM3D, or of another method", "How much of the result is a classical method's, mixed in where it was better."],
];

/// What is done beside the iterations; a classical method keeps its name.
export const stageOf = (name) => stages[name] ?? `Classical method first (${name})`;

/// A sentence as the program says it, for a person: it begins large, unless with a file's name, and ends with a stop.
export function sentence(text) {
  const begun = /^[a-z]+ /.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
  return /(^|[.!?])$/.test(begun) ? begun : `${begun}.`;
}

export function duration(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/// As exact as a forecast can be.
export function timeLeft(seconds) {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} s left`;
  if (seconds < 5400) return `about ${Math.round(seconds / 60)} min left`;
  return `about ${(seconds / 3600).toFixed(1)} h left`;
}

export const memory = (bytes) => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
export const grouped = (number) => number.toLocaleString("en");
export const count = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

export function pace(perSecond) {
  if (perSecond < 1) return `${(1 / perSecond).toFixed(1)} s an iteration`;
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)} iterations/s`;
}

export const decibel = (value, within) => `${value.toFixed(1)} dB${within ? ` ± ${within.toFixed(1)}` : ""}`;

/// What a PSNR means to the eye.
export function likeness(psnr) {
  if (psnr >= 40) return "hardly to be told from the original";
  if (psnr >= 33) return "very close to the original";
  if (psnr >= 27) return "close to the original";
  if (psnr >= 22) return "like the original, with visible differences";
  return "still far from the original";
}

/// What a PSNR means that is expected of the repaired places alone.
export function trust(psnr) {
  if (psnr >= 35) return "of repaired places: very likely as they were";
  if (psnr >= 27) return "of repaired places: close to what was there";
  if (psnr >= 20) return "of repaired places: fine detail is guessed";
  return "of repaired places: a guess that fits what is around";
}
