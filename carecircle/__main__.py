"""``python -m carecircle`` is the ``carecircle`` command."""

from api.cli import main

if __name__ == "__main__":
    main()
