#!/usr/bin/env python3
"""Gilmok's one command line. `demo` and `test` need nothing but Python 3.11 or newer."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
