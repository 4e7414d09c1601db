"""What a lab consists of, as data. Nothing here touches the machine."""
