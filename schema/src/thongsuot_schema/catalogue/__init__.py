"""
The catalogue: every kind of measurement and every metric, named here and nowhere else.

One module a kind; the module's name is the kind's name. A module holds the kind's metrics as
constants and one ``KIND``; ``loader`` finds it by its name.
"""
