### The background jobs.

jobs-title = Jobs
jobs-about = Background work, run by one server process at a time
jobs-none-title = No jobs yet
jobs-none = Jobs appear here within seconds of the server’s start.
# $job (String) - The title of the job.
# $state (String) - Its state, for example "Done".
jobs-last-run = { $job }: { $state }.
# $job (String) - The title of the job.
# $state (String) - Its state, for example "Done".
# $result (String) - The result in a sentence.
jobs-last-run-result = { $job }: { $state }. { $result }
jobs-caption = Jobs and their last runs
jobs-column-job = Job
jobs-column-state = State
jobs-column-result = Result
jobs-column-last-run = Last run
jobs-column-duration = Duration
jobs-column-process = Process
jobs-column-next-run = Next run
jobs-other-version = Run by another version of Meshline.
# $name (String) - Who requested the next run.
jobs-requested-by = Requested by { $name }
jobs-run-now = Run now
# $job (String) - The title of the job.
jobs-run-job-now = Run now: { $job }
# $job (String) - The title of the job.
jobs-requested = “{ $job }” runs within seconds. Its row shows the result.
jobs-state-running = Running
jobs-state-done = Done
jobs-state-failed = Failed
jobs-state-never-run = Not run yet

jobs-partitions = Create log partitions
jobs-partitions-about = The log is partitioned by month. Creates partitions three months ahead.
jobs-sessions = Delete expired sessions
jobs-sessions-about = Ends idle sessions.
jobs-backlog = Check pending actions
jobs-backlog-about = Fails while an action has been pending for more than an hour.
jobs-notices = Notify sales leadership
jobs-notices-about = E-mails sales leadership when a workflow stops or resumes.
jobs-uploads = Delete uploaded files
jobs-uploads-about = Deletes uploaded files and rejected rows after seven days, and unfinished uploads after three.
