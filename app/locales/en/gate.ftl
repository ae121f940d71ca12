# The pages for people who are not signed in.
language-name = English

gate-sign-in = Sign in
gate-email = E-mail
gate-password = Password
gate-forgot = Forgot your password?

gate-reset-title = Reset your password
gate-reset-explained = Enter the e-mail address that you sign in with. If it belongs to an account, you get a link to set a new password.
gate-reset-email = E-mail
gate-reset-send = Send link
gate-reset-sent = If an account exists for that address, a link is on its way. It works once, within an hour.
gate-reset-no-mail = This installation sends no e-mail. Ask an administrator for a link: they can create one under People.
# Followed by the command.
gate-reset-command = Administrators can also print a link on the server:
gate-reset-back = Back to sign-in

gate-set-up-title = Set your password
# $name (String) - The person's name.
# $email (String) - The address that the person signs in with.
gate-set-up-for = For { $name }, { $email }.
gate-repeat-password = Repeat password
gate-set-password = Set password
gate-link-title = This link no longer works
gate-link-used = It has been used, has expired, or was replaced by a newer one. Each link works once.
gate-link-next = If you have set your password, sign in with it. Otherwise, ask an administrator for a new link.

gate-first-run-title = Welcome to Meshline
gate-first-run-over-title = Already set up
gate-first-run-over = An administrator already exists. Ask them to invite you under People.
gate-first-run-code = Code
gate-first-run-code-explained = The server printed a line with a code when it started. Copy the code from its terminal or log.
gate-first-run-code-wrong = This is not the code that the server printed. Copy the latest one.
gate-first-run-continue = Continue
gate-first-run-person = You are the first person here, so you become the administrator. You can invite everyone else afterwards.
gate-first-run-name = Your name
gate-first-run-password-rule = At least twelve characters.
gate-first-run-create = Create account

gate-not-found-title = Page not found
# Followed by the path and `gate-not-found-rest`.
gate-not-found = There is no page at
gate-not-found-rest = . Check the address for typing errors.
gate-to-leads = Go to leads
gate-failed-title = This page cannot be shown

gate-sign-in-wrong = The e-mail address or password is wrong.
# $minutes (Number) - How long to wait.
gate-sign-in-too-many = { $minutes ->
    [one] Too many wrong passwords. Try again in { $minutes } minute.
   *[other] Too many wrong passwords. Try again in { $minutes } minutes.
}
gate-sign-in-busy = Too many people are signing in at the moment. Try again in a few seconds.
gate-signed-out = You are signed out.
gate-password-set = Password saved. You can sign in now.
gate-password-not-set = Your password was not set.
gate-link-expired = This link has expired or was already used. Ask an administrator for a new one.
gate-name-control = A name cannot contain line breaks or other control characters.
gate-account-not-created = The account was not created.
