import { type BackupConfig, backupRoot, copiesLock, databaseLock } from "./backupConfig";
import { remotesOf } from "./backupRemotes";
import { utcSchedule } from "./schedule";

const timer = "platform-backup.timer";
/** What set-up writes last changed: a backup that was never made was promised then. */
const setupFiles = `/etc/systemd/system/${timer} /usr/local/sbin/platform-backup`;
/** Timers may be a minute late, and the backup must have begun by then. */
const graceSeconds = 600;

/**
 * `backup` for the status command: JSON. It is up while the last attempt succeeded, what it made is still there, and
 * no time of the schedule has passed since without another success; the same for each copy elsewhere. Whatever ended
 * a run without a word (a kill, a power cut) is seen by what is missing then.
 */
export function backupStatusFunction(config: BackupConfig): string {
  return `${missedFunction(config.schedule)}

${timeFunction}

backup() {
${learnPart}
${judgePart(remotesOf(config).map(({ name }) => name))}
}`;
}

const missedFunction = (
  schedule: string,
) => `# missed_since TIME [COUNT]: whether so many times of the schedule (1) have passed since then, in seconds of the epoch.
missed_since() {
  local due
  due=$(TZ=UTC LC_ALL=C systemd-analyze calendar --iterations="\${2:-1}" --base-time="@$1" '${utcSchedule(schedule)}' |
    sed -nE 's/^ *(Next elapse|Iter[a-z.]* #[0-9]+): //p' | sed -n "\${2:-1}p")
  [ -n "$due" ] && [ "$due" != never ] && [ "$(( $(date -u -d "$due" +%s) + ${graceSeconds} ))" -lt "$(date +%s)" ]
}`;

const timeFunction = `# 20260131T020003Z as seconds of the epoch; 0 for anything else.
time_of() { date -u -d "$(sed -nE 's/^(....)(..)(..)T(..)(..)(..)Z$/\\1-\\2-\\3 \\4:\\5:\\6/p' <<<"$1")" +%s 2>/dev/null || echo 0; }`;

/** What is known of the last run, and of what should have been since. */
const learnPart = `  local last next count success since lock running=false missed=false
  last=$(jq -e . ${backupRoot}/status.json 2>/dev/null) || last={}
  next=$(systemctl show --property=NextElapseUSecRealtime --value ${timer})
  count=$(find ${backupRoot} -mindepth 1 -maxdepth 1 -type d -name '2*Z' 2>/dev/null | wc -l)
  success=$(jq -r '.lastSuccess // ""' <<<"$last")
  # A backup that took longer than the schedule's pause counts from its end.
  if [ "$(jq -r .result <<<"$last")" = success ]; then since=$(date -u -d "$(jq -r .finished <<<"$last")" +%s); else since=$(time_of "$success"); fi
  if [ -z "$success" ]; then since=$(stat -c %Y ${setupFiles} 2>/dev/null | sort -n | tail -n 1); fi
  for lock in ${databaseLock} ${copiesLock}; do
    if [ -e "$lock" ] && ! flock --nonblock "$lock" true; then running=true; fi
  done
  # One that runs may still become the success that is due, not the ones before it.
  if [ -n "$since" ] && missed_since "$since" "$([ "$running" = true ] && echo 2 || echo 1)"; then missed=true; fi
  local gone=false fresh=false
  if [ -n "$success" ] && [ ! -d "${backupRoot}/$success" ]; then gone=true; fi
  # A copy that was configured after the last backup is made by the next one.
  if ! missed_since "$(stat -c %Y ${setupFiles} 2>/dev/null | sort -n | tail -n 1)"; then fresh=true; fi`;

/** @param copies names of the remotes */
const judgePart = (
  copies: readonly string[],
) => `  jq -n --argjson last "$last" --arg next "$next" --argjson count "$count" --argjson copies '${JSON.stringify(copies)}' --arg success "$success" \\
    --argjson running "$running" --argjson missed "$missed" --argjson gone "$gone" --argjson fresh "$fresh" \\
    '{last: $last, kept: $count, next: $next, copies: $copies, running: $running, reasons: [
        (if $next == "" and ($running | not) then "the timer does not run" else empty end),
        (if $last.result == "failure" then "the last run failed at: \\($last.step)" else empty end),
        (if $missed and $success == "" then "none was ever made, although one was due" else empty end),
        (if $missed and $success != "" then "the last success is older than the schedule allows: \\($success)" else empty end),
        (if $gone then "the last one is no longer on the volume: \\($success)" else empty end),
        ($copies[] as $copy | ($last.copies // {})[$copy] |
          if . == "failure" then "the \\($copy) copy failed" elif . == null and $last.result == "success" and ($fresh | not) then "there is no \\($copy) copy" else empty end)]}
    | {up: (.reasons == [])} + .'`;
