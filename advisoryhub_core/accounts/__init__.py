"""Sign-in, identity, the mirror of the identity provider's groups, one's own account."""
