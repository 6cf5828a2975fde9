"""Settlement: compare, gate, share and cap, as one ladder per entity, period and cohort that anybody can redo."""
