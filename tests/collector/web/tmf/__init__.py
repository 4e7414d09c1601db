"""Tests of the APIs in the forms of TM Forum."""
