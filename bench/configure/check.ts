// What a machine really is, in lines that are compared: the same for every tool.
import { createHash } from "node:crypto";
import { type Desired, sitePort } from "./desired";

const sysctls = ["net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_keepalive_time", "net.core.somaxconn"];

/** Bash that prints the state of what is desired, one line for each thing, in the order of {@link wantedLines}. */
export function checkScript({ packages, user, files, units }: Desired): string {
  return `set -u
dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' ${packages.join(" ")}
getent passwd ${user.name}; stat -c '%U %G %F' ${user.home}
for path in ${files.map(({ path }) => path).join(" ")}; do
  echo "$path $(sha256sum <"$path" | cut -d' ' -f1) $(stat -c '%U %G %a' "$path")"
done
for unit in ${units.join(" ")}; do echo "$unit $(systemctl is-enabled "$unit") $(systemctl is-active "$unit")"; done
for key in ${sysctls.join(" ")}; do echo "$key $(sysctl -n "$key")"; done
sshd -T | grep -E '^(x11forwarding|maxstartups) '
nft list chain inet shop input | grep -c 'drop$'
curl -sS http://127.0.0.1:${sitePort}/
systemctl show --property=NeedDaemonReload --value ${units.join(" ")} | sort -u | tr -d '\\n'
`;
}

/** What the script prints on a machine that is as desired. @param edition that runs */
export function wantedLines({ packages, user, files, units }: Desired, edition: number): string {
  const hash = (content: string) => createHash("sha256").update(content).digest("hex");
  return [
    ...packages.toSorted().map((name) => `${name} installed`),
    `${user.name}:x:${user.id}:${user.id}::${user.home}:${user.shell}`,
    `${user.name} ${user.name} directory`,
    ...files.map(
      ({ path, content, owner, group, mode }) =>
        `${path} ${hash(content)} ${owner} ${group} ${mode.replace(/^0/, "")}`,
    ),
    ...units.map((unit) => `${unit} enabled active`),
    `${sysctls[0]} 0`,
    `${sysctls[1]} 120`,
    `${sysctls[2]} 4000`,
    "x11forwarding no",
    "maxstartups 50:30:100",
    "1",
    `edition ${edition}`,
    "no",
  ].join("\n");
}

/** What differs from the desired state; empty: nothing. */
export function differences(wanted: string, found: string): string[] {
  const [right, left] = [wanted.trim().split("\n"), found.trim().split("\n")];
  const length = Math.max(right.length, left.length);
  return Array.from({ length }, (_, index) => index)
    .filter((index) => right[index] !== left[index])
    .map((index) => `expected ${right[index] ?? "nothing"}, found ${left[index] ?? "nothing"}`);
}
