"""The units of measures that are maternity episodes."""
