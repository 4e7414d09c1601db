"""The version of this distribution; asking ``importlib.metadata`` would cost the agent 3 MB."""

VERSION = "0.1.0"
