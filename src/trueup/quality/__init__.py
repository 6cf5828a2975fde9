"""Quality: measures counted from claims, submissions judged, points and scores by the rules of a scorecard, and gaps between groups."""
