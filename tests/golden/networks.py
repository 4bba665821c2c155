# SPDX-License-Identifier: Apache-2.0
"""The two seed networks in PyTorch, and a table of these and the paper's (paper_networks.py): what dipper's own are
tested against (make_golden.py) and timed beside (bench/compare_torch.py).

Modules are registered in the order in which they run, so parameters() is in forward order.
Input 3 x H x W, H and W multiples of 64; output 3 x H x W in (0, 1). Batch 1, BatchNorm always on batch statistics.
"""
from torch import cat, nn, sigmoid
from torch.nn import functional as F

from paper_networks import Decoder, Resnet, Skip, Texture, Unet

ENCODER_CHANNELS = (3, 8, 16, 32, 64, 128, 256)
SKIP_LEVELS = (3, 4, 5)
SKIP_CHANNELS = 4


def check_parameters(network, expected):
    count = sum(p.numel() for p in network.parameters())
    assert count == expected, f"{type(network).__name__} has {count} parameters, not {expected}"


class Hourglass(nn.Module):
    """Six stride-2 convolutions down, six upsamplings up, 4-channel skips from levels 3, 4 and 5."""
    input_channels, options = 3, {}

    def z_shape(self, size):
        """Of the input for a square canvas."""
        return (self.input_channels, size, size)

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


ALL_NETWORKS = {network.name: network for network in (HourglassShuffle, HourglassDeconv, Skip)}  # for benchmarks

# The golden files of networks: how each is made, the side of its canvas and the seed of its weights and input. With the
# small networks' seeds nothing that meets a ReLU lies within 1e-5 of 0, and nothing pooled so near to another maximum.
GOLDENS = {
    "hourglass_shuffle": (HourglassShuffle, 128, 60),
    "hourglass_deconv": (HourglassDeconv, 128, 60),
    "skip": (lambda: Skip(3, down=[6, 8], up=[6, 8], skip=[4, 4]), 32, 1),
    "skip_average": (lambda: Skip(2, down=[6, 8, 5], up=[7, 6, 8], skip=[0, 2, 3], down_kernel=[5, 3, 3],
                                  upsampling=["nearest", "bilinear", "nearest"], downsampling="average",
                                  activation="elu", padding="zero"), 32, 1),
    "skip_max": (lambda: Skip(4, down=[6, 8], up=[8, 6], skip=[3, 0], up_kernel=[3, 5], downsampling="max",
                              upsampling=["nearest", "nearest"], activation="swish", mix=False), 32, 1),
    "skip_lanczos": (lambda: Skip(3, down=[6, 8], up=[6, 6], skip=[2, 2], skip_kernel=3, downsampling="lanczos2"), 32, 5),
    "unet": (lambda: Unet(3, feature_scale=16), 32, 12),
    "unet_bilinear": (lambda: Unet(3, feature_scale=16, upsampling="bilinear", padding="reflect"), 32, 33),
    "resnet": (lambda: Resnet(3, blocks=2, channels=6), 32, 2),
    "resnet_plain": (lambda: Resnet(3, blocks=2, channels=6, norm=False), 32, 2),
    "texture": (lambda: Texture(3, ratios=[8, 4, 1], channels=4), 32, 5),
    "decoder": (lambda: Decoder(8, channels=12, upsamplings=2), 32, 2),
}  # fmt: skip


def named_parameters(network):
    """Yields (name, module, tensor) in forward order, named as in encoder1.conv.weight, encoder1.norm.gamma."""
    for path, module in network.named_children():
        for kind, tensor in module.named_parameters():
            if isinstance(module, nn.BatchNorm2d):
                kind = {"weight": "gamma", "bias": "beta"}[kind]
            yield f"{path.replace('_', '.')}.{kind}", module, tensor
