"""Many people at once in the AWS world against the double, while processes die and providers fail; then the audit.

`people` are the outside: HTTP and event streams alone. `trouble` is what is done to the processes, `faults` what the
double does to the calls. `run` lets it all happen, `audit` judges by the double's record, the rows and what people saw.
The short form is tests/test_chaos.py, the long one bench/chaos.py.
"""
