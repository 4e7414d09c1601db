"""The parts of a lab, as data. Nothing here touches the machine."""
