# E-mails.

mail-reset-subject = Reset your Meshline password
# $link (String) - The link to set a password.
# $name (String) - The person's name.
# $origin (String) - The address of this installation.
mail-reset-text =
    Hello { $name },

    Someone, probably you, asked to reset your password at { $origin }. Set a new one with this link. It works once, within an hour:

    { $link }

    If this was not you, ignore this message. Your password stays as it is.
