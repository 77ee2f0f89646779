import { execa } from "execa";
import { debian13Root } from "../../test/components/roles/edge/support/debian13";
import { bootDocker } from "../../test/components/setup/support/containers";
import { ensureTool } from "../../toolchain/build";
import { edge, node, type Rendered, replica } from "./sides";

export type Machine = Awaited<ReturnType<typeof bootDocker>>;

/** Plain proxies in front of the replica, as their packages' examples write them. */
export const plainPorts = { haproxy: 8101, nginx: 8102 };

const plainHaproxy = `global
  maxconn 4000
defaults
  mode http
  timeout connect 3s
  timeout client 30s
  timeout server 30s
frontend plain
  bind ${edge}:${plainPorts.haproxy}
  default_backend replica
backend replica
  server replica ${replica}:3000
`;

const plainNginx = `user www-data;
worker_processes auto;
error_log stderr warn;
pid /run/nginx-plain.pid;
events { worker_connections 4000; }
http {
  access_log off;
  upstream replica { server ${replica}:3000; keepalive 32; }
  server {
    listen ${edge}:${plainPorts.nginx};
    location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://replica; }
  }
}
`;

/** The replica answers a constant of 1 KB and logs nothing. */
const replicaConfig = `defaults
  mode http
  timeout client 30s
frontend replica
  bind ${replica}:3000
  http-request return status 200 content-type text/plain string "${"x".repeat(1024)}"
`;

const put = (path: string, content: string) =>
  `mkdir -p "$(dirname '${path}')"; base64 -d >'${path}' <<'END'\n${Buffer.from(content).toString("base64")}\nEND\n`;

/** A Debian 13 machine with everything that a request passes, and the log archive that its lines end in. */
export async function bootPath(): Promise<Machine> {
  const machine = await bootDocker("prod-app1");
  await copyPrograms(machine.init);
  await machine.install(await ensureTool("traefik"), "/run/image/traefik");
  await machine.succeed(`${[edge, "10.0.1.12", node, replica].map((a) => `ip address add ${a}/32 dev lo`).join("\n")}
# As every machine of both builds has it: connections are many and short.
echo '10240 65535' >/proc/sys/net/ipv4/ip_local_port_range
echo 1 >/proc/sys/net/ipv4/tcp_tw_reuse
useradd --system haproxy; mkdir -p /var/lib/haproxy/dev /var/log/nginx /var/lib/nginx
rm -rf /run/image/bin /run/image/lib* && mkdir -p /run/image/etc /run/image/tmp && chmod +x /run/image/traefik
tar -C /run/image -c . | docker import - traefik:1 >/dev/null
${put("/etc/bench/replica.cfg", replicaConfig)}${put("/etc/bench/plain.cfg", plainHaproxy)}${put("/etc/bench/nginx.conf", plainNginx)}
systemctl daemon-reload
systemd-run -q --unit=bench-replica /usr/sbin/haproxy -f /etc/bench/replica.cfg
systemd-run -q --unit=bench-haproxy /usr/sbin/haproxy -f /etc/bench/plain.cfg
systemd-run -q --unit=bench-nginx /usr/sbin/nginx -c /etc/bench/nginx.conf -g 'daemon off;'
mkdir -p /var/log/bench-archive && chown systemd-journal-remote /var/log/bench-archive
systemd-run -q --unit=bench-archive -p User=systemd-journal-remote /usr/lib/systemd/systemd-journal-remote --listen-http=127.0.0.1:19532 --split-mode=host --output=/var/log/bench-archive
mkdir -p /etc/systemd/journal-upload.conf.d
printf '[Upload]\\nURL=http://127.0.0.1:19532\\n' >/etc/systemd/journal-upload.conf.d/bench.conf
systemctl start systemd-journal-upload.service`);
  return machine;
}

/** HAProxy and nginx of Debian 13 with their libraries; what the machine has stays. */
async function copyPrograms(init: number): Promise<void> {
  const root = await debian13Root();
  const { stdout } = await execa("chroot", [root, "ldd", "/usr/sbin/haproxy", "/usr/sbin/nginx"]);
  const libraries = [...new Set(stdout.match(/\/\S+\.so\S*/g) ?? [])];
  const files = [
    "/usr/sbin/haproxy",
    "/usr/sbin/nginx",
    "/etc/nginx/mime.types",
    "/usr/lib/systemd/system/haproxy.service",
    "/etc/default/haproxy",
  ];
  for (const file of [...files, ...libraries]) {
    const there = `/proc/${init}/root${file}`;
    await execa("bash", [
      "-c",
      `[ -e "$2" ] || { mkdir -p "$(dirname "$2")" && cp -L "$1" "$2"; }`,
      "copy",
      `${root}${file}`,
      there,
    ]);
  }
}

/** Puts one build in the place of the other and waits until it serves. */
export async function switchTo(machine: Machine, side: Rendered): Promise<void> {
  await machine.succeed(`systemctl stop traefik.service haproxy.service 2>/dev/null || true
until [ -z "$(docker ps -aq)" ]; do sleep 0.1; done
rm -rf /etc/haproxy /etc/bench/dynamic /etc/systemd/system/haproxy.service.d /etc/systemd/system/traefik.service
${side.files.map(({ path, content, mode }) => `${put(path, content)}chmod ${mode ?? "0644"} '${path}'\n`).join("")}
systemctl daemon-reload
systemctl reset-failed
systemctl start ${side.units.join(" ")}
for try in {1..300}; do
  [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' -H 'Host: www.example.com' http://${edge}/)" != 200 ] || exit 0
  sleep 0.1
done
systemctl status traefik.service haproxy.service; journalctl -n 30 --no-pager; exit 1`);
}
