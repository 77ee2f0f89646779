import { LoggedRequests } from "../../settings/accessLog";
import { journalTarget, slowMap } from "../../setup/nginxLog";
import { accessLogOf, type EdgeOptions } from "./edge";

const target = (severity: string) => journalTarget("nginx", severity);

/** One line for a request, with the id by which the other machines log it; what failed is logged as an error. */
export function nginxLog(options: EdgeOptions): string {
  const { requests, slowerThanMs } = accessLogOf(options);
  if (requests === LoggedRequests.Off) return "  access_log off;";
  const slowness = requests === LoggedRequests.All ? "" : "1";
  return `  map $status $failed {
    default "";
    499 1;
    ~^5 1;
  }
${slowMap(slowerThanMs)}
  # Neither failed nor left out.
  map "$failed,$slow" $logged {
    default "";
    "~^,${slowness}" 1;
  }
  log_format requests '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" $request_time $request_id';
  access_log ${target("error")} requests if=$failed;
  access_log ${target("info")} requests if=$logged;`;
}
