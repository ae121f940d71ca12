### Rules that are switched off or muted, on the page of a rule set.

switches-title = Switches and mutes
switches-about = Applies from the next decision on, in every version and without a release. Each decision records which rules were off or muted.
# $workflow (String) - The title of the workflow.
switches-caption = Rules in { $workflow }
switches-rule = Rule
switches-state = State
# $rule (String) - The ID of the rule.
switches-gone = { $rule } (not in this version)
switches-on = On
switches-off = Off
# $day (String) - The last day.
switches-off-until = Off until the end of { $day }
# $account (String) - The domain of the account.
# $day (String) - The last day.
switches-muted = Muted for { $account } until the end of { $day }
# $name (String) - Who did it.
# $time (Element) - When.
# $reason (String) - The reason that was given.
switches-by = by { $name }, { $time }: { $reason }
switches-switch-on = Switch on
# $rule (String) - The title of the rule.
switches-switch-on-rule = Switch on { $rule }
switches-switch-off = Switch off
# $rule (String) - The title of the rule.
switches-switch-off-rule = Switch off { $rule }
switches-switch-off-about = Decisions skip the rule. Leave the day empty to keep it off until you switch it on again.
switches-last-day-off = Last day off
switches-reason = Reason
switches-mute = Mute
# $rule (String) - The title of the rule.
switches-mute-for = Mute { $rule } for an account
switches-mute-rule = Mute rule
switches-mute-about = Covers leads whose company domain or e-mail address belongs to this account.
switches-account = Account
switches-last-day-muted = Last day muted
switches-unmute = Unmute
# $rule (String) - The title of the rule.
# $account (String) - The domain of the account.
switches-unmute-for = Unmute { $rule } for { $account }
