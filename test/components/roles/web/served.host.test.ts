import assert from "node:assert/strict";
import { counterProgram } from "../../../../components/roles/web/served";
import { whyNoDebian13 } from "../edge/support/debian13";
import { runWebScenario } from "./support/scenario";
import { ending, standIns } from "./support/standIns";

interface Counted {
  readonly requests: number;
  readonly spared: number;
  readonly hour: { readonly requests: number; readonly spared: number };
}

interface ServedResult {
  readonly counted: Counted;
  readonly asked: number;
  readonly again: Counted;
}

/** The counter gets the socket as systemd hands it over, and is killed in between. */
const scenario = `${standIns}
def count():
    return subprocess.Popen(["python3", "/tmp/count-served", "/tmp/served.json", "0.05"], preexec_fn=lambda: os.dup2(served.fileno(), 3), pass_fds=(3,))


def counted(requests):
    read = lambda: json.load(open("/tmp/served.json")) if os.path.exists("/tmp/served.json") else {"requests": -1}
    until(lambda: read()["requests"] >= requests)
    return read()


state["reads_served"] = False
time.sleep(0.3)
counter = count()
os.makedirs("/srv/www/spa/releases/v1")
open("/srv/www/spa/releases/v1/index.html", "w").write("spa")
os.symlink("releases/v1", "/srv/www/spa/current")
seen.clear()
for path in ["/page"] * 4 + ["/api/list"] * 2 + ["/.platform/ping"]:
    ask(path)
for _ in range(3):
    ask("/", host="app.example.com")
result["counted"] = counted(9)
result["asked"] = len(seen)
counter.kill()
counter.wait()
counter = count()
ask("/page")
result["again"] = counted(10)
counter.kill()
${ending}`;

describe("what Debian's nginx answers by itself", function () {
  this.timeout(120_000);
  let result: ServedResult & { readonly output: string };
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    const files = { "/tmp/count-served": counterProgram };
    result = await runWebScenario<ServedResult & { readonly output: string }>(scenario, { files });
  });

  it("is counted among all answers: kept pages and files of sites, and no question about health", () => {
    const { requests, spared, hour } = result.counted;
    assert.deepEqual(
      { requests, spared, hour },
      { requests: 9, spared: 6, hour: { requests: 9, spared: 6 } },
      result.output,
    );
    assert.equal(result.asked, requests - spared, "requests that the application got");
  });

  it("is counted on after the counter was killed", () => {
    const { requests, spared } = result.again;
    assert.deepEqual([requests, spared], [10, 7]);
  });
});
