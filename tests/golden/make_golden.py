# SPDX-License-Identifier: Apache-2.0
"""Writes the golden files that dipper's networks and layers are tested against, computed by PyTorch in float64.

Run with Debian's python3-torch and python3-numpy (a second run on one machine gives the same bytes):
    /usr/bin/python3 tests/golden/make_golden.py [FOLDER]

NETWORK.safetensors, for each row of GOLDENS in networks.py
    Weights and inputs are not stored: both sides draw them (philox.py), from the seed in the metadata. Parameter
    tensor t, counted in forward order, is uniform(weights, step t): bound * (2 u - 1) with bound = 1 / sqrt(fan_in) for
    weights and biases of convolutions, 0.5 + u for gamma and u - 0.5 for beta, all in float32. The input z is
    uniform(input, step 0) - 0.5 and the target y uniform(input, step 1), 3 x size x size; a pixel is known where
    uniform(input, step 2) < 0.5. Loss: sum (mask * out - mask * y)^2. Adam: the rate in the metadata, betas .9 and
    .999, eps 1e-8, the same z at each step.
      output, loss                     of the first forward pass
      NAME/grad_norm, NAME/grad_sample for every parameter, and for z: its gradient's L2 norm and 48 of its values
      adam_losses                      before each of ten Adam steps
      NAME/adam_norm, NAME/adam_sample for every parameter: its value after the ten steps
      adam_output                      of a forward pass after them
    A sample of n values takes stride = max(1, n / 48) and holds the values 0, stride, 2 stride, ..., at most 48.
    Metadata: "parameters" lists {name, shape, fan_in} in forward order; "vanishing" names the biases and betas that a
    BatchNorm cancels: their gradient is 0 but for rounding, so what Adam makes of them in float32 is noise (the output
    is not). Networks with options have them as a recipe's values in "options", and z's channels in "input_channels".

layers.safetensors
    One case per layer and setting, everything in full: CASE/x (inputs; more of them are x2 and x3), w, b (parameters),
    y, the gradient dy that comes in, and dx, dx2, dx3, dw, db. Weights are OIHW, for transposed convolutions IOHW; in
    batch_norm w is gamma and b beta; in filter k is the kernel, which has no gradient; in masked_error x2 is the target
    and x3 the weights, all positive. Metadata "cases": {CASE: {op, ...settings}}. Inputs are exact in float32.
    One more case, adam: from the parameters x, with the gradients of ten steps dy (10 x n), to y after each (10 x n).
"""
import json
import os
import struct
import sys
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # before torch: threads change the order of sums

import numpy as np
import torch
from torch.nn import functional as F

from networks import GOLDENS, named_parameters
from philox import STREAM_INPUT, STREAM_WEIGHTS, uniform

# Of the layers' cases. With each network's seed no LeakyReLU input of the first pass lies so near to 0 that float32
# takes the other slope, which would change whole gradients by about 1 %.
# In later steps it happens: the rate is small enough that it does not matter then (float32 and weights perturbed by
# 3e-7: losses within 1e-6, adam_output within 3e-4, both relative; at 1e-3: 10 %).
SEED = 60
RATE = 3e-6
SAMPLES = 48


