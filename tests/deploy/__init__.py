"""What lies in deploy/ is held to the code and to the programs that read it."""
