import type { SetupFile, SetupStep } from "../../setup/types";
import { type BackupConfig, type BackupSecrets, backupFolder } from "./backupConfig";
import { sealValues } from "./backupSeal";
import { BulkBackend } from "./settings";

/** A place outside of this machine that backups and objects are copied to. */
export interface BackupRemote {
  /** How commands call it: `platform-restore --from NAME`. */
  readonly name: "offsite" | "box";
  /** Folder in rclone's form, of what is encrypted on its way: `offsite-sealed:copies`. */
  readonly path: string;
  /** The folder beneath: `offsite:bucket`. Former releases left copies in clear text there. */
  readonly beneath: string;
  /** Compares copies: S3 keeps checksums, also of encrypted ones; a storage box is read back. */
  readonly check: string;
}

/** Backups that stay on the volume when another backend keeps them for the whole time. */
export const localBackups = 2;

/** SSH of a storage box, with rsync and borg; port 22 is plain SFTP. */
const boxPort = 23;
const boxKey = `${backupFolder}/box-key`;
const knownHosts = `${backupFolder}/box-known-hosts`;

/** Every remote of the configuration; the first one is what commands take when none is named. */
export function remotesOf(config: BackupConfig): readonly BackupRemote[] {
  const { box, offsite } = config;
  return [
    ...(box === undefined ? [] : [remote("box", "box:platform", "check --download")]),
    ...(offsite === undefined ? [] : [remote("offsite", `offsite:${offsite.bucket}`, "cryptcheck")]),
  ];
}

function remote(name: BackupRemote["name"], beneath: string, check: string): BackupRemote {
  return { name, beneath, check, path: `${name}-sealed:copies` };
}

/** Whether the volume holds backups for `retentionDays`, or only the newest. */
export function volumeKeepsBackups(config: BackupConfig): boolean {
  return config.bulk === BulkBackend.Volume;
}

/** What rclone and the scripts need to reach the remotes. */
export function remoteFiles(secrets: BackupSecrets): SetupFile[] {
  if (secrets.boxKey === undefined) return [];
  return [{ path: boxKey, content: secrets.boxKey, mode: "0600" }];
}

/**
 * The first contact pins the host keys of the storage box, as it does for machines: later ones must match. All
 * of them, because rclone asks for RSA and ECDSA before ed25519.
 */
export function remoteSteps(config: BackupConfig): SetupStep[] {
  if (config.box === undefined) return [];
  const { server } = config.box;
  return [
    {
      name: `host keys of ${server}`,
      unless: `ssh-keygen -F '[${server}]:${boxPort}' -f ${knownHosts} >/dev/null 2>&1`,
      run: `deadline=$((SECONDS + 90))
until ssh-keyscan -T 5 -p ${boxPort} ${server} >${knownHosts}.new 2>/dev/null && [ -s ${knownHosts}.new ]; do
  [ "$SECONDS" -lt "$deadline" ] || { echo "${server} does not answer on port ${boxPort}"; exit 1; }
  sleep 0.5
done
chmod 0600 ${knownHosts}.new
mv ${knownHosts}.new ${knownHosts}`,
    },
  ];
}

/** Sections of rclone.conf for the remotes. */
export function remoteSections(config: BackupConfig, secrets: BackupSecrets): string {
  const { box, offsite } = config;
  const sections: string[] = [];
  if (box !== undefined) {
    sections.push(
      section("box", {
        type: "sftp",
        host: box.server,
        port: String(boxPort),
        user: box.username,
        key_file: boxKey,
        known_hosts_file: knownHosts,
        // A box is no shell: rclone would try commands for checksums that it may not have.
        disable_hashcheck: "true",
        shell_type: "none",
      }),
    );
  }
  if (offsite !== undefined && secrets.offsite !== undefined) {
    sections.push(
      s3Section("offsite", {
        endpoint: offsite.endpoint,
        region: offsite.region,
        access_key_id: secrets.offsite.accessKeyId,
        secret_access_key: secrets.offsite.secretAccessKey,
      }),
    );
  }
  const sealed = remotesOf(config).map(({ name, beneath }) =>
    section(`${name}-sealed`, sealValues(beneath, secrets.sealKey)),
  );
  return [...sections, ...sealed].join("\n");
}

export function s3Section(name: string, values: Readonly<Record<string, string>>): string {
  return section(name, { type: "s3", provider: "Other", no_check_bucket: "true", ...values });
}

function section(name: string, values: Readonly<Record<string, string>>): string {
  const lines = Object.entries(values).map(([key, value]) => {
    // Else the rest of it would be settings of rclone. Not shown: it may be a key.
    if (/[\r\n\0]/.test(value)) throw new Error(`${key} of the copy ${name} must be one line`);
    return `${key} = ${value}\n`;
  });
  return `[${name}]\n${lines.join("")}`;
}
