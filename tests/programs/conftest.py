"""The programs are run by tests/test_programs.py, not collected."""

collect_ignore_glob = ["*.py"]
