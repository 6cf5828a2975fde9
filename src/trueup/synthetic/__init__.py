"""A seeded synthetic state: claims, members and practices that nobody is, and what is true of them."""

from trueup.synthetic.generate import SynthResult, generate

__all__ = ["SynthResult", "generate"]
