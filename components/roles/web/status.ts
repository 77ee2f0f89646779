import { fileSystems } from "../../setup/machineProbes";
import { quote } from "../../setup/quote";
import { nodeHealthPath, proxyHealthPath, siteEntrance } from "../../setup/site";
import type { Probe } from "../../setup/status";
import { cacheFolder } from "./keeping";
import type { WebOptions } from "./options";
import { servedProbe } from "./served";
import { siteFolder, type WebSite } from "./sites";

/** What can be up or down on a web server. */
export function webProbes(options: WebOptions): Probe[] {
  const { sites } = options.content;
  return [
    nginxProbe(options),
    servedProbe,
    ...(options.content.cache.diskMb === 0 ? [] : [keptProbe(options)]),
    ...(Object.keys(sites).length === 0 ? [] : [sitesProbe(sites)]),
    fileSystems("/"),
  ];
}

function nginxProbe({ machine, domain, overTls = false }: WebOptions): Probe {
  const { at, port, curl } = siteEntrance(overTls);
  return {
    name: "nginx",
    title: "nginx",
    command: `answer() { curl -s -m 5${curl} -o /dev/null -w '%{http_code}' -H 'Host: ${domain}' "${at(machine)}:${port}$1" || true; }
jq -n --arg takes "$(answer ${proxyHealthPath})" --arg ready "$(answer ${nodeHealthPath})" '{reasons: [
  if $takes != "200" then "takes no requests"
  elif $ready[0:1] != "2" then "is not ready: no application node is, or a site has no release yet" else empty end]}'`,
  };
}

/** How much is kept is no fault. */
function keptProbe({ content: { cache } }: WebOptions): Probe {
  return {
    name: "kept",
    title: "page cache",
    command: `local bytes files
bytes=$(du -s -B1 ${cacheFolder} 2>/dev/null | cut -f1)
files=$(find ${cacheFolder} -type f 2>/dev/null | wc -l)
jq -n --argjson bytes "\${bytes:-0}" --argjson files "$files" '{bytes: $bytes, answers: $files, reasons: []}'`,
    details: `"\\(.answers) answers, \\(.bytes | mb) of ${cache.diskMb} MB"`,
  };
}

/** Each has a release, and the one that the settings name. */
function sitesProbe(sites: Readonly<Record<string, WebSite>>): Probe {
  const wanted = Object.fromEntries(
    Object.entries(sites).flatMap(([name, { release }]) => (release === undefined ? [] : [[name, release]])),
  );
  return {
    name: "sites",
    title: "sites",
    command: `for site in ${Object.keys(sites).join(" ")}; do
  printf '%s %s\\n' "$site" "$(basename "$(readlink "${siteFolder("$site")}/current" || true)")"
done | jq -Rn --argjson wanted ${quote(JSON.stringify(wanted))} '[inputs | split(" ") | {site: .[0], release: .[1]}] as $sites
  | {list: $sites, reasons: [$sites[] | if .release == "" then "\\(.site) has no release: see platform-release"
      elif .release != ($wanted[.site] // .release) then "\\(.site) is \\(.release), not \\($wanted[.site])" else empty end]}'`,
    details: '.list | map("\\(.site) \\(.release)") | join(", ")',
  };
}
