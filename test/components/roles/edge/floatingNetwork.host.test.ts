import assert from "node:assert/strict";
import { floatingNetworkSetup } from "../../../../components/roles/edge/floatingNetwork";
import { haproxyConfig } from "../../../../components/roles/edge/haproxy";
import { matchedRange, visitorsAddress } from "../../../../components/roles/edge/ipv6Addresses";
import { shellcheck } from "../../../support/shellcheck";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { withCdn } from "./support/options";

const addresses = ["2001:db8:2:1::1", "2001:db8:2:2::1"];

/** The script, and the command of a check, of a pair with these addresses. */
function rendered(of: readonly string[]) {
  const { files, checks } = floatingNetworkSetup(of);
  const script = files.find(({ mode }) => mode === "0755")?.content ?? assert.fail();
  return { script, check: checks.map(({ command }) => command).join("\n") };
}

/** A machine, its way out, and what somebody else has configured there. */
const machine = `
set -eu
ip link add eth0 type veth peer name router
ip link add eth1 type veth peer name other
for link in eth0 eth1 other; do ip link set "$link" up; done
# Who routes the networks asks on the link who has the address.
ip netns add outside
ip link set router netns outside
ip -n outside link set router up
ip -n outside -6 address add fe80::1/64 dev router nodad
ip -n outside -6 address add 2001:db8:ffff::1/128 dev router nodad
for network in 1:1 2:1 2:9; do ip -n outside -6 route add 2001:db8:$network::/64 dev router; done
python3 -m http.server --bind :: 80 >/dev/null 2>&1 &
reaches() { ip netns exec outside curl -s -g -m 3 -o /dev/null -w '%{http_code}' "http://[$1]/" || true; }
ip -6 address add 2001:db8:1:1::1/64 dev eth0 nodad
ip -6 address add 2001:db8:7::7/128 dev lo nodad
on() { ip -o -6 address show dev "$1" scope global | awk '{ print $4 }' | sort | xargs; }
until_is() { for _ in {1..100}; do [ "$(on "$2")" != "$3" ] || return 0; sleep 0.1; done; echo "$1: $2 has $(on "$2"), not $3"; exit 1; }
way_out() { ip -6 route replace default via fe80::1 dev "$1" onlink; }
`;

const own = "2001:db8:1:1::1/64";
const both = `${own} ${addresses[0]}/128 ${addresses[1]}/128`;

/** What happens to it. */
const story = (check: string) => `
bash /tmp/floating-ipv6 2>/tmp/said & keeper=$!
sleep 1
cat /tmp/said
echo "without a way out: $(on eth0)"
way_out eth0
until_is "with one" eth0 "${both}"
${check}
for _ in {1..50}; do [ "$(reaches 2001:db8:1:1::1)" != 200 ] || break; sleep 0.1; done
echo "asked from outside: $(reaches ${addresses[0]})"
ip -6 address add 2001:db8:2:9::1/128 dev lo nodad
echo "one on the loopback interface: $(reaches 2001:db8:2:9::1)"
ip -6 address delete 2001:db8:2:9::1/128 dev lo
ip -6 route get 2001:db8:ffff::1 | grep -o 'src [^ ]*'
ip -o -6 address show dev eth0 to ${addresses[0]} | grep -o 'deprecated'
# What configures the interface takes away what it does not know.
ip -6 address delete ${addresses[1]}/128 dev eth0
until_is "taken away" eth0 "${both}"
way_out eth1
until_is "another way out" eth1 "${addresses[0]}/128 ${addresses[1]}/128"
until_is "another way out" eth0 "${own}"
way_out eth0
until_is "back again" eth0 "${both}"
kill -TERM $keeper; wait $keeper || true
SERVICE_RESULT=signal bash /tmp/floating-ipv6 clear
echo "after it died: $(on eth0)"
bash /tmp/fewer & keeper=$!
until_is "with one less" eth0 "${own} ${addresses[0]}/128"
kill -TERM $keeper; wait $keeper || true
SERVICE_RESULT=success bash /tmp/fewer clear
echo "after it was stopped: $(on eth0), $(on lo)"
`;

describe("the address of a floating IPv6 network", () => {
  it("is the first of it, however the network is written", () => {
    for (const network of ["2001:db8:2:1::/64", "2001:db8:2:1::", "2001:DB8:2:1:0:0:0:0", "2001:db8:2:1::1"])
      assert.equal(visitorsAddress(network), "2001:db8:2:1::1");
    assert.throws(() => visitorsAddress("203.0.113.7"));
  });

  it("is no part of a range of IPv4 that HAProxy matches", () => {
    assert.equal(matchedRange("192.0.2.0/28"), "::ffff:192.0.2.0/124");
    assert.equal(matchedRange("2001:db8::/32"), "2001:db8::/32");
    const config = haproxyConfig({ ...withCdn, ipv6: true });
    assert.match(config, /[ "]::ffff:192\.0\.2\.0\/124/);
    assert.doesNotMatch(config, /[ "]192\.0\.2\.0\/28/);
  });
});

describe("floating IPv6 networks on a machine of Debian 13", function () {
  this.timeout(120_000);

  it("need nothing where there are none, and a script without findings of shellcheck", async () => {
    assert.deepEqual(floatingNetworkSetup([]).files, []);
    assert.equal(await shellcheck(rendered(addresses).script), "");
  });

  it("are on the interface that leads outside, answer for neighbours there, where one on the loopback interface does not, and are no source of its own connections", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const { script, check } = rendered(addresses);
    const { output } = await inDebian13(machine + story(check), {
      "/tmp/floating-ipv6": script,
      "/tmp/fewer": rendered(addresses.slice(0, 1)).script,
    });
    assert.equal(
      output,
      `there is no IPv6 default route, so no interface for ${addresses.join(" ")}
without a way out: ${own}
asked from outside: 200
one on the loopback interface: 000
src 2001:db8:1:1::1
deprecated
after it died: ${both}
after it was stopped: ${own}, 2001:db8:7::7/128`,
    );
  });
});
