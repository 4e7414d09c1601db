"""NetBox as a source of the inventory: asked, turned into ours, compared, written as one file."""
