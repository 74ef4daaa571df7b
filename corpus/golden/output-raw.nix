"no newline at the end: é \"quoted\""
