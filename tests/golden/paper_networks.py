# SPDX-License-Identifier: Apache-2.0
"""The networks of the Deep Image Prior paper and the Deep Decoder in PyTorch, with every option that dipper's have
(docs/networks.md). make_golden.py computes what dipper's are tested against, bench/compare_torch.py times Skip().

A network is written once, as forward(): the layers are made and registered as they run for the first time, on zeros,
so that parameters() is in forward order. Input input_channels x H x W, H and W multiples of `multiple` (Decoder: H /
multiple x W / multiple); output 3 x H x W in (0, 1). Batch 1, BatchNorm always on batch statistics.
"""
import math

import torch
from torch import cat, nn, sigmoid
from torch.nn import functional as F

ACTIVATIONS = {
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2, inplace=True),  # in place as the published code has it: saves a tensor
    "relu": F.relu,
    "elu": F.elu,
    "swish": F.silu,
    "none": lambda x: x,
}


def lanczos2_halved(x):
    """Lanczos' kernel of two lobes for half the size, along rows and columns; the edges repeat."""
    d = (torch.arange(8, dtype=torch.float64) - 3.5) / 2
    taps = torch.sinc(d) * torch.sinc(d / 2)
    taps = (taps / taps.sum()).to(x.dtype)
    kernel = torch.outer(taps, taps).expand(x.shape[1], 1, 8, 8)
    return F.conv2d(F.pad(x, [3] * 4, mode="replicate"), kernel, stride=2, groups=x.shape[1])


POOLS = {
    "average": lambda x: F.avg_pool2d(x, 2),
    "max": lambda x: F.max_pool2d(x, 2),
    "lanczos2": lanczos2_halved,
}


def enlarge(x, mode, factor=2):
    settings = {"align_corners": False} if mode == "bilinear" else {}
    return F.interpolate(x, scale_factor=factor, mode=mode, **settings)


class Network(nn.Module):
    """`options` are those given, by the names they have in a recipe; `settings` has the others' defaults too."""
    defaults = {}
    padding_modes = {"zero": "zeros", "reflect": "reflect"}

    def __init__(self, input_channels, **options):
        super().__init__()
        self.input_channels, self.options = input_channels, options
        self.settings = self.defaults | options
        self.making = True
        with torch.no_grad():
            self(torch.zeros(1, *self.z_shape(4 * self.multiple)))
        self.making = False

    @property
    def multiple(self):
        return 1

    def z_shape(self, size):
        """Of the input for a square canvas."""
        return (self.input_channels, size, size)

    def layer(self, name, kind, *sizes, **settings):
        if self.making:
            self.add_module(name, kind(*sizes, **settings))
        return self.get_submodule(name)

    def conv(self, name, x, channels, kernel, stride=1):
        mode = self.padding_modes[self.settings.get("padding", "zero")]
        return self.layer(f"{name}_conv", nn.Conv2d, x.shape[1], channels, kernel, stride, (kernel - 1) // 2,
                          padding_mode=mode)(x)

    def norm(self, name, x):
        return self.layer(f"{name}_norm", nn.BatchNorm2d, x.shape[1], track_running_stats=False)(x)

    def activate(self, x):
        return ACTIVATIONS[self.settings["activation"]](x)

    def block(self, name, x, channels, kernel):
        return self.activate(self.norm(name, self.conv(name, x, channels, kernel)))

    def output(self, x, kernel=1):
        return sigmoid(self.conv("output", x, 3, kernel))


class Skip(Network):
    """Ulyanov et al., 2017; the defaults are the paper's denoising network. Lists have a value for each scale."""
    name = "skip"
    defaults = {
        "down": [128] * 5, "up": [128] * 5, "skip": [4] * 5, "down_kernel": [3] * 5, "up_kernel": [3] * 5,
        "skip_kernel": 1, "upsampling": ["bilinear"] * 5, "downsampling": "stride", "padding": "reflect",
        "activation": "leaky_relu", "mix": True,
    }  # fmt: skip

    def __init__(self, input_channels=32, **options):
        super().__init__(input_channels, **options)

    @property
    def multiple(self):
        return 2**len(self.settings["down"])

    def at(self, key, scale):
        return self.settings[key][scale]

    def run_scale(self, scale, x):
        """From the input of a scale to its output, of the same size."""
        down, kernel, up = self.at("down", scale), self.at("down_kernel", scale), self.at("up", scale)
        pool = POOLS.get(self.settings["downsampling"])
        deep = self.conv(f"scale{scale}_down1", x, down, kernel, stride=1 if pool else 2)
        deep = self.activate(self.norm(f"scale{scale}_down1", pool(deep) if pool else deep))
        deep = self.block(f"scale{scale}_down2", deep, down, kernel)
        if scale + 1 < len(self.settings["down"]):
            deep = self.run_scale(scale + 1, deep)
        y = enlarge(deep, self.at("upsampling", scale))
        if self.at("skip", scale) > 0:
            aside = self.block(f"scale{scale}_skip", x, self.at("skip", scale), self.settings["skip_kernel"])
            y = cat([aside, y], dim=1)
        y = self.block(f"scale{scale}_up", self.norm(f"scale{scale}", y), up, self.at("up_kernel", scale))
        return self.block(f"scale{scale}_mix", y, up, 1) if self.settings["mix"] else y

    def forward(self, z):
        return self.output(self.run_scale(0, z))