def write_safetensors(path, tensors, metadata):
    """8 bytes of header length, a JSON header of names, types, shapes and offsets, then the values."""
    codes = {np.dtype("<f4"): "F32", np.dtype("<f8"): "F64", np.dtype("<i8"): "I64"}
    header, data = {"__metadata__": metadata}, bytearray()
    for name, tensor in tensors.items():
        tensor = np.asarray(tensor)
        start = len(data)
        data += tensor.tobytes()  # row-major
        header[name] = {"dtype": codes[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB, {len(tensors)} tensors")


def common_metadata(seed, **more):
    return {"torch": torch.__version__, "script": Path(__file__).name, "seed": str(seed), **more}


def fan_in(module):
    """PyTorch's: of a transposed convolution it counts the output channels."""
    return module.weight.shape[1] * module.weight[0, 0].numel()


def draw_parameter(seed, name, module, shape, step):
    u = uniform(seed, STREAM_WEIGHTS, step, shape)
    if name.endswith(".gamma"):
        return np.float32(0.5) + u
    if name.endswith(".beta"):
        return u - np.float32(0.5)
    bound = np.float32(1) / np.sqrt(np.float32(fan_in(module)))
    return bound * (np.float32(2) * u - np.float32(1))


def draw_problem(seed, z_shape, size, dtype):
    """z, y (1 x 3 x size x size) and the mask (size x size, 1 = known)."""
    z = uniform(seed, STREAM_INPUT, 0, (1, *z_shape)) - np.float32(0.5)
    y = uniform(seed, STREAM_INPUT, 1, (1, 3, size, size))
    mask = uniform(seed, STREAM_INPUT, 2, (size, size)) < np.float32(0.5)
    z, y, mask = (torch.tensor(values, dtype=dtype) for values in (z, y, mask))
    return z.requires_grad_(), y, mask


def norm_and_sample(tensor, key):
    values = tensor.detach().double().numpy().ravel()
    stride = max(1, values.size // SAMPLES)
    return {f"{key}_norm": np.sqrt(np.sum(values * values, keepdims=True)),
            f"{key}_sample": values[::stride][:SAMPLES].copy()}  # not a view of what changes later


def check_forward_order(network, z):
    """Parameters must be numbered in the order in which their layers run."""
    ran = []
    hooks = [m.register_forward_hook(lambda module, *_: ran.append(module)) for m in network.children()]
    network(z)
    for hook in hooks:
        hook.remove()
    assert ran == list(network.children())


def options_metadata(network):
    """What a recipe would set, as text."""
    if not network.options:
        return {}
    texts = {f"{network.name}.{key}": ",".join(map(str, value)) if isinstance(value, list) else str(value)
             for key, value in network.options.items()}
    texts = {key: text.lower() if text in ("True", "False") else text for key, text in texts.items()}
    return {"options": json.dumps(texts), "input_channels": str(network.input_channels)}


def network_golden(make, size, seed, dtype=torch.float64):
    network = make().to(dtype)
    parameters = list(named_parameters(network))
    with torch.no_grad():
        for step, (name, module, tensor) in enumerate(parameters):
            tensor.copy_(torch.from_numpy(draw_parameter(seed, name, module, tuple(tensor.shape), step)))
    z, y, mask = draw_problem(seed, network.z_shape(size), size, dtype)
    check_forward_order(network, z)

    tensors, losses, vanishing = {}, [], []
    optimizer = torch.optim.Adam([tensor for _, _, tensor in parameters], lr=RATE)
    for iteration in range(10):
        optimizer.zero_grad()
        out = network(z)
        loss = torch.sum((mask * out - mask * y)**2)
        loss.backward()
        losses.append(loss.item())
        if iteration == 0:
            tensors |= {"output": out[0].detach().float().numpy(), "loss": np.array([loss.item()])}
            tensors |= norm_and_sample(z.grad, "z/grad")
            for name, module, tensor in parameters:
                tensors |= norm_and_sample(tensor.grad, f"{name}/grad")
                if name.endswith((".bias", ".beta")) and tensor.grad.norm() < 1e-9 * module.weight.grad.norm():
                    vanishing.append(name)
        optimizer.step()
    tensors["adam_losses"] = np.array(losses)
    for name, _, tensor in parameters:
        tensors |= norm_and_sample(tensor, f"{name}/adam")
    tensors["adam_output"] = network(z)[0].detach().float().numpy()

    listed = [{"name": name, "shape": list(tensor.shape)} | ({} if ".norm." in name else {"fan_in": fan_in(module)})
              for name, module, tensor in parameters]
    return tensors, common_metadata(seed, network=network.name, size=str(size), rate=str(RATE),
                                    parameters=json.dumps(listed), vanishing=json.dumps(vanishing),
                                    **options_metadata(network))


def conv2d(x, w, b, stride, padding, mode):
    if mode == "reflection":
        x, padding = F.pad(x, [padding] * 4, mode="reflect"), 0
    return F.conv2d(x, w, b, stride, padding)


def filter2d(x, k, stride, window, first, size):
    """Of the window (top, left, height, width), its edges repeated, what outputs of `size` (height, width) meet."""
    top, left, height, width = window
    reach = [(n - 1) * stride + taps for n, taps in zip(size, k.shape)]
    after = [max(0, f + r - n) for f, r, n in zip(first, reach, (height, width))]
    before = [max(0, -f) for f in first]
    x = F.pad(x[:, :, top:top + height, left:left + width], [before[1], after[1], before[0], after[0]], mode="replicate")
    row, column = (max(0, f) for f in first)
    x = x[:, :, row:row + reach[0], column:column + reach[1]]
    return F.conv2d(x, k.expand(x.shape[1], 1, *k.shape), None, stride, groups=x.shape[1])


ERRORS = {
    "squared": lambda x, y: (x - y)**2,
    "absolute": lambda x, y: torch.sqrt((x - y)**2 + 1e-8) - 1e-4,
}


def masked_error(x, x2, x3, kind, sigmoid):
    x = torch.sigmoid(x) if sigmoid else x
    return torch.sum(x3 * ERRORS[kind](x, x2)).reshape(1, 1, 1, 1)


def total_variation(x, epsilon):
    across, down = F.pad(x.diff(dim=3), [0, 1, 0, 0]), F.pad(x.diff(dim=2), [0, 0, 0, 1])
    return torch.mean(torch.sqrt(across**2 + down**2 + epsilon**2) - epsilon).reshape(1, 1, 1, 1)


# op: (function of the inputs, then of the parameters w and b, then of the settings)
LAYERS = {
    "conv2d": conv2d,
    "conv_transpose2d": F.conv_transpose2d,
    "batch_norm": lambda x, w, b, eps: F.batch_norm(x, None, None, w, b, training=True, eps=eps),
    "leaky_relu": lambda x, slope: F.leaky_relu(x, slope),
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "pixel_shuffle": lambda x, factor: F.pixel_shuffle(x, factor),
    "upsample_nearest": lambda x, factor: F.interpolate(x, scale_factor=factor, mode="nearest"),
    "upsample_bilinear": lambda x, factor: F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False),
    "concat": lambda x, x2: torch.cat([x, x2], dim=1),
    "elu": F.elu,
    "swish": F.silu,
    "add": lambda x, x2, scale: torch.add(x, x2, alpha=scale),
    "max_pool": F.max_pool2d,
    "average_pool": F.avg_pool2d,
    "filter": filter2d,
    "masked_error": masked_error,
    "total_variation": total_variation,
}


def layer_cases():
    """Yields (case, op, settings, shapes of x, x2, w, b)."""
    for kernel in (1, 3, 4, 5):
        for stride in (1, 2):
            for mode in ("zero", "reflection"):
                settings = {"stride": stride, "padding": (kernel - 1) // 2, "mode": mode}
                if settings["padding"] > 0 or mode == "zero":
                    yield (f"conv2d_k{kernel}_s{stride}_{mode}", "conv2d", settings,
                           {"x": (3, 11, 9), "w": (5, 3, kernel, kernel), "b": (5,)})
    for kernel, stride, padding, extra in ((4, 2, 1, 0), (5, 2, 2, 1), (3, 1, 1, 0)):
        yield (f"conv_transpose2d_k{kernel}_s{stride}", "conv_transpose2d",
               {"stride": stride, "padding": padding, "output_padding": extra},
               {"x": (5, 7, 6), "w": (5, 3, kernel, kernel), "b": (3,)})
    yield "batch_norm", "batch_norm", {"eps": 1e-5}, {"x": (5, 11, 9), "w": (5,), "b": (5,)}
    for slope in (0.01, 0.2):
        yield f"leaky_relu_{slope}", "leaky_relu", {"slope": slope}, {"x": (3, 11, 9)}
    yield "relu", "relu", {}, {"x": (3, 11, 9)}
    yield "sigmoid", "sigmoid", {}, {"x": (3, 11, 9)}
    yield "pixel_shuffle_2", "pixel_shuffle", {"factor": 2}, {"x": (12, 5, 7)}
    yield "upsample_nearest_2", "upsample_nearest", {"factor": 2}, {"x": (3, 7, 5)}
    yield "upsample_bilinear_2", "upsample_bilinear", {"factor": 2}, {"x": (3, 7, 5)}
    yield "concat", "concat", {}, {"x": (3, 11, 9), "x2": (5, 11, 9)}


def later_cases():
    """The same for layers that came later: they are drawn last, so that those above keep their numbers."""
    yield "elu", "elu", {}, {"x": (3, 11, 9)}
    yield "swish", "swish", {}, {"x": (3, 11, 9)}
    yield "add", "add", {"scale": -0.75}, {"x": (3, 11, 9), "x2": (3, 11, 9)}
    for size in (2, 3):
        yield f"max_pool_{size}", "max_pool", {"kernel_size": size}, {"x": (3, 11, 9)}
    for size in (2, 4):  # their weights are exact in float32
        yield f"average_pool_{size}", "average_pool", {"kernel_size": size}, {"x": (3, 11, 9)}
    for stride, kernel, first, size in ((1, (3, 4), (-1, -2), (10, 9)), (2, (5, 4), (-2, 1), (6, 5)),
                                        (4, (3, 3), (3, -9), (2, 3))):
        settings = {"stride": stride, "window": (1, 2, 9, 6), "first": first, "size": size}
        yield f"filter_s{stride}", "filter", settings, {"x": (3, 11, 9), "k": kernel}
    for kind, sigmoid in (("squared", False), ("squared", True), ("absolute", True)):
        name = f"masked_error_{kind}" + ("_sigmoid" if sigmoid else "")
        shapes = {"x": (3, 11, 9), "x2": (3, 11, 9), "x3": (1, 11, 9)}
        yield name, "masked_error", {"kind": kind, "sigmoid": sigmoid}, shapes
    yield "total_variation", "total_variation", {"epsilon": 1e-3}, {"x": (3, 11, 9)}


def adam_golden(settings, start, gradients):
    x = start.clone()
    betas = (settings["beta1"], settings["beta2"])
    optimizer = torch.optim.Adam([x], lr=settings["rate"], betas=betas, eps=settings["eps"])
    steps = []
    for x.grad in gradients:
        optimizer.step()
        steps.append(x.clone())
    return {"adam/x": start.numpy(), "adam/dy": gradients.numpy(), "adam/y": torch.stack(steps).numpy()}


def layer_goldens():
    tensors, cases, drawn = {}, {}, 0

    def draw(shape):  # in [-1, 1), exact in float32
        nonlocal drawn
        drawn += 1
        return torch.from_numpy(2 * uniform(SEED, STREAM_INPUT, drawn, shape).astype(np.float64) - 1)

    def run(case, op, settings, shapes):
        inputs = {name: draw(shape) for name, shape in shapes.items()}
        if op == "masked_error":
            inputs |= {name: inputs[name].abs() for name in ("x2", "x3")}
        for name, tensor in inputs.items():
            tensor.requires_grad_(name != "k")
        batched = [t[None] if name.startswith("x") else t for name, t in inputs.items()]
        y = LAYERS[op](*batched, **settings)[0]
        dy = draw(tuple(y.shape))
        y.backward(dy)
        cases[case] = {"op": op, **settings}
        gradients = {f"d{name}": t.grad for name, t in inputs.items() if t.requires_grad}
        found = {**inputs, "y": y, "dy": dy, **gradients}
        tensors.update({f"{case}/{name}": t.detach().numpy() for name, t in found.items()})

    for case in layer_cases():
        run(*case)

    cases["adam"] = {"op": "adam", "rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    gradients = draw((10, 37)) * torch.logspace(-9, 3, 37, dtype=torch.float64).float().double()  # to both sides of eps
    gradients[:, 7] = 0
    gradients[5:, 8] = 0
    tensors |= adam_golden(cases["adam"], draw((37,)), gradients.float().double())

    for case in later_cases():
        run(*case)
    return tensors, common_metadata(SEED, cases=json.dumps(cases))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name, golden in GOLDENS.items():
        write_safetensors(folder / f"{name}.safetensors", *network_golden(*golden))
    write_safetensors(folder / "layers.safetensors", *layer_goldens())


if __name__ == "__main__":
    main()
