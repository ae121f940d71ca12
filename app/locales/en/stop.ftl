### Stopping and resuming workflows, switching rules off and on, and the availability of people.

stop-every-workflow = Every workflow
stop-not-stopped = Not stopped: fix the reason.
stop-reason-missing = Give a reason. Everyone sees it on their home page.
# $count (String) - The number of characters.
# $limit (String) - The maximum number of characters.
stop-reason-too-long = The reason has { $count } characters. Shorten it to { $limit } or fewer.
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
# $reason (String) - The reason of the first stop.
stop-stopped-before = { $workflow } is already stopped: { $reason }
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
stop-stopped = { $workflow } is stopped. New leads go to the queue, and nothing is sent until it resumes.
stop-not-audited = The audit log has no entry for this stop. Tell an administrator.
stop-not-notified = Sales leadership could not be notified. Tell them yourself.
stop-commits-in-progress = Decisions that were already being made may still add actions. Check the deliveries.
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
stop-not-resumed = { $workflow } was not resumed.
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
stop-resumed = { $workflow } is resumed.
stop-resumed-queue = Leads already in the queue stay there.
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
stop-was-not-stopped = { $workflow } is not stopped.

# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
stop-mail-stopped-subject = { $workflow } is stopped
# $name (String) - The name of the reader.
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
# $by (String) - Who stopped it.
# $at (String) - The date and time.
# $reason (String) - Why.
# $origin (String) - The address of this installation.
stop-mail-stopped =
    Hello { $name },

    { $workflow } is stopped. Stopped by { $by }, { $at }. Reason:

    { $reason }

    New leads go to the queue. Nothing is sent until the workflow resumes.

    { $origin }/

    You receive this because you lead sales.
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
stop-mail-resumed-subject = { $workflow } was resumed
# $name (String) - The name of the reader.
# $workflow (String) - The title of the workflow, or `stop-every-workflow`.
# $by (String) - Who resumed it.
# $at (String) - The date and time.
# $reason (String) - Why.
# $origin (String) - The address of this installation.
stop-mail-resumed =
    Hello { $name },

    { $workflow } was resumed. Resumed by { $by }, { $at }. Reason:

    { $reason }

    The rules decide new leads again. Leads already in the queue stay there.

    { $origin }/

    You receive this because you lead sales.

stop-rule-off = Rule switched off. Decisions skip it from now on.
stop-rule-on = Rule switched on. Decisions use it from now on.
stop-rule-muted = Rule muted. Decisions about this account skip it from now on.
stop-rule-unmuted = Rule unmuted. Decisions about this account use it again.
stop-last-day-missing = Not saved. Choose the last day.
# $problem (String) - What is wrong, as a sentence.
stop-not-saved = Not saved. { $problem }

stop-availability-saved = Availability saved. It applies from the next lead on.
# $most (String) - The largest number.
stop-turns-invalid = Not saved. Enter turns as a whole number from 1 to { $most }.
stop-away-invalid = Not saved. Enter the last day away as a date.
