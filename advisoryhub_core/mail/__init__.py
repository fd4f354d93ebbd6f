"""Mail out of the hub: what a message looks like, and how it is handed to the mail server."""
