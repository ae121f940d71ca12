### The state of the installation, on an administrator's home page.

installation-login = Database login
installation-login-plain = Can append to the log, but not change it
# $login (String) - The name of the login in Postgres.
installation-login-owner = { $login } could change the log. Start the server with a login that is only a member of meshline_app.
