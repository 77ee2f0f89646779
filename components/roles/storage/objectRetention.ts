import { type CompleteSetup, completeSetup } from "../../setup/types";
import { rclone } from "./backupConfig";
import { objectStoreFolder } from "./objectStoreScript";
import { s3Endpoint } from "./s3";

export interface ObjectRetentionConfig {
  readonly privateIp: string;
  /** Bucket of the application, versioned. */
  readonly bucket: string;
  /** Days that a version stays after it was replaced or deleted. */
  readonly retentionDays: number;
}

const path = "/usr/local/sbin/platform-object-retention";
/** Oneshot that a timer starts. */
export const objectRetentionService = "platform-object-retention.service";
const servicePath = `/etc/systemd/system/${objectRetentionService}`;
const timerPath = "/etc/systemd/system/platform-object-retention.timer";

/** Versions that nobody has seen for as long as backups are kept go, every day; current ones never do. */
export function objectRetentionSetup(config: ObjectRetentionConfig): CompleteSetup {
  return completeSetup({
    packages: ["curl", "python3", "rclone"],
    files: [
      { path, content: objectRetentionScript(config, config.retentionDays * 86_400), mode: "0755" },
      { path: servicePath, content: service },
      { path: timerPath, content: timer },
    ],
    units: [{ name: "platform-object-retention.timer", reads: [timerPath, servicePath] }],
  });
}

/**
 * One way for both engines, because versitygw has no lifecycle rules. As with S3's own rules, a version's time runs
 * from the moment at which a newer one replaced it.
 */
export function objectRetentionScript(
  { privateIp, bucket }: Omit<ObjectRetentionConfig, "retentionDays">,
  keepSeconds: number,
): string {
  return `${askPart(privateIp, bucket, keepSeconds)}


${listPart}


${choicePart}


${removePart}


removed = 0
for page in pages():
    batch = list(doomed(page))
    for start in range(0, len(batch), 500):
        remove(batch[start:start + 500])
    removed += len(batch)
print("removed %d old versions of objects in ${bucket}" % removed)
subprocess.run("${rclone} backend cleanup -o max-age=168h objects:${bucket}".split(), check=True)
`;
}

const askPart = (privateIp: string, bucket: string, keepSeconds: number) => `#!/usr/bin/python3
"""Removes old versions of the application's objects, and uploads that were begun and never finished."""
import base64
import datetime
import hashlib
import subprocess
import urllib.parse
import xml.etree.ElementTree as xml
from xml.sax.saxutils import escape

URL = "${s3Endpoint(privateIp)}/${bucket}"
CUTOFF = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=${keepSeconds})
PAGE = 1000


def ask(query, *options, body=None):
    command = ["curl", "-fsS", "-m", "300", "-K", "${objectStoreFolder}/root.curl", *options, URL + "?" + query]
    return xml.fromstring(subprocess.run(command, input=body, check=True, stdout=subprocess.PIPE).stdout)


def plain(tree):
    """Without name spaces, which the engines use differently."""
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree`;

/** What there is, page by page. */
const listPart = `class Entry:
    def __init__(self, element, decode):
        self.key = decode(element.findtext("Key"))
        self.version = element.findtext("VersionId")
        self.modified = datetime.datetime.fromisoformat(element.findtext("LastModified").replace("Z", "+00:00"))
        self.latest = element.findtext("IsLatest") == "true"
        self.marker = element.tag == "DeleteMarker"


def pages():
    """Lists of entries in which the entries of a key are together."""
    markers, rest = {}, []
    while True:
        query = urllib.parse.urlencode(
            sorted({"encoding-type": "url", "max-keys": PAGE, "versions": "", **markers}.items()),
            quote_via=urllib.parse.quote, safe="",
        )
        page = plain(ask(query))
        decode = urllib.parse.unquote if page.findtext("EncodingType") == "url" else str
        entries = rest + [Entry(element, decode) for element in page if element.tag in ("Version", "DeleteMarker")]
        if page.findtext("IsTruncated") != "true":
            yield entries
            return
        marker = decode(page.findtext("NextKeyMarker"))
        markers = {"key-marker": marker, "version-id-marker": page.findtext("NextVersionIdMarker") or ""}
        # The next page may go on with the last key, after which MinIO notes where its cache stands.
        last = marker.split("[minio_cache:")[0]
        rest = [entry for entry in entries if entry.key == last]
        yield [entry for entry in entries if entry.key != last]`;

/** Which versions go. */
const choicePart = `def doomed(entries):
    keys = {}
    for entry in entries:
        # By version: where a page begins within a key, versitygw lists the current one again.
        keys.setdefault(entry.key, {})[entry.version] = entry
    for versions in keys.values():
        versions = sorted(versions.values(), key=lambda entry: (not entry.latest, -entry.modified.timestamp()))
        # What everybody sees stays, whatever its age; and whoever cannot tell it keeps everything.
        if sum(entry.latest for entry in versions) != 1:
            continue
        for newer, entry in zip(versions, versions[1:]):
            if newer.modified < CUTOFF:
                yield entry
        # A mark of deletion hides older versions: it goes last, in a later run, or they would be seen again.
        if len(versions) == 1 and versions[0].marker and versions[0].modified < CUTOFF:
            yield versions[0]`;

const removePart = `def remove(entries):
    objects = "".join(
        "<Object><Key>%s</Key><VersionId>%s</VersionId></Object>" % (escape(entry.key), escape(entry.version))
        for entry in entries
    )
    body = ('<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>%s</Delete>' % objects).encode()
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    answer = plain(ask("delete=", "-X", "POST", "-H", "Content-MD5: " + digest, "--data-binary", "@-", body=body))
    errors = [error.findtext("Code") + " " + error.findtext("Key") for error in answer.iter("Error")]
    if errors:
        raise SystemExit("not removed: " + ", ".join(errors[:5]))`;

const service = `[Unit]
Description=Retention of old versions of objects
Wants=object-store.service
After=object-store.service

[Service]
Type=oneshot
ExecStart=${path}
Nice=10
IOSchedulingClass=idle
CPUWeight=20
TimeoutStartSec=6h
ProtectSystem=full
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
`;

const timer = `[Unit]
Description=Daily retention of old versions of objects

[Timer]
OnCalendar=*-*-* 05:23:00 UTC
Persistent=true

[Install]
WantedBy=timers.target
`;
