"""Access to one advisory: grants, invitations, and the pages that manage them."""
