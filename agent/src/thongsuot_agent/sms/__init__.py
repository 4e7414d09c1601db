"""SMS: a text message by the site's own modem when every line is down."""
