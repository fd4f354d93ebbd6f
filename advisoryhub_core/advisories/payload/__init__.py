"""The payload of an advisory: what a version freezes, what review judges, what publishing exports."""
