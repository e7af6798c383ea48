"""What instructions do: functions of a few lines, in the manual's groups, each with its section.

Each takes the core and the decoded instruction and returns where execution goes on (`NEXT`, `BRANCH`, ...).
"""
