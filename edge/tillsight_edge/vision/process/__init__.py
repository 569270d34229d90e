"""The processes that see: what each may do, and the only words between them and the agent."""
