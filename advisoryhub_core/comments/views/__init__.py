"""The pages of the discussion and the timeline."""
