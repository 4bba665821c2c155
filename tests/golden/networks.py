# SPDX-License-Identifier: Apache-2.0
"""The two seed networks and the paper's in PyTorch: what dipper's own are tested against (make_golden.py, the seed's)
and timed beside (bench/compare_torch.py, all).

Modules are registered in the order in which they run, so parameters() is in forward order.
Input input_channels x H x W, H and W multiples of 64 (Skip: 32); output 3 x H x W in (0, 1). Batch 1, BatchNorm always
on batch statistics.
"""
from torch import cat, nn, sigmoid
from torch.nn import functional as F

ENCODER_CHANNELS = (3, 8, 16, 32, 64, 128, 256)
SKIP_LEVELS = (3, 4, 5)
SKIP_CHANNELS = 4


def check_parameters(network, expected):
    count = sum(p.numel() for p in network.parameters())
    assert count == expected, f"{type(network).__name__} has {count} parameters, not {expected}"


class Hourglass(nn.Module):
    """Six stride-2 convolutions down, six upsamplings up, 4-channel skips from levels 3, 4 and 5."""
    input_channels = 3

    def __init__(self):
        super().__init__()
        for level in range(1, 7):
            conv = nn.Conv2d(*ENCODER_CHANNELS[level - 1:level + 1], 5, stride=2, padding=2)
            self.add_module(f"encoder{level}_conv", conv)
            self.add_module(f"encoder{level}_norm", nn.BatchNorm2d(ENCODER_CHANNELS[level], track_running_stats=False))

    def add_skip(self, level):
        if level in SKIP_LEVELS:
            self.add_module(f"skip{level}_conv", nn.Conv2d(ENCODER_CHANNELS[level], SKIP_CHANNELS, 5, padding=2))

    def norm(self, name, x):
        return self.get_submodule(f"{name}_norm")(x)

    def encode(self, z):
        """The outputs of levels 1 to 6, by level."""
        outputs = {}
        for level in range(1, 7):
            z = F.leaky_relu(self.norm(f"encoder{level}", self.get_submodule(f"encoder{level}_conv")(z)), 0.01)
            outputs[level] = z
        return outputs

    def with_skip(self, level, up, encoded):
        """The upsampled map, followed by the skip's channels where the level has one."""
        if level not in SKIP_LEVELS:
            return up
        return cat([up, self.get_submodule(f"skip{level}_conv")(encoded[level])], dim=1)


class HourglassShuffle(Hourglass):
    """Upsampling by pixel shuffle, then a 5x5 convolution."""
    name = "hourglass-shuffle"
    decoder = {5: (68, 128), 4: (36, 64), 3: (20, 32), 2: (8, 16), 1: (4, 16)}  # level: channels in, out

    def __init__(self):
        super().__init__()
        for level, (channels_in, channels_out) in self.decoder.items():
            self.add_skip(level)
            self.add_module(f"decoder{level}_conv", nn.Conv2d(channels_in, channels_out, 5, padding=2))
            self.add_module(f"decoder{level}_norm", nn.BatchNorm2d(channels_out, track_running_stats=False))
        self.output_conv = nn.Conv2d(4, 3, 5, padding=2)
        self.output_norm = nn.BatchNorm2d(3, track_running_stats=False)
        check_parameters(self, 1_412_801)

    def forward(self, z):
        encoded = self.encode(z)
        x = encoded[6]
        for level in self.decoder:
            x = self.with_skip(level, F.pixel_shuffle(x, 2), encoded)
            x = F.leaky_relu(self.norm(f"decoder{level}", self.get_submodule(f"decoder{level}_conv")(x)), 0.01)
        return sigmoid(self.output_norm(self.output_conv(F.pixel_shuffle(x, 2))))


