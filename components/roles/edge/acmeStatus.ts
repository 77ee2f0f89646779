import type { Probe } from "../../setup/status";
import { certificateFolder } from "./acmeInstall";
import { issuedCertificatePath } from "./edge";

/**
 * A certificate by ACME is renewed when a third of its life is left; when a quarter is, renewing does not work. What
 * the proxy serves is compared with what was issued: before the first one there is a placeholder.
 */
export const acmeProbe: Probe = {
  name: "certificate",
  title: "certificate",
  command: `local begin end issued=false
begin=$(openssl x509 -noout -startdate -in ${issuedCertificatePath})
end=$(openssl x509 -noout -enddate -in ${issuedCertificatePath})
if cmp -s ${issuedCertificatePath} ${certificateFolder}/site.pem; then issued=true; fi
{ cat ${certificateFolder}/status.json 2>/dev/null || echo '{}'; } |
  jq --argjson issued "$issued" --argjson begin "$(date -u -d "\${begin#*=}" +%s)" --argjson end "$(date -u -d "\${end#*=}" +%s)" '
  (.lastFailure.why // null) as $why | ($end - now) as $left
  | (if .waitsFor then ": \\(.verdict)" elif $why then ": the last of \\(.failures) attempts failed: \\($why)" elif .verdict then " (\\(.verdict))" else "" end) as $told
  | {issued: $issued, daysLeft: ($left / 86400 | floor), renewAt: (if (.renewAt // 0) > 0 then .renewAt | floor | todate else null end),
     failures: (.failures // 0), lastFailure: $why, nextAttempt: (if (.notBefore // 0) > now then .notBefore | floor | todate else null end),
     peer: (.peer // ""), reasons: [
      if ($issued | not) then "none has been issued yet\\($told)"
      elif $left < 0 then "has ended\\($told)"
      elif $left < ($end - $begin) / 4 then "ends in \\($left / 3600 | floor) hours and was not renewed\\($told)" else empty end]}'`,
  details: `"\\(.daysLeft) days left" + (if .renewAt then ", to be renewed at \\(.renewAt)" else "" end)
    + (if .failures > 0 then ", \\(.failures) attempts have failed, the next one at \\(.nextAttempt // "once"): \\(.lastFailure)" else "" end)`,
};
