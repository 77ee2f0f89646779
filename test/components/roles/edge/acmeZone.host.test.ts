import assert from "node:assert/strict";
import { certificateModules } from "../../../../components/roles/edge/acme/files";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { dnsToken, zoneServers, zoneStandIn } from "./support/zoneStandIn";

interface Told {
  /** What went wrong, in words for people. @default - nothing */
  readonly problem?: string;
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly seconds: number;
}

/** Each sets, waits for and takes away one value beside somebody else's. */
const scenario = `import json, subprocess, sys, time, urllib.request
sys.path.insert(0, "/tmp/program")
from hetzner import Api
from zone import Unset, Zones

server = subprocess.Popen(["python3", "/tmp/zone.py", "127.0.0.1", "8480", "203.0.113.10"])
told, NAME = {}, "_acme-challenge.www.example.com"


def control(**changes):
    body = json.dumps(changes).encode()
    request = urllib.request.Request("http://127.0.0.1:8480/control", data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def reset(**changes):
    control(**{"values": {"_acme-challenge.www": ["somebody's"]}, "ttl": {"_acme-challenge.www": 3600}, "fault": None, "delay": 0, "deaf": False, "calls": [], **changes})


def attempt(label, work, token="${dnsToken}", patience=6):
    began = time.monotonic()
    zones = lambda: Zones(Api("http://127.0.0.1:8480/v1", token), patience)
    problem = {}
    try:
        work(zones)
    except Unset as unset:
        problem = {"problem": str(unset)}
    told[label] = {**problem, "values": control()["values"], "seconds": time.monotonic() - began}


def set_one(zones, value="ours"):
    record = zones().find(NAME, value)
    zones().add(record)
    zones().wait([record])
    return record


def fault(match, status, code, times=-1):
    return {"match": match, "status": status, "code": code, "times": times}


while True:
    try:
        reset()
        break
    except OSError:
        time.sleep(0.1)
attempt("beside somebody's", set_one)
attempt("taken away", lambda zones: zones().remove(zones().find(NAME, "ours")))
attempt("taken away twice", lambda zones: zones().remove(zones().find(NAME, "ours")))
reset(values={})
attempt("two for one name", lambda zones: [set_one(zones, "one"), set_one(zones, "two")])
reset(delay=2)
attempt("name servers that are late", set_one)
reset(delay=60)
attempt("name servers that are too late", set_one, patience=3)
reset(deaf=True)
attempt("name servers that are away", set_one, patience=3)
reset()
attempt("token refused", set_one, token="another")
reset(fault=fault("add_records", 423, "protected"))
attempt("record protected", set_one)
reset(fault=fault("add_records", 423, "locked", 2))
attempt("zone locked for a while", set_one)
reset(fault=fault("/zones/", 503, "unavailable", 3))
attempt("API away for a while", set_one)
reset(fault=fault("/zones/", 503, "unavailable"))
attempt("API away", set_one, patience=3)
reset(fault=fault("add_records", 0, "lost", 1))
attempt("answer lost", set_one)
reset()
attempt("no such zone", lambda zones: zones().find("_acme-challenge.www.example.org", "ours"))
server.kill()
print("RESULT " + json.dumps(told))
`;

describe("TXT records in a zone at Hetzner, as the program of the certificate sets them", function () {
  this.timeout(120_000);
  let told: Readonly<Record<string, Told>>;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const modules = certificateModules();
    const files = ["hetzner.py", "nameserver.py", "zone.py"].map(
      (name) => [`/tmp/program/${name}`, modules[name] ?? assert.fail(name)] as const,
    );
    const { output } = await inDebian13(
      `cp /etc/hosts /tmp/hosts.before 2>/dev/null || true
echo '127.0.0.1 ${zoneServers}' >/tmp/hosts
mount --bind /tmp/hosts /etc/hosts
python3 -B /tmp/scenario.py`,
      { ...Object.fromEntries(files), "/tmp/zone.py": zoneStandIn, "/tmp/scenario.py": scenario },
    );
    const line = output.split("\n").find((text) => text.startsWith("RESULT "));
    assert.ok(line !== undefined, output);
    told = JSON.parse(line.slice("RESULT ".length));
  });
  const of = (label: string) => told[label] ?? assert.fail(label);
  const values = (label: string) => of(label).values["_acme-challenge.www"];

  it("a value is set beside somebody else's, and taken away alone", () => {
    assert.deepEqual(values("beside somebody's"), ["somebody's", "ours"]);
    assert.deepEqual(values("taken away"), ["somebody's"]);
    assert.deepEqual(
      [of("taken away twice").problem, values("taken away twice")],
      [undefined, ["somebody's"]],
    );
  });

  it("a domain and its wildcard have a value each under one name", () =>
    assert.deepEqual(
      [values("two for one name"), of("two for one name").problem],
      [["one", "two"], undefined],
    ));

  it("it is waited for until the zone's name servers answer it, and not for ever", () => {
    const late = of("name servers that are late");
    assert.equal(late.problem, undefined);
    assert.ok(late.seconds >= 2, `${late.seconds} s`);
    for (const label of ["name servers that are too late", "name servers that are away"]) {
      assert.match(
        of(label).problem ?? "",
        /name servers do not answer .*_acme-challenge\.www\.example\.com: ns1/,
        label,
      );
    }
  });

  it("what passes is waited for: a lock, an API that is away, an answer that got lost", () => {
    for (const label of ["zone locked for a while", "API away for a while", "answer lost"]) {
      assert.equal(of(label).problem, undefined, label);
      assert.deepEqual(values(label), ["somebody's", "ours"], label);
    }
  });

  it("what does not pass is said at once, in words that name what to do something about", () => {
    const expected: readonly (readonly [string, RegExp])[] = [
      ["token refused", /refuses dnsToken .*401 unauthorized/],
      [
        "record protected",
        /does not change the TXT record _acme-challenge\.www of zone example\.com: 423 protected/,
      ],
      ["API away", /503 unavailable/],
      ["no such zone", /no zone of dnsToken's project has _acme-challenge\.www\.example\.org/],
    ];
    for (const [label, problem] of expected) assert.match(of(label).problem ?? "", problem, label);
    assert.ok(of("token refused").seconds < 5);
    assert.deepEqual(values("token refused"), ["somebody's"]);
  });
});
