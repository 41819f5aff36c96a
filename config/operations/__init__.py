"""What whoever runs the installation looks at: the health page, the metrics, the log of the clock jobs.

`jobs` keeps one row a clock job; `figures` reads how things stand; `page` and `metrics` show it, `doctor` judges it.
"""
