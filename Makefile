# The checks CI runs, in the environment at hand.
.PHONY: check
check:
	ruff check .
	ruff format --check .
	mypy --strict
	lint-imports
	pytest
