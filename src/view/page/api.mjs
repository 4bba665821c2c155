// SPDX-License-Identifier: Apache-2.0
// What the page asks the server, and what that tells it.
import { sentence } from "./words.mjs";

const patience = 8000; // ms after which a server that does not answer is taken to have ended

async function ask(path, request) {
  let answer;
  try {
    answer = await fetch(path, { credentials: "same-origin", ...request });
  } catch {
    throw new Error("dipper does not answer. Is it still running?");
  }
  const text = await answer.text();
  if (answer.ok) return text ? JSON.parse(text) : null;
  let error = `dipper answered with an error (${answer.status})`;
  try {
    error = JSON.parse(text).error;
  } catch {
    // It was not the sentence that one expects.
  }
  throw new Error(sentence(error));
}

export const get = (path) => ask(path, {});
export const post = (path, body = {}) => ask(path, { method: "POST", body: JSON.stringify(body) });

/// Sends the bytes of a picture; returns {id, name, width, height, alpha, bits}.
export const upload = (blob, name = blob.name) => ask(`/pictures?name=${encodeURIComponent(name)}`, {
  method: "POST", body: blob, headers: { "Content-Type": "application/octet-stream" },
});

// Another server at the same address counts its pictures and runs from 1 again, and what the browser keeps of them is
// not its own.
const page = Date.now().toString(36);
const largest = 8192; // that the server makes

const still = (path, size) => `${path}?size=${Math.min(size, largest)}&page=${page}`;

export const pictureAt = (id, size) => still(`/pictures/${id}`, size);
export const wholePictureAt = (id) => `/pictures/${id}?format=png&page=${page}`;
export const frameAt = (run, iteration, size) => `${still(`/frames/${iteration}`, size)}&run=${run}`;

/// All of a picture that the server has, as a file.
export async function pictureFile(id) {
  const answer = await fetch(wholePictureAt(id));
  if (!answer.ok) throw new Error("The picture is no longer there.");
  return answer.blob();
}

/// Calls state(state) at once and on every change, and connection("open" | "broken" | "gone") when that changes.
export function listen(state, connection) {
  let source = null;
  let now = "";
  let broken = 0;
  const become = (next) => {
    if (next === now) return;
    now = next;
    connection(next);
  };
  const open = () => {
    source = new EventSource("/events");
    source.addEventListener("message", (event) => {
      broken = 0;
      become("open");
      state(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      broken ||= Date.now();
      become(Date.now() - broken < patience ? "broken" : "gone");
    });
  };
  // A browser gives up at answers that are no stream, and some also at a refused connection.
  setInterval(() => {
    if (!broken) return;
    become(Date.now() - broken < patience ? "broken" : "gone");
    if (source.readyState === EventSource.CLOSED) open();
  }, 2000);
  open();
  return () => {
    source.close();
    broken = 0;
  };
}
