import * as pulumi from "@pulumi/pulumi";
import { Platform } from "./components/index";
import { onlyCopy } from "./components/roles/storage/copies";
import { readStackConfig } from "./components/stack/stackConfig";
import { requireWholeProgram } from "./components/stack/wholeProgram";

requireWholeProgram();
const { settings, plan, secrets } = readStackConfig();
const hetzner = new pulumi.Config("hcloud");

const warning = settings.protect ? onlyCopy(settings.storage) : undefined;
if (warning !== undefined) void pulumi.log.warn(warning);

const platform = new Platform(
  // Not the environment, which the stack's name may decide: a renamed stack would be built a second time.
  "platform",
  {
    settings,
    plan,
    apiToken: secrets.failoverToken ?? hetzner.getSecret("token") ?? pulumi.secret(requireToken(process.env)),
    apiEndpoint: hetzner.get("endpoint"),
    certificate: secrets.certificate,
    offsiteCredentials: secrets.offsiteCredentials,
    backupKey: secrets.backupKey,
    secrets: secrets.named,
    roleSecrets: secrets.ofRoles,
  },
  // Stacks of release 0.1.
  { aliases: [{ name: settings.environment }] },
);

/** The provider takes its token from the environment too. @throws when there is none anywhere */
function requireToken({ HCLOUD_TOKEN }: NodeJS.ProcessEnv): string {
  if (HCLOUD_TOKEN !== undefined && HCLOUD_TOKEN !== "") return HCLOUD_TOKEN;
  throw new pulumi.RunError(
    "hcloud:token is not set: pulumi config set hcloud:token --secret, or set HCLOUD_TOKEN",
  );
}

/** Where visitors reach the platform: by its domain with a certificate, by its address without. */
export const url = platform.url;
/** The same by address: for the time before DNS points here. */
export const endpoint = platform.endpoint;
/** What a DNS record of the domain names, and its id. */
export const virtualIp = platform.virtualIp;
/** All of them: two when both load balancers serve. */
export const virtualIps = platform.virtualIps;
/** With `edge.ipv6` the addresses of IPv6 beside them: what AAAA records name. */
export const virtualIpv6s = platform.virtualIpv6s;
export const floatingIpId = platform.floatingIpId;
/** For what is attached to the platform from outside of it: the private network, and servers by name. */
export const networkId = platform.networkId;
export const serverIds = platform.serverIds;
/** Secret: `pulumi stack output databaseUrl --show-secrets`; reachable from the app nodes. */
export const databaseUrl = platform.databaseUrl;
/** Secret: reads the copies of backups and objects outside. Keep it where the platform is not. */
export const backupKey = platform.backupKey;
/** Digests that run, by the references of the configuration. */
export const images = platform.images;
/** Names, roles and addresses of all machines. */
export const machines = platform.machines;
/** SSH to a load balancer, or through it to any machine: `pulumi stack output deployKey --show-secrets`. */
export const deployKey = platform.deployKey;
export const bastion = platform.bastion;
