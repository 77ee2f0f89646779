import type { SetupFile } from "../../setup/types";
import { objectStorePort } from "./role";
import {
  applicationAccessKey,
  type ObjectStoreConfig,
  type ObjectStoreSecrets,
  rootAccessKey,
  s3Endpoint,
  s3Region,
} from "./s3";
import { applicationPolicy } from "./s3Policy";
import { ObjectStoreEngine } from "./settings";

export const objectStoreScript = "/usr/local/lib/platform/object-store";
/** Credentials of both users as curl reads them; root's is also used by the backup. */
export const objectStoreFolder = "/etc/platform/object-store";
const folder = objectStoreFolder;

/** The script that makes bucket, user and rights what they should be, and what it reads. */
export function objectStoreFiles(config: ObjectStoreConfig, secrets: ObjectStoreSecrets): SetupFile[] {
  const curlConfig = (user: string, secret: string) =>
    `user = "${user}:${secret}"\naws-sigv4 = "aws:amz:${s3Region}:s3"\n`;
  const isMinio = config.engine === ObjectStoreEngine.Minio;
  return [
    { path: `${folder}/root.curl`, content: curlConfig(rootAccessKey, secrets.root), mode: "0600" },
    {
      path: `${folder}/app.curl`,
      content: curlConfig(applicationAccessKey, secrets.application),
      mode: "0600",
    },
    {
      path: `${folder}/policy.json`,
      content: applicationPolicy(config.bucket, isMinio ? undefined : applicationAccessKey),
    },
    ...(isMinio ? minioFiles(config.privateIp, secrets) : versitygwFiles(secrets)),
    { path: objectStoreScript, content: scriptText(config), mode: "0755" },
  ];
}

function minioFiles(privateIp: string, secrets: ObjectStoreSecrets): SetupFile[] {
  return [
    {
      path: `${folder}/client.env`,
      content: `MC_HOST_platform=http://${rootAccessKey}:${secrets.root}@${privateIp}:${objectStorePort}\n`,
      mode: "0600",
    },
    {
      path: `${folder}/user`,
      content: `${applicationAccessKey}\n${secrets.application}\n`,
      mode: "0600",
    },
  ];
}

function versitygwFiles(secrets: ObjectStoreSecrets): SetupFile[] {
  return [
    {
      path: `${folder}/create-user.xml`,
      content: `<Account><Access>${applicationAccessKey}</Access><Secret>${secrets.application}</Secret><Role>user</Role></Account>\n`,
      mode: "0600",
    },
    {
      path: `${folder}/update-user.xml`,
      content: `<MutableProps><Secret>${secrets.application}</Secret></MutableProps>\n`,
      mode: "0600",
    },
  ];
}

function scriptText(config: ObjectStoreConfig): string {
  return `#!/bin/bash
# Bucket, user and rights of the application in the object store.
#   is-current          exit status 0 when nothing is to be done
#   apply               makes them what they should be
#   try                 writes, reads and deletes an object as the application does
#   make-bucket NAME    creates a versioned bucket
set -euo pipefail
readonly endpoint=${s3Endpoint(config.privateIp)} bucket=${config.bucket}
readonly folder=${folder}

as_root() { curl -fsS -m 30 -K "$folder/root.curl" "$@"; }
as_app() { curl -fsS -m 30 -K "$folder/app.curl" "$@"; }
${config.engine === ObjectStoreEngine.Minio ? minioPart : versitygwPart}
${bucketFunctions}

${commands}`;
}

const bucketFunctions = `make_bucket() {
  as_root -o /dev/null -I "$endpoint/$1" 2>/dev/null || as_root -o /dev/null -X PUT "$endpoint/$1"
  as_root -o /dev/null -X PUT "$endpoint/$1?versioning" --data-binary \\
    '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>'
}

try_as_application() {
  local key=$endpoint/$bucket/.platform-check version answer
  version=$(as_app -o /dev/null -D - -X PUT --data-binary checked "$key" | tr -d '\\r' | sed -n 's/^x-amz-version-id: //Ip')
  answer=$(as_app "$key")
  # By version, so that checks leave nothing behind.
  as_app -o /dev/null -X DELETE "$key?versionId=$version"
  [ "$answer" = checked ] || { echo "read back: $answer"; return 1; }
}`;

const commands = `case "\${1:-}" in
  is-current)
    as_app "$endpoint/$bucket?versioning" 2>/dev/null | grep -q '<Status>Enabled</Status>' &&
      [ "$(current_policy | jq -cS 'sort_by(.Action)')" = "$(wanted_policy | jq -cS 'sort_by(.Action)')" ]
    ;;
  apply)
    make_bucket "$bucket"
    apply_user
    ;;
  try) try_as_application ;;
  make-bucket) make_bucket "$2" ;;
  *)
    echo "usage: $0 is-current|apply|try|make-bucket NAME" >&2
    exit 64
    ;;
esac
`;

/** Lists of actions come back in any order. */
const normalPolicy =
  "[.Statement[] | {Effect, Action: ([.Action] | flatten | sort), Resource: ([.Resource] | flatten | sort)}]";

const versitygwPart = `
wanted_policy() { jq -c '${normalPolicy}' "$folder/policy.json"; }
current_policy() { as_root "$endpoint/$bucket?policy" 2>/dev/null | jq -c '${normalPolicy}' || echo '[]'; }

apply_user() {
  as_root -o /dev/null -X PATCH --data-binary "@$folder/create-user.xml" "$endpoint/create-user" 2>/dev/null ||
    as_root -o /dev/null -X PATCH --data-binary "@$folder/update-user.xml" "$endpoint/update-user?access=${applicationAccessKey}"
  as_root -o /dev/null -X PUT --data-binary "@$folder/policy.json" "$endpoint/$bucket?policy"
}
`;

const minioPart = `
# shellcheck disable=SC1091
client() { (set -a && . "$folder/client.env" && minio-client --config-dir "$(mktemp -d -p "$temporary")" --quiet "$@"); }
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

wanted_policy() { jq -c '${normalPolicy}' "$folder/policy.json"; }
current_policy() {
  client --json admin policy info platform ${applicationAccessKey} 2>/dev/null | jq -c '.policyInfo.Policy | ${normalPolicy}' || echo '[]'
}

apply_user() {
  client admin user add platform <"$folder/user" >/dev/null
  client admin policy create platform ${applicationAccessKey} "$folder/policy.json" >/dev/null
  # Attaching what is attached already is an error to the client.
  client --json admin policy entities platform --user ${applicationAccessKey} |
    jq -e 'any(.result.userMappings[]?; .policies | index("${applicationAccessKey}"))' >/dev/null ||
    client admin policy attach platform ${applicationAccessKey} --user ${applicationAccessKey} >/dev/null
}
`;
