# SPDX-License-Identifier: Apache-2.0
"""What the plots here share: pieces of SVG that can be read on light and dark pages."""
from xml.sax.saxutils import escape

STYLE = """
  text { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: #3b4351 }
  .title { font-size: 16px; font-weight: 600; fill: #14181f }
  .paper { fill: #ffffff } .grid { stroke: #e3e7ee } .axis { stroke: #8a94a6 }
  .a { color: #0b66c3 } .b { color: #b4530a }
  .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round }
  .dot { fill: #ffffff; stroke: currentColor; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    text { fill: #b6bfcc } .title { fill: #eef1f6 }
    .paper { fill: #0d1117 } .grid { stroke: #262d38 } .axis { stroke: #69758a }
    .a { color: #5aa9f5 } .b { color: #f0944a } .dot { fill: #0d1117 }
  }
"""


def text(x, y, content, anchor="middle", css=""):
    kind = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{kind}>{escape(content)}</text>'


def segment(x1, y1, x2, y2, css):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def circle(x, y, css, radius=4):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{css}"/>'


def document(width, height, parts, style=STYLE):
    """The whole picture on a background of its own."""
    body = "\n".join([f'<rect width="{width}" height="{height}" class="paper"/>', *parts])
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">\n<style>{style}</style>\n{body}\n</svg>\n')
