"""Tests of the agent: sms."""
