// SPDX-License-Identifier: Apache-2.0
// What stands under a run that has ended: why it did, its figures, how to repeat it, and where to go from here.
import { button, make } from "./dom.mjs";
import { figures, goodness } from "./run.mjs";
import { classicName, duration, isClassic, memory } from "./words.mjs";

/// Copies text; also where the browser's clipboard is closed to pages that came without encryption.
async function copy(text, element) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(element);
    document.execCommand("copy");
    getSelection().removeAllRanges();
  }
}

function commandBlock(command) {
  const text = make("pre", { tabIndex: 0, ariaLabel: "Command" }, command);
  const control = button("Copy", async () => {
    await copy(command, text);
    control.textContent = "Copied";
    setTimeout(() => (control.textContent = "Copy"), 2000);
  }, { className: "copy" });
  return make("div", { className: "command" }, text, control);
}

function table(rows) {
  const lines = rows.map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value)));
  return make("table", {}, make("tbody", {}, ...lines));
}

function resultFigures(run) {
  const { result } = run;
  // Of a frame that was chosen it is not known what to expect.
  const list = goodness({ ...run, psnr: result.psnr, ...(run.used ? { expected: null } : {}) }, run.task);
  if (result.ssim !== null) list.push(["SSIM", result.ssim.toFixed(3), "1 is the original"]);
  const share = Math.round(100 * result.classic_share);
  if (!run.raw && share > 0) {
    const hint = isClassic(result) ? "the network adds nothing" : "mixed in where it was better";
    list.push([`share of ${classicName(result.classic)}`, `${share} %`, hint]);
  }
  list.push(["time", duration(result.seconds)]);
  if (result.peak_bytes > 0) list.push(["memory", memory(result.peak_bytes)]);
  return figures(list);
}

/// Fills `element` for the run of `state`. longer(), again() and another() lead on.
export function showResult(element, { run, output }, { longer, again, another }) {
  const onward = [button("Change settings and run again", again), button("Restore another picture", another)];
  const title = "Go on from here";
  if (run.may_longer && isClassic(run.result)) onward.push(button("Run longer", longer, { title, className: "plain" }));
  else if (run.may_longer) onward.unshift(button("Run longer", longer, { title }));
  element.replaceChildren(
    ...(output ? [make("p", {}, `The result was written to ${output}.`)] : []),
    resultFigures(run),
    make("div", { className: "buttons" }, ...onward),
    make(
      "details",
      {},
      make("summary", {}, "How it was done"),
      table(run.settings),
      make("h3", {}, "The command that repeats it"),
      commandBlock(run.command),
    ),
    make(
      "p",
      {},
      make("a", { href: "/report", target: "_blank", rel: "noopener" }, "Report on one page"),
      " · ",
      make("a", { href: "/report?download=1", download: "" }, "save the report"),
    ),
  );
}
