import { all, type Mistake, offsite, set } from "../changes";

/** Mistakes in what the storage machine keeps, and in the copies of it. */
export const storageMistakes: readonly Mistake[] = [
  ["volume below Hetzner's least", set("storage.volumeGb", 9), "storage.volumeGb", /from 10 to 10240/],
  ["volume above Hetzner's most", set("storage.volumeGb", 10_241), "storage.volumeGb", /from 10 to 10240/],
  [
    "minio without an image",
    set("storage.objectStoreEngine", "minio"),
    "images.objectStore",
    /image of your own/,
  ],
  ["bucket in capitals", set("storage.bucket", "Shop"), "storage.bucket", /lower-case/],
  [
    "cron's schedule",
    set("storage.backup.schedule", "0 2 * * *"),
    "storage.backup.schedule",
    /calendar expression/,
  ],
  [
    "hour 25",
    set("storage.backup.schedule", "*-*-* 25:00:00"),
    "storage.backup.schedule",
    /calendar expression/,
  ],
  ...["Sat..Mon 03:00", "*-*-31/2 02:00", "*-*-* */2:00"].map(
    (schedule): Mistake => [
      `schedule ${schedule}, which systemd refuses`,
      set("storage.backup.schedule", schedule),
      "storage.backup.schedule",
      /calendar expression/,
    ],
  ),
  ...["*-02-30 02:00", "2020-01-01 02:00", "2026..2027-02-29 02:00 UTC"].map(
    (schedule): Mistake => [
      `schedule ${schedule}, which never comes`,
      set("storage.backup.schedule", schedule),
      "storage.backup.schedule",
      /would never elapse/,
    ],
  ),
  [
    "backups kept no day",
    set("storage.backup.retentionDays", 0),
    "storage.backup.retentionDays",
    /from 1 to 3650/,
  ],
  ["logs kept no day", set("storage.logRetentionDays", 0), "storage.logRetentionDays", /from 1 to 3650/],
  ["bulk backend that does not exist", set("storage.bulk", "tape"), "storage.bulk", /storageBox/],
  [
    "storage box larger than Hetzner's largest",
    all(set("storage.bulk", "storageBox"), set("storage.bulkGb", 10_001)),
    "storage.bulkGb",
    /from 1 to 10000/,
  ],
  ["size of a storage box without one", set("storage.bulkGb", 2000), "storage.bulkGb", /volumeGb instead/],
  [
    "bucket as backend without bucket",
    set("storage.bulk", "objectStore"),
    "storage.backup.offsite",
    /bucket/,
  ],
  [
    "second copy without keys",
    set("storage.backup.offsite", offsite),
    "offsiteAccessKeyId",
    /config set --secret/,
  ],
  [
    "second copy in clear text",
    all(
      set("storage.backup.offsite", { ...offsite, endpoint: "http://s3.example.com" }),
      set("offsiteAccessKeyId", { secure: "v1:a" }),
      set("offsiteSecretAccessKey", { secure: "v1:b" }),
    ),
    "storage.backup.offsite.endpoint",
    /https/,
  ],
  ...[
    "http://10.0.4.11:9000",
    "https://10.0.4.11",
    "https://localhost:9000",
    "https://127.0.0.1",
    "https://[::1]",
  ].map(
    (endpoint): Mistake => [
      `second copy on the storage node itself, ${endpoint}`,
      set("storage.backup.offsite", { ...offsite, endpoint }),
      "storage.backup.offsite.endpoint",
      /allowed a store outside of the platform/,
    ],
  ),
  ...["two\nlines", "with spaces", " AKIA", "ключ", ""].map(
    (key): Mistake => [
      `key of the second copy that is ${JSON.stringify(key)}, which rclone reads as something else`,
      all(set("storage.backup.offsite", offsite), set("offsiteSecretAccessKey", key)),
      "offsiteSecretAccessKey",
      /of one line, no spaces; copy the key alone/,
    ],
  ),
  [
    "second copy without region and keys, all at once",
    set("storage.backup.offsite", { ...offsite, region: undefined }),
    "offsiteSecretAccessKey",
    /config set --secret/,
  ],
  [
    "second copy without bucket",
    set("storage.backup.offsite", { ...offsite, bucket: undefined }),
    "storage.backup.offsite.bucket",
    /got nothing/,
  ],
];
