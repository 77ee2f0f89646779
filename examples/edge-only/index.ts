import * as hcloud from "@pulumi/hcloud";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { deployKey, LoadBalancerPair } from "hetzner-platform";

const config = new pulumi.Config();
const hetzner = new pulumi.Config("hcloud");
const location = config.require("location");

// What is there already: a private network and two web servers, made without this package.
const network = new hcloud.Network("shop", { ipRange: "10.20.0.0/16" });
const subnet = new hcloud.NetworkSubnet("shop", {
  networkId: network.id.apply(Number),
  type: "cloud",
  networkZone: "eu-central",
  ipRange: "10.20.1.0/24",
});
const nginx = `#cloud-config
package_update: true
packages: [nginx-light]
runcmd:
  - hostname >/var/www/html/index.html
`;
const web = ["10.20.1.21", "10.20.1.22"].map(
  (ip, index) =>
    new hcloud.Server(
      `web${index + 1}`,
      {
        name: `shop-web${index + 1}`,
        serverType: "cx23",
        image: "debian-13",
        location,
        networks: [{ networkId: network.id.apply(Number), ip }],
        userData: nginx,
      },
      { dependsOn: subnet },
    ),
);

// The key with which the pair is set up: random, kept in the stack.
const seed = new random.RandomBytes("deploy-key", { length: 32 });
const key = pulumi.secret(seed.base64).apply((base64) => deployKey(base64, "shop"));
const sshKey = new hcloud.SshKey("deploy", {
  name: "shop-deploy",
  publicKey: pulumi.unsecret(key.publicKey),
});

const pair = new LoadBalancerPair("shop", {
  location,
  network: { id: subnet.networkId, range: "10.20.0.0/16" },
  addresses: ["10.20.1.11", "10.20.1.12"],
  serverType: "cx23",
  sshKey: sshKey.id,
  privateKey: key.privateKey,
  adminRanges: config.requireObject<string[]>("adminRanges"),
  domain: config.require("domain"),
  ipv6: config.getBoolean("ipv6") ?? false,
  backends: web.map((server, index) => ({
    name: `web${index + 1}`,
    address: server.networks.apply((networks) => networks?.[0]?.ip ?? ""),
    healthPath: "/",
  })),
  // The web servers have addresses of their own: nobody needs the pair as a way out.
  manageDefaultRoute: false,
  apiToken: hetzner.requireSecret("token"),
  apiEndpoint: hetzner.get("endpoint"),
});

/** What the DNS record of the domain names. */
export const virtualIp = pair.virtualIp;
/** With `ipv6: true` what its AAAA record names. */
export const virtualIpv6s = pair.virtualIpv6s;
/** Public addresses of the two machines, for SSH with the deploy key. */
export const loadBalancers = pair.publicIpv4s;
export const privateKey = key.privateKey;
/** Resolves when both machines serve. */
export const ready = pair.configured;