class Unet(Network):
    """The published code's, after Ronneberger et al., 2015."""
    name = "unet"
    multiple = 16
    defaults = {"feature_scale": 4, "upsampling": "deconv", "padding": "zero", "activation": "relu"}

    def enlarged(self, name, x, channels):
        if self.settings["upsampling"] == "deconv":
            return self.layer(f"{name}_deconv", nn.ConvTranspose2d, x.shape[1], channels, 4, 2, 1)(x)
        return self.conv(name, enlarge(x, self.settings["upsampling"]), channels, 3)

    def run_level(self, level, x):
        channels = 64 * 2**level // self.settings["feature_scale"]
        for part in ("down1", "down2"):
            x = self.block(f"level{level}_{part}", x, channels, 3)
        if level == 4:
            return x
        deep = self.run_level(level + 1, F.max_pool2d(x, 2))
        x = cat([self.enlarged(f"level{level}_enlarge", deep, channels), x], dim=1)
        for part in ("up1", "up2"):
            x = F.relu(self.conv(f"level{level}_{part}", x, channels, 3))
        return x

    def forward(self, z):
        return self.output(self.run_level(0, z))


class Resnet(Network):
    """The published code's, after He et al., 2016."""
    name = "resnet"
    defaults = {"blocks": 8, "channels": 32, "norm": True, "activation": "leaky_relu", "padding": "reflect"}

    def convolved(self, name, x):
        x = self.conv(name, x, self.settings["channels"], 3)
        return self.norm(name, x) if self.settings["norm"] and name != "start" else x

    def forward(self, z):
        x = self.activate(self.convolved("start", z))
        for number in range(self.settings["blocks"]):
            y = self.activate(self.convolved(f"block{number}_first", x))
            x = x + self.convolved(f"block{number}_second", y)
        return self.output(self.convolved("end", x), kernel=3)


class Texture(Network):
    """Ulyanov et al., "Texture Networks", 2016, as Deep Image Prior's published code has it."""
    name = "texture"
    defaults = {"ratios": [32, 16, 8, 4, 2, 1], "channels": 8, "upsampling": "nearest", "activation": "leaky_relu",
                "padding": "zero"}

    @property
    def multiple(self):
        return self.settings["ratios"][0]

    def three(self, name, x, channels):
        for part, kernel in enumerate((3, 3, 1), 1):
            x = self.block(f"{name}{part}", x, channels, kernel)
        return x

    def forward(self, z):
        x, before = None, None
        for level, ratio in enumerate(self.settings["ratios"]):
            if x is not None:
                x = enlarge(x, self.settings["upsampling"], before // ratio)
                x = self.norm(f"level{level}_coarse", x)
            own = self.three(f"level{level}_own", F.avg_pool2d(z, ratio), self.settings["channels"])
            if x is not None:
                x = cat([x, self.norm(f"level{level}_fine", own)], dim=1)
                own = self.three(f"level{level}_joined", x, (level + 1) * self.settings["channels"])
            x, before = own, ratio
        return self.output(x)


class Decoder(Network):
    """Heckel and Hand, "Deep Decoder", 2019, with biases."""
    name = "decoder"
    defaults = {"channels": 128, "upsamplings": 5, "upsampling": "bilinear"}

    @property
    def multiple(self):
        return 2**self.settings["upsamplings"]

    def z_shape(self, size):
        return (self.input_channels, size // self.multiple, size // self.multiple)

    def forward(self, z):
        x = z
        for number in range(self.settings["upsamplings"] + 1):
            x = self.conv(f"layer{number}", x, self.settings["channels"], 1)
            if number < self.settings["upsamplings"]:
                x = enlarge(x, self.settings["upsampling"])
            x = self.norm(f"layer{number}", F.relu(x))
        return self.output(x)
