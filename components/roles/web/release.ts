import type { SetupFile, SetupStep } from "../../setup/types";
import { fromStore, storedSites, storeFunctions, toStore } from "./releaseStore";
import { siteFolder, type WebSite } from "./sites";

type Sites = Readonly<Record<string, WebSite>>;

/** Releases of a site that stay, the one that is answered with among them. */
const keptReleases = 5;

/** Folders of the sites: made once, and never emptied by a setup. */
export function siteFolders(names: readonly string[]): SetupStep[] {
  return names.map((name) => ({
    name: `folder of site ${name}`,
    unless: `[ -d ${siteFolder(name)}/releases ]`,
    run: `install -d -m 0755 ${siteFolder(name)}/releases`,
  }));
}

/** `platform-release`: puts the files of a site in place, in one step, or goes back to those of before. */
export function releaseFile(sites: Sites): SetupFile {
  return { path: "/usr/local/sbin/platform-release", content: releaseScript(sites), mode: "0755" };
}

function releaseScript(sites: Sites): string {
  const stored = storedSites(sites);
  const store = stored.length > 0;
  return `#!/bin/bash
# Releases of the sites whose files lie on this machine.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 022
usage="usage: platform-release put SITE ID < files.tar.gz   answers with these files from now on
       platform-release use SITE ID                  goes back to a release that is still here
       platform-release list SITE${store ? storeUsage : ""}"
sites=(${Object.keys(sites).sort().join(" ")})
${store ? `stored=(${stored.join(" ")})\n` : ""}
die() { echo "platform-release: $1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "only root can"
command=\${1:-} site=\${2:-} id=\${3:-}
case "$command $#" in
  "put 3" | "use 3"${store ? ' | "publish 3" | "fetch 3"' : ""}) [[ "$id" =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ ]] || die "ID: 1 to 64 letters, digits and . _ -, got $id" ;;
  "list 2") ;;
  *) echo "$usage" >&2; exit 64 ;;
esac
[[ " \${sites[*]} " == *" $site "* ]] || die "no site $site; there are: \${sites[*]}"
folder=/srv/www/$site
releases=$folder/releases
current() { basename "$(readlink "$folder/current" 2>/dev/null || true)"; }

if [ "$command" = list ]; then
  for name in $(ls -tr "$releases"); do
    if [ "$name" = "$(current)" ]; then echo "$name current"; else echo "$name"; fi
  done
  exit
fi
exec 9>"$folder/.lock"
flock -w 60 9 || die "another release of $site is being made"

${placing}
${store ? `${storeFunctions(keptReleases)}\n${toStore}\n${fromStore}\n` : ""}${putAndUse}`;
}

const storeUsage = `
       platform-release publish SITE ID < files.tar.gz   puts these files into the object store, for all web servers
       platform-release fetch SITE ID                answers with a release of the object store from now on`;

/** What a release becomes on its way into its folder. */
const placing = `# What one that died has left.
renew() { rm -rf "$folder"/.new; mkdir -p "$folder/.new/files"; }
refuse() { rm -rf "$folder/.new"; die "$1"; }
unpack() {
  renew
  cat >"$folder/.new/archive"
  tar --extract --file="$folder/.new/archive" --directory="$folder/.new/files" --no-same-owner --no-same-permissions
  [ -z "$(find "$folder/.new/files" ! -type f ! -type d -print -quit)" ] || refuse "files and folders only, no links"
  [ -n "$(find "$folder/.new/files" -type f -print -quit)" ] || refuse "there are no files in it"
}
place() {
  chmod -R u=rwX,go=rX "$folder/.new/files"
  sync -f "$folder"
  mv "$folder/.new/files" "$releases/$id"
  rm -rf "$folder/.new"
}
`;

const putAndUse = `if [ "$command" = put ]; then
  [ ! -e "$releases/$id" ] || die "release $id is here already: use it, or give the new one another ID"
  unpack
  place
fi
[ -d "$releases/$id" ] || die "no release $id; there are: $(ls -t "$releases" | tr '\\n' ' ')"
touch "$releases/$id"
ln -sfn "releases/$id" "$folder/.current"
mv -T "$folder/.current" "$folder/current"
for old in $(ls -t "$releases" | tail -n +${keptReleases + 1}); do
  [ "$old" = "$id" ] || rm -rf "\${releases:?}/$old"
done
echo "$site is $id"
`;
