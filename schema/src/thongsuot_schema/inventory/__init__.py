"""The inventory: communes, sites, links, carriers, targets, owners, contacts."""