class HourglassDeconv(Hourglass):
    """Upsampling by transposed convolutions 4x4 of stride 2."""
    name = "hourglass-deconv"
    decoder = {5: (256, 124), 4: (128, 60), 3: (64, 28), 2: (32, 16), 1: (16, 8)}  # level: channels in, out before skip

    def __init__(self):
        super().__init__()
        for level, (channels_in, channels_out) in self.decoder.items():
            self.add_module(f"decoder{level}_deconv", nn.ConvTranspose2d(channels_in, channels_out, 4, 2, 1))
            self.add_skip(level)
            joined = channels_out + (SKIP_CHANNELS if level in SKIP_LEVELS else 0)
            self.add_module(f"decoder{level}_norm", nn.BatchNorm2d(joined, track_running_stats=False))
        self.output_deconv = nn.ConvTranspose2d(8, 3, 4, 2, 1)
        self.output_norm = nn.BatchNorm2d(3, track_running_stats=False)
        check_parameters(self, 1_786_545)

    def forward(self, z):
        encoded = self.encode(z)
        x = encoded[6]
        for level in self.decoder:
            x = self.with_skip(level, self.get_submodule(f"decoder{level}_deconv")(x), encoded)
            x = F.leaky_relu(self.norm(f"decoder{level}", x), 0.01)
        return sigmoid(self.output_norm(self.output_deconv(x)))


class Skip(nn.Module):
    """The paper's default (Ulyanov et al., 2017): five scales of 128 channels, 4-channel skips, reflection padding,
    bilinear upsampling."""
    name = "skip"
    input_channels = 32
    scales, width, skip_width = 5, 128, 4

    def __init__(self):
        super().__init__()
        down = [self.input_channels] + [self.width] * (self.scales - 1)  # channels into each scale
        for scale in range(self.scales):
            self.add_block(f"scale{scale}_down1", down[scale], self.width, 3, 2)
            self.add_block(f"scale{scale}_down2", self.width, self.width, 3)
        for scale in reversed(range(self.scales)):
            self.add_block(f"scale{scale}_skip", down[scale], self.skip_width, 1)
            joined = self.skip_width + self.width
            self.add_module(f"scale{scale}_norm", nn.BatchNorm2d(joined, track_running_stats=False))
            self.add_block(f"scale{scale}_up", joined, self.width, 3)
            self.add_block(f"scale{scale}_mix", self.width, self.width, 1)
        self.output_conv = nn.Conv2d(self.width, 3, 1)
        check_parameters(self, 2_217_831)

    def add_block(self, name, channels_in, channels_out, kernel, stride=1):
        conv = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, padding_mode="reflect")
        self.add_module(f"{name}_conv", conv)
        self.add_module(f"{name}_norm", nn.BatchNorm2d(channels_out, track_running_stats=False))

    def block(self, name, x):
        x = self.get_submodule(f"{name}_norm")(self.get_submodule(f"{name}_conv")(x))
        return F.leaky_relu(x, 0.2, inplace=True)  # as the published code does: it saves a tensor

    def run_scale(self, scale, x):
        """From the input of a scale to its output, of the same size."""
        deep = self.block(f"scale{scale}_down2", self.block(f"scale{scale}_down1", x))
        if scale + 1 < self.scales:
            deep = self.run_scale(scale + 1, deep)
        deep = F.interpolate(deep, scale_factor=2, mode="bilinear", align_corners=False)
        joined = cat([self.block(f"scale{scale}_skip", x), deep], dim=1)
        y = self.block(f"scale{scale}_up", self.get_submodule(f"scale{scale}_norm")(joined))
        return self.block(f"scale{scale}_mix", y)

    def forward(self, z):
        return sigmoid(self.output_conv(self.run_scale(0, z)))


NETWORKS = {network.name: network for network in (HourglassShuffle, HourglassDeconv)}  # that golden files exist for
ALL_NETWORKS = NETWORKS | {Skip.name: Skip}


def named_parameters(network):
    """Yields (name, module, tensor) in forward order, named as in encoder1.conv.weight, encoder1.norm.gamma."""
    for path, module in network.named_children():
        for kind, tensor in module.named_parameters():
            if isinstance(module, nn.BatchNorm2d):
                kind = {"weight": "gamma", "bias": "beta"}[kind]
            yield f"{path.replace('_', '.')}.{kind}", module, tensor
