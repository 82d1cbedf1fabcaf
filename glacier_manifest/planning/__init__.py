"""Pure: manifest + state + what Glacier shows + clock -> plan. Nothing here opens a file or a socket."""
