"""Pure stages in reading order: values in, values out; no clock, no file, no socket."""
