"""Everything that can break: one module a fault, loaded by ``fault_loader``."""
