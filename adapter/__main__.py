"""`python -m adapter` is `readout`."""

from adapter.cli import main

if __name__ == "__main__":
    main()
