"""The process: assembles, starts, supervises and stops its parts."""
