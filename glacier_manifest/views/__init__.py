"""Values and events in, text out: human, markdown, JSON, annotations. Nothing here prints."""
