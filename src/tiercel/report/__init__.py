"""What was compiled, what was not, and why: texts for people.

Lives here: the account of one function (`function`) and of the whole process (`statistics`).  Nothing here decides
anything; all facts come from `tiercel.control.records`.
"""
