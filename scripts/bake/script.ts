// What runs on the machine that becomes an image.
import { type DockerOptions, dockerDaemonFile, dockerLogins } from "../../components/setup/docker";
import { quote } from "../../components/setup/quote";
import { renderFile } from "../../components/setup/render";
import { contentHash, type RoleSoftware } from "./software";

/** Where the machine remembers what was enabled before the bake. */
const enabledBefore = "/run/platform-enabled-before";
const listEnabled = "systemctl list-unit-files --state=enabled --no-legend --plain | cut -d' ' -f1 | sort";

/** A cluster of PostgreSQL would be the same on every machine: the set-up makes each its own. */
const clusterFile = "/etc/postgresql-common/createcluster.d/zz-bake.conf";
const withoutCluster = `mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >${clusterFile}`;

/** First contact: the machine has booted, and nothing of the bake has happened. */
export const awaitStock = `set -e
timeout 600 cloud-init status --wait >/dev/null 2>&1 || true
${listEnabled} >${enabledBefore}
${withoutCluster}`;

/**
 * The role's own set-up until its packages are there, then its container images; at the end nothing is left that would be
 * the same on two machines. Secret when there are logins: hand it over on stdin, as every set-up.
 */
export function bakeScript(software: RoleSoftware, docker: DockerOptions): string {
  return [
    software.script,
    upgrade,
    ...(software.images.length === 0 ? [] : [pullImages(software.images, docker)]),
    cleanMachine(software),
    refuseKeys,
    'stage end "baked"\nexec >/dev/null 2>&1\nfind /var/log -type f -delete\nsync\n',
  ].join("\n\n");
}

/** The image is as new as its packages: what is not among them is of the day when Hetzner made the stock image. */
const upgrade = `stage bake "bringing all packages up to date"
packages_do apt-get -qq "\${apt_options[@]}" update
packages_do apt-get -qq -y "\${apt_options[@]}" upgrade`;

/** Logins lie on a RAM disk: what was once on the disk is in its free blocks, and so in the image. */
function pullImages(images: readonly string[], { registryMirror, logins = [] }: DockerOptions): string {
  const daemon = dockerDaemonFile({ registryMirror });
  const login = Buffer.from(dockerLogins(logins)).toString("base64");
  return `stage bake "pulling ${images.length} container images"
${renderFile(daemon)}
export DOCKER_CONFIG=/run/platform/bake-docker
install -d -m 0700 "$DOCKER_CONFIG"
base64 -d >"$DOCKER_CONFIG/config.json" <<<'${login}'
systemctl enable --quiet docker.service
systemctl restart docker.service
${images.map((image) => `stage bake ${quote(`pulling ${image}`)}\ndocker pull -q ${quote(image)}`).join("\n")}
rm -rf "$DOCKER_CONFIG"
record_unit docker.service ${daemon.path}
systemctl stop docker.socket docker.service containerd.service`;
}

/** What the pair has of its certificates: the key, the account at the authority, and which of them it serves. */
const certificatesOfOne = [
  "/etc/platform/secrets",
  "/etc/platform/edge/issued*",
  "/var/lib/platform-certificate",
  ...["accounts", "archive", "keys", "live", "renewal"].map((name) => `/etc/letsencrypt/${name}`),
];

/**
 * Ends the bake when a private key is on the machine, whoever has left it: all machines of the image would have it.
 * Container images are what their makers say, the same for everybody.
 */
export const refuseKeys = `stage keys "looking for private keys"
mapfile -t keys < <(grep -rlIE --exclude-dir=docker --exclude-dir=containerd -e '-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----' /etc /home /opt /root /srv /var 2>/dev/null)
if [ "\${#keys[@]}" -gt 0 ]; then
  printf 'a private key would be on every machine of this image: %s\\n' "\${keys[@]}"
  exit 1
fi`;

/** Units without configuration stay off until the set-up has written it, as on a machine that installs them itself. */
function cleanMachine(software: RoleSoftware): string {
  const own = software.units.filter((unit) => unit !== "docker.service");
  return `stage clean "removing what is this machine's own"
comm -13 ${enabledBefore} <(${listEnabled}) | { grep -xF ${own.map((unit) => `-e ${quote(unit)}`).join(" ")} || true; } >/run/platform-disable
while read -r unit; do systemctl disable --quiet --now "$unit"; done </run/platform-disable
apt-get clean
rm -rf /var/lib/apt/lists/* /var/lib/docker/engine-id /var/lib/docker/network/files /etc/docker/key.json
rm -rf /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem /var/lib/rabbitmq/.erlang.cookie
rm -rf ${certificatesOfOne.join(" ")}
rm -f ${clusterFile}
rm -rf "$state/spans.jsonl" "$state/packages-output" /etc/platform/stores
printf '%s\\n' ${contentHash(software)} >"$state/baked"
cloud-init clean
rm -rf /var/lib/cloud /var/lib/dhcp /var/lib/systemd/credential.secret /tmp/* /var/tmp/* /root/.bash_history /root/.cache
# Its stop would write it again.
systemctl stop systemd-random-seed.service
rm -f /var/lib/systemd/random-seed
# Empty: a machine without the file, or with cloud-init's word in it, would enable every unit at its first boot.
: >/etc/machine-id
[ -L /var/lib/dbus/machine-id ] || rm -f /var/lib/dbus/machine-id
rm -f /etc/ssh/ssh_host_* /root/.ssh/authorized_keys /home/*/.ssh/authorized_keys
# So that the first boot has no caches to make.
/usr/lib/systemd/systemd-update-done
journalctl --relinquish-var
rm -rf /var/log/journal/*`;
}
