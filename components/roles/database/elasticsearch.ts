import { createHash } from "node:crypto";
import { containerSetup } from "../../setup/container";
import { mergeSetups } from "../../setup/merge";
import type { CompleteSetup, SetupFile } from "../../setup/types";
import { maxWalGb } from "./postgresTuning";
import { searchPort } from "./role";

export interface SearchConfig {
  /** Reference by digest. */
  readonly image: string;
  readonly privateIp: string;
  /** Java heap in MiB. */
  readonly heapMb: number;
  /** Limit of the container in MiB: heap, off-heap buffers and page cache. */
  readonly memoryMb: number;
}

export interface SearchPasswords {
  /** User `app`: all indexes that are not Elasticsearch's own. */
  readonly application: string;
  /** User `elastic`, the superuser. */
  readonly admin: string;
}

/** User and group of the official image. */
const owner = "1000";
const folder = "/etc/platform/elasticsearch";
const home = "/usr/share/elasticsearch";
export const searchAdminCurl = `${folder}/admin.curl`;
const searchCheckCurl = `${folder}/check.curl`;
const applicationRole = "platform_app";

/** Free space in GB below which Elasticsearch takes no more documents: what PostgreSQL's log may want, and half as much. */
export const floodStageGb = maxWalGb * 1.5;

/**
 * One node that is a whole cluster. Users and passwords are on; TLS is off: the port listens on the private
 * address only, where the host firewall admits the app nodes, the same as for PostgreSQL and the cache.
 */
export function elasticsearchYml(config: SearchConfig): string {
  return `cluster.name: platform
node.name: ${config.privateIp}
discovery.type: single-node
network.host: ${config.privateIp}
http.port: ${searchPort}
# Nobody joins this cluster.
transport.host: 127.0.0.1
path.data: ${home}/data
xpack.security.enabled: true
xpack.security.enrollment.enabled: false
xpack.security.http.ssl.enabled: false
xpack.security.transport.ssl.enabled: false
xpack.license.self_generated.type: basic
xpack.ml.enabled: false
# Half-full disks are normal on a machine that also holds PostgreSQL; fixed amounts fit every size. Search stops
# writing while PostgreSQL's log still has room: a full disk ends PostgreSQL, a read-only index does not.
cluster.routing.allocation.disk.watermark.low: ${floodStageGb + 2}gb
cluster.routing.allocation.disk.watermark.high: ${floodStageGb + 1}gb
cluster.routing.allocation.disk.watermark.flood_stage: ${floodStageGb}gb
`;
}

export function heapOptions(heapMb: number): string {
  return `-Xms${heapMb}m\n-Xmx${heapMb}m\n`;
}

export function elasticsearchSetup(config: SearchConfig, passwords: SearchPasswords): CompleteSetup {
  const url = `http://${config.privateIp}:${searchPort}`;
  const files = searchFiles(config, passwords);
  const container = containerSetup({
    name: "elasticsearch",
    image: config.image,
    network: "host",
    environment: { ELASTIC_PASSWORD_FILE: "/run/secrets/elastic-password" },
    volumes: [
      "/var/lib/elasticsearch:/usr/share/elasticsearch/data",
      `${folder}/elasticsearch.yml:${home}/config/elasticsearch.yml:ro`,
      `${folder}/heap.options:${home}/config/jvm.options.d/heap.options:ro`,
      `${folder}/password:/run/secrets/elastic-password:ro`,
    ],
    reads: ["elasticsearch.yml", "heap.options", "password"].map((name) => `${folder}/${name}`),
    memoryMb: config.memoryMb,
    // A clean stop flushes its indexes.
    stopSeconds: 60,
    ready: `curl -fsS -m 10 -K ${searchAdminCurl} '${url}/_cluster/health?wait_for_status=yellow&timeout=5s' >/dev/null`,
    readySeconds: 240,
  });
  return mergeSetups(
    { packages: ["curl", "jq"], files, steps: [dataFolder], units: [], checks: [] },
    container,
    { packages: [], files: [], steps: [applicationUser(url)], units: [], checks: [searchCheck(url)] },
  );
}

const dataFolder = {
  name: "data folder of Elasticsearch",
  unless: `[ "$(stat -c %u:%g:%a /var/lib/elasticsearch 2>/dev/null)" = ${owner}:0:770 ]`,
  run: `install -d -o ${owner} -g 0 -m 0770 /var/lib/elasticsearch`,
};

function searchFiles(config: SearchConfig, passwords: SearchPasswords): SetupFile[] {
  return [
    { path: `${folder}/elasticsearch.yml`, content: elasticsearchYml(config) },
    { path: `${folder}/heap.options`, content: heapOptions(config.heapMb) },
    // The image's entry point insists on 0400 or 0600.
    { path: `${folder}/password`, content: `${passwords.admin}\n`, owner, mode: "0400" },
    { path: searchAdminCurl, content: `user = "elastic:${passwords.admin}"\n`, mode: "0600" },
    { path: searchCheckCurl, content: `user = "app:${passwords.application}"\n`, mode: "0600" },
    { path: `${folder}/role.json`, content: `${JSON.stringify(roleBody())}\n` },
    {
      path: `${folder}/user.json`,
      content: `${JSON.stringify({ password: passwords.application, roles: [applicationRole] })}\n`,
      mode: "0600",
    },
  ];
}

function roleBody() {
  const role = {
    cluster: ["monitor", "manage_index_templates", "manage_ingest_pipelines"],
    indices: [{ names: ["*"], privileges: ["all"], allow_restricted_indices: false }],
  };
  const revision = createHash("sha256").update(JSON.stringify(role)).digest("hex").slice(0, 16);
  return { ...role, metadata: { revision } };
}

function applicationUser(url: string) {
  const { revision } = roleBody().metadata;
  const put = (path: string, file: string) =>
    `curl -fsS -m 60 -K ${searchAdminCurl} -X PUT -H 'Content-Type: application/json' --data-binary @${folder}/${file} ${url}/_security/${path} >/dev/null`;
  return {
    name: "role and user of the application in Elasticsearch",
    stage: "afterUnits" as const,
    unless: `[ "$(curl -fsS -m 10 -K ${searchCheckCurl} ${url}/_security/_authenticate 2>/dev/null | jq -c .roles)" = '["${applicationRole}"]' ] &&
[ "$(curl -fsS -m 10 -K ${searchAdminCurl} ${url}/_security/role/${applicationRole} 2>/dev/null | jq -r .${applicationRole}.metadata.revision)" = ${revision} ]`,
    run: `${put(`role/${applicationRole}`, "role.json")}\n${put("user/app", "user.json")}`,
  };
}

function searchCheck(url: string) {
  const ask = `curl -fsS -m 20 -K ${searchCheckCurl} -H 'Content-Type: application/json'`;
  return {
    name: "Elasticsearch lets the application index and find a document",
    timeoutSeconds: 90,
    command: `${ask} -X PUT '${url}/platform-check/_doc/1?refresh=true' -d '{"text":"platform check"}' >/dev/null &&
${ask} '${url}/platform-check/_search?q=text:check' | jq -e '.hits.total.value == 1' >/dev/null`,
  };
}
