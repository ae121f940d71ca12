### Erasing a person.

erasure-not-erased = Nothing was erased.
erasure-wrong-name = This is not the name, e-mail address or ID of the lead.
erasure-reason-missing = Give a reason.
erasure-erased = Erased. The list below shows what destinations still hold.
