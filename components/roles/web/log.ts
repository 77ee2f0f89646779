import { LoggedRequests } from "../../settings/accessLog";
import { journalTarget, slowMap } from "../../setup/nginxLog";
import type { WebOptions } from "./options";
import { servedFormat, servedLine } from "./served";

/** Longest that nginx takes for the name of a program. */
const longestTag = 32;

/** Under which name a service's lines stand in the journal: `journalctl -t nginx_web`. */
export function tagOf(name: string): string {
  return `nginx_${name.replaceAll("-", "_")}`.slice(0, longestTag);
}

const target = (name: string, severity: string) => journalTarget(tagOf(name), severity);

/** Which requests are worth a line, and what stands in it. Health is asked for all the time, and is not. */
export function logMaps({ content: { accessLog } }: WebOptions): string {
  const { requests, slowerThanMs } = accessLog;
  if (requests === LoggedRequests.Off) return servedFormat;
  const slowness = requests === LoggedRequests.All ? "" : "1";
  return `${servedFormat}
  map "$uri|$status" $failed {
    default "";
    "~^/health(?:/[^|]*)?\\|" "";
    "~\\|(?:499|5..)$" 1;
  }
${slowMap(slowerThanMs)}
  # Neither failed nor left out.
  map "$failed|$slow|$uri" $logged {
    default "";
    "~\\|/health(?:/.*)?$" "";
    "~^\\|${slowness}" 1;
  }
  log_format requests '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_time $visit_id $upstream_cache_status $upstream_addr';`;
}

/** Lines of a location: what it logs, under the name of who answers there. */
export function logLines(name: string, { content: { accessLog } }: WebOptions): string {
  const errors = `
      error_log syslog:server=unix:/dev/log,nohostname,tag=${tagOf(name)} warn;`;
  if (accessLog.requests === LoggedRequests.Off) return `${servedLine}${errors}`;
  return `${servedLine}
      access_log ${target(name, "error")} requests if=$failed;
      access_log ${target(name, "info")} requests if=$logged;${errors}`;
}
