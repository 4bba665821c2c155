# SPDX-License-Identifier: Apache-2.0
"""Philox4x32-10 as src/base/philox.cpp defines it, for whole arrays, so that both draw the same weights."""
import numpy as np

STREAM_WEIGHTS, STREAM_INPUT = 0, 1  # enum class Stream


def philox(counter, key):
    """Ten rounds. counter: four arrays (or numbers) of 32 bits, key: two numbers; gives four arrays of uint32."""
    low = np.uint64(0xFFFFFFFF)
    c = [np.asarray(word, np.uint64) for word in counter]
    for bump in range(10):
        k = [np.uint64((key[0] + bump * 0x9E3779B9) % 2**32), np.uint64((key[1] + bump * 0xBB67AE85) % 2**32)]
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> np.uint64(32)) ^ c[1] ^ k[0], b & low, (a >> np.uint64(32)) ^ c[3] ^ k[1], a & low]
    return [word.astype(np.uint32) for word in c]


def uniform(seed, stream, step, shape):
    """Numbers 0, 1, 2, ... of `step` as float32 in [0, 1), filling `shape` in row-major order."""
    count = int(np.prod(shape))
    blocks = np.arange((count + 3) // 4)
    words = np.stack(philox([blocks, stream, step % 2**32, step >> 32], [seed % 2**32, seed >> 32]), axis=-1)
    return ((words.ravel()[:count] >> 8).astype(np.float32) * np.float32(2.0**-24)).reshape(shape)


# The known answers that Random123 publishes (kat_vectors: philox4x32 10).
assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
assert philox([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]) == [
    0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]
