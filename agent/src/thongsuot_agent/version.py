"""The version of this distribution; ``importlib.metadata`` would cost the agent 3 MB to look it up."""

VERSION = "0.1.0"
