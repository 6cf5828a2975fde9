"""The workbench of an episode's code list: what was billed in the episodes, a proposal for each code, people's decisions, a value set."""
