"""Random programs run by plain CPython and under Tiercel, and compared.

`generate.py` makes a program from a seed, `server.py` runs programs in a child process, `run.py` looks for differences
for as long as it is told and makes them small, `regressions/` keeps the programs that once differed.
"""
