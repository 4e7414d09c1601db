"""Incidents in the forms of TM Forum's APIs, for systems of carriers that poll; read only."""
