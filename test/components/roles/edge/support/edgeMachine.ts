import type { RootRecipe } from "../../database/support/dataRoot";
import { bootMachine, type TestMachine } from "../../database/support/machine";

/** What load balancers install, so that tests need no network; their services stay off. */
const packages = [
  ...["certbot", "haproxy", "iproute2", "jq", "nftables", "nginx", "openssl", "procps", "python3", "socat"],
];

const edgeRoot: RootRecipe = {
  name: "edge",
  packages,
  install: `set -e
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install ${packages.join(" ")}
systemctl disable -q haproxy.service nginx.service
rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
`,
  input: "",
};

/** Boots a Debian 13 with the programs of a load balancer. */
export function bootEdge(hostname: string): Promise<TestMachine> {
  return bootMachine(hostname, [], edgeRoot);
}
