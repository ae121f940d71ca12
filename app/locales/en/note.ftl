### Notes and messages on pages.

note-dismiss = Dismiss message
note-loading = Loading
