import type { SetupFile, SetupStep } from "../../setup/types";
import { SiteSource, siteFolder, type WebSite } from "./sites";

/** Where releases lie that all web servers answer with: a bucket of anything that speaks S3. */
export interface SiteStore {
  /** `http://10.0.4.11:9000`. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  /** Secret. */
  readonly secretAccessKey: string;
}

const configPath = "/etc/platform/secrets/site-store.conf";
const bucketPath = "/etc/platform/site-bucket";

/** Of a command that found no store: what it was to do may succeed later. EX_TEMPFAIL of sysexits.h. */
const awayCode = 75;

/** How often a set-up asks a store that does not answer, every five seconds: both may be new. */
const attempts = 60;

/** Names of the sites whose releases come from there. */
export function storedSites(sites: Readonly<Record<string, WebSite>>): readonly string[] {
  return Object.keys(sites)
    .filter((name) => sites[name]?.source === SiteSource.ObjectStore)
    .sort();
}

/** How rclone reaches the store. Secret. */
export function storeFiles({ bucket, ...access }: SiteStore): SetupFile[] {
  const content = `[store]
type = s3
provider = Other
no_check_bucket = true
force_path_style = true
endpoint = ${access.endpoint}
region = ${access.region}
access_key_id = ${access.accessKeyId}
secret_access_key = ${access.secretAccessKey}
`;
  return [
    { path: configPath, content, mode: "0600" },
    { path: bucketPath, content: `${bucket}\n` },
  ];
}

/**
 * The releases that the settings name. One that is on the machine already is taken from there, and asks the store
 * nothing; while the store is away the release of before is answered with.
 */
export function fetchSteps(sites: Readonly<Record<string, WebSite>>): SetupStep[] {
  return storedSites(sites).flatMap((name) => {
    const release = sites[name]?.release;
    if (release === undefined) return [];
    return [
      {
        name: `release ${release} of site ${name}`,
        unless: `[ "$(readlink ${siteFolder(name)}/current)" = releases/${release} ]`,
        run: `for _ in {1..${attempts}}; do
  code=0
  platform-release fetch ${name} ${release} || code=$?
  [ "$code" = ${awayCode} ] || exit "$code"
  sleep 5
done
echo "site ${name} stays as it is: the object store has not answered for ${(attempts * 5) / 60} minutes" >&2
exit ${awayCode}`,
      },
    ];
  });
}

/** @param kept releases of a site that stay in the store */
export const storeFunctions = (kept: number): string => `kept=${kept}
${storeText}`;

/** A release is there when its list of files is: that comes last. */
const storeText = `there=store:$(cat ${bucketPath} 2>/dev/null || true)/sites/$site
ask() { rclone --config=${configPath} --quiet --contimeout=10s --timeout=60s --retries=2 --low-level-retries=3 "$@"; }
away() { rm -rf "$folder/.new"; echo "platform-release: the object store does not answer" >&2; exit ${awayCode}; }
require_store() { [[ " \${stored[*]} " == *" $site "* ]] || die "files of $site do not come from the object store: web.sites.$site.source"; }
lists() {
  local code=0
  ask lsf -R --files-only --format=tp --separator=' ' --include='/*/SHA256SUMS' "$there" >"$folder/.lists" 2>"$folder/.said" || code=$?
  case "$code" in
    0) sort -r "$folder/.lists" | sed -E 's#^[^ ]+ [^ ]+ ##; s#/SHA256SUMS$##' ;;
    3) ;;
    *) cat "$folder/.said" >&2; return 1 ;;
  esac
}
in_store() {
  lists >"$folder/.ids" || away
  grep -qxF -- "$id" "$folder/.ids"
}
`;

/** Older ones go, but for the one that this machine answers with, and the new one: another machine's clock may be ahead. */
export const toStore = `if [ "$command" = publish ]; then
  require_store
  if in_store; then die "release $id of $site is in the object store already: give the new one another ID"; fi
  unpack
  (cd "$folder/.new/files" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$folder/.new/SHA256SUMS"
  # What one that died has left of this release goes.
  ask sync "$folder/.new/files" "$there/$id/files" || away
  ask copyto "$folder/.new/SHA256SUMS" "$there/$id/SHA256SUMS" || away
  rm -rf "$folder/.new"
  lists >"$folder/.ids" || away
  while read -r old; do
    [[ "$old" = "$(current)" || "$old" = "$id" ]] || ask purge "$there/$old" || away
  done < <(tail -n +$((kept + 1)) "$folder/.ids")
  echo "$id of $site is in the object store"
  exit
fi
`;

export const fromStore = `if [ "$command" = fetch ] && [ ! -d "$releases/$id" ]; then
  require_store
  in_store || die "no release $id of $site in the object store: platform-release publish $site $id < files.tar.gz"
  renew
  ask copyto "$there/$id/SHA256SUMS" "$folder/.new/SHA256SUMS" || away
  ask copy "$there/$id/files" "$folder/.new/files" || away
  (cd "$folder/.new/files" && sha256sum --check --strict --quiet ../SHA256SUMS) || refuse "files of release $id are not those of its SHA256SUMS"
  [ "$(find "$folder/.new/files" -type f | wc -l)" = "$(wc -l <"$folder/.new/SHA256SUMS")" ] || refuse "release $id has files that its SHA256SUMS does not name"
  place
fi
`;
