"""What is said to whom: texts for people, a document for machines. Pure."""
