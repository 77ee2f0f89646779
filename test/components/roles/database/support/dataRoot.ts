import { createClusterConf } from "../../../../../components/roles/database/postgres";

/** What a root file system is made of. */
export interface RootRecipe {
  /** Of its folder in the cache. */
  readonly name: string;
  readonly packages: readonly string[];
  /** Bash, inside of it; reads `input`. */
  readonly install: string;
  readonly input: string;
}

/** What database, storage and web nodes install, so that tests need no network; their services stay off. */
const packages = [
  "docker-cli",
  "docker.io",
  "jq",
  "kmod",
  "libnginx-mod-http-brotli-filter",
  "libnginx-mod-http-brotli-static",
  "minio-client",
  "nginx",
  "postgresql-17",
  "openssh-server",
  "rclone",
  "redis-server",
  "redis-tools",
  "ssh-audit",
  "systemd-journal-remote",
  "unattended-upgrades",
  "valkey-server",
  "valkey-tools",
];

const installScript = `set -e
mkdir -p /etc/postgresql-common/createcluster.d
cat >/etc/postgresql-common/createcluster.d/platform.conf
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install ${packages.join(" ")}
systemctl disable -q nginx.service docker.socket docker.service containerd.service postgresql.service postgresql@17-main.service valkey-server.service redis-server.service
[ -e /etc/postgresql/17/main/postgresql.conf ]
rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
`;

/** Of machines that hold data. */
export const dataRoot: RootRecipe = {
  name: "data",
  packages,
  install: installScript,
  input: createClusterConf,
};
