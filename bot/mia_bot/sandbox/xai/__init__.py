"""The sandbox in xAI's place: its wire format, and a script that is open about being one."""
