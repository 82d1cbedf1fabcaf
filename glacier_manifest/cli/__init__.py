"""Commands: parse, wire, call one function, choose the exit code. The only room that prints or exits."""
