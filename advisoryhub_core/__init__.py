"""The core of AdvisoryHub: one package per concern; each slice's wiring is in its `wiring.py`."""
