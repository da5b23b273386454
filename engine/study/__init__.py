"""Studies: evidence for a model's decisions on all clips of a data set, by many workers.

What is to be measured (`sources`, `plan`), a clip measured (`measure`), who measures what
(`claims`, `scheduler`, `worker`), where workers run (`launchers`), and the tables (`tables`).
"""
