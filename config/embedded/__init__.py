"""The services that `manage.py demo` and the tests start for themselves: nothing here is used in production.

Each service is a direct child process of whoever starts it. On Linux the kernel ends it when the starter dies,
even by kill -9 (children.py), so nothing is ever left running.
"""
