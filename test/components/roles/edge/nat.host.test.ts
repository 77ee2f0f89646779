import assert from "node:assert/strict";
import { parse } from "yaml";
import { natRules, natSetup, userDataForNat } from "../../../../components/roles/edge/nat";
import { inDebian13, whyNoDebian13 } from "./support/debian13";

const range = "10.0.0.0/16";

describe("nat", () => {
  it("is accepted by nft of Debian 13, twice in a row", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    this.timeout(600_000);
    const { exitCode, output } = await inDebian13(
      "nft --file /tmp/nat.nft && nft --file /tmp/nat.nft && nft list ruleset | grep -c masquerade",
      { "/tmp/nat.nft": natRules(range) },
    );
    assert.equal(exitCode, 0, output);
    assert.equal(output.trim(), "1");
  });

  it("carries packets of a private machine to the outside, and none the other way", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    this.timeout(600_000);
    const { output } = await inDebian13(
      `set -e
for name in private outside; do
  ip netns add $name
  ip link add $name type veth peer name uplink netns $name
  ip link set $name up
  ip -n $name link set uplink up
done
ip address add 10.0.1.11/24 dev private
ip address add 198.51.100.11/24 dev outside
ip -n private address add 10.0.1.99/24 dev uplink
ip -n outside address add 198.51.100.99/24 dev uplink
ip -n private route add default via 10.0.1.11
ip -n outside route add 10.0.0.0/16 via 198.51.100.11
echo 1 >/proc/sys/net/ipv4/ip_forward
nft --file /tmp/nat.nft
serve() { ip netns exec "$1" python3 -c 'import http.server
class Who(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(self.client_address[0].encode())
    def log_message(self, *_): pass
http.server.HTTPServer(("", 8080), Who).serve_forever()' & }
serve outside
serve private
ip netns exec private curl -s --retry 20 --retry-connrefused --retry-delay 1 http://198.51.100.99:8080/
echo
ip netns exec outside curl -s -m 2 http://10.0.1.99:8080/ || echo refused`,
      { "/tmp/nat.nft": natRules(range) },
    );
    assert.deepEqual(output.trim().split("\n"), ["198.51.100.11", "refused"]);
  });

  it("brings the same files by user data as by the setup, so that the setup finds nothing to change", () => {
    const userData = userDataForNat(range);
    assert.ok(userData.startsWith("#cloud-config\n"));
    const files: { path: string; content: string }[] = parse(userData).write_files;
    assert.deepEqual(
      files,
      natSetup(range).files.map(({ path, content }) => ({ path, content })),
    );
  });
});
