// SPDX-License-Identifier: Apache-2.0
// Writes a gray picture as PNG. A canvas could, but takes four times the memory, and some browsers alter what is read
// from one.

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; ++bit) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = table[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/// Length, name, bytes, and the checksum of the last two.
function chunk(name, bytes) {
  const all = new Uint8Array(12 + bytes.length);
  const view = new DataView(all.buffer);
  view.setUint32(0, bytes.length);
  all.set(new TextEncoder().encode(name), 4);
  all.set(bytes, 8);
  view.setUint32(8 + bytes.length, crc(all.subarray(4, 8 + bytes.length)));
  return all;
}

/// Rows one by one, each behind a 0: no filter.
function rows(pixels, width, height) {
  let y = 0;
  return new ReadableStream({
    pull(controller) {
      const strip = Math.min(64, height - y);
      const bytes = new Uint8Array(strip * (width + 1));
      for (let row = 0; row < strip; ++row, ++y) {
        bytes.set(pixels.subarray(y * width, (y + 1) * width), row * (width + 1) + 1);
      }
      controller.enqueue(bytes);
      if (y === height) controller.close();
    },
  });
}

/// pixels: a byte each. Returns a Blob.
export async function grayPng(pixels, width, height) {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 0, 0, 0, 0], 8); // bits, gray, and the only compression, filter set and order of rows
  const packed = await new Response(
    rows(pixels, width, height).pipeThrough(new CompressionStream("deflate")),
  ).arrayBuffer();
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return new Blob(
    [signature, chunk("IHDR", header), chunk("IDAT", new Uint8Array(packed)), chunk("IEND", new Uint8Array())],
    { type: "image/png" },
  );
}
