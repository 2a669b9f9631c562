"""Export: visits, steps, alarms or records of a period, as CSV or Parquet.

Rules
-----
1. Rows are read and written in portions: memory does not grow with their number.
2. The file appears under its name when it is complete and on the disk, or not at all.
3. No field of a CSV begins a formula, also not when a spreadsheet splits it at another separator.
"""
