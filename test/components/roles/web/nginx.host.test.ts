import assert from "node:assert/strict";
import { releaseFile } from "../../../../components/roles/web/release";
import { whyNoDebian13 } from "../edge/support/debian13";
import { webOptions } from "./support/options";
import { runWebScenario } from "./support/scenario";
import { visitorScenario } from "./support/visitorScenario";

interface VisitorResult extends Readonly<Record<string, unknown>> {
  readonly output: string;
}
type Headers = Readonly<Record<string, string | undefined>>;

const year = "public, max-age=31536000, immutable";

describe("a visitor through a load balancer and Debian's nginx to an application", function () {
  this.timeout(600_000);
  let result: VisitorResult;
  before(async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    result = await runWebScenario<VisitorResult>(visitorScenario, {
      files: { "/tmp/platform-release": releaseFile(webOptions.content.sites).content },
    });
  });
  const equal = (key: string, expected: unknown) => assert.deepEqual(result[key], expected, result.output);

  it("S1-16: the application learns the visitor's address and the id of the request from the load balancers", () => {
    const told = result.told as Headers;
    assert.equal(told["x-forwarded-for"], "192.0.2.9");
    assert.equal(told["x-real-ip"], "192.0.2.9");
    assert.equal(told["x-forwarded-proto"], "https");
    assert.equal(told["x-forwarded-port"], "443");
    assert.equal(told["x-request-id"], "0f".repeat(16));
    assert.equal(told.host, "www.example.com");
  });

  it("nobody but the load balancers is believed about a visitor", () => {
    const forged = result.forged as Headers;
    assert.equal(forged["x-forwarded-for"], "192.0.2.66");
    assert.equal(forged["x-real-ip"], "192.0.2.66");
    assert.equal(forged["x-forwarded-proto"], "http");
    assert.equal(forged["x-forwarded-port"], "80");
    assert.match(forged["x-request-id"] ?? "", /^(?!b{32})[0-9a-f]{32}$/);
    for (const name of ["forwarded", "x-platform-any-replica", "x-platform-service"])
      assert.equal(forged[name], undefined, name);
    equal("any", "yes");
  });

  it("security headers are on every answer, unless the application says them; HSTS over TLS alone", () => {
    const usual = ["nosniff", "SAMEORIGIN", "strict-origin-when-cross-origin", null];
    equal("headers", [usual, usual.with(1, "DENY")]);
    equal("hsts", ["max-age=31536000", null]);
  });

  it("S1-18, S3-54: texts are compressed from 1024 bytes on, with brotli for those who know it", () =>
    equal("compressed", {
      gzip: [null, "gzip"],
      br: [null, "br"],
      "gzip, deflate, br": [null, "br"],
      "": [null, null],
    }));

  it("a POST is done once, a GET on another node when the first breaks", () => {
    // Two attempts, and one more for each kept connection that breaks at that moment: Traefik keeps them.
    const [post, posts, get] = result.break as readonly number[];
    assert.deepEqual([post, posts, get], [502, 1, 502]);
    equal("oneAway", [200]);
    equal("postsAway", [200]);
  });

  it("requests spread evenly over the nodes", () => {
    const shares = Object.values(result.share as Readonly<Record<string, number>>);
    assert.equal(
      shares.reduce((sum, one) => sum + one, 0),
      100,
    );
    for (const share of shares) assert.ok(Math.abs(share - 50) <= 10, JSON.stringify(shares));
  });

  it("S1-17: the application is done with an answer before a slow visitor has read it, and is asked when a slow body is whole", () => {
    assert.ok(result.slowReader && result.slowReaderGets, result.output);
    equal("slowSender", [0, true]);
    equal("onDisk", []);
  });

  it("large bodies and those of unknown length go through as they come, up to the limit", () => {
    equal("large", [200, 3_000_000]);
    equal("chunked", [200, 300_000]);
    equal("tooLarge", 413);
  });

  it("S3-44: a WebSocket goes through to the application and back", () =>
    equal("websocket", ["HTTP/1.1 101 Switching Protocols", true, true]));

  it("S3-50: a protected path asks for the password, however it is written, and nobody gets what another was shown", () => {
    equal("protected", [401, 401, 401, 200, 200, 401, 401]);
    equal("protectedStream", 401);
    equal("protectedBody", 401);
    equal("protectedKept", 401);
    equal("office", [200, 403]);
  });

  it("S1-14, S3-52, S3-53, S4-6: a site's files, and its index for every deep link, without asking the application", () => {
    equal("site", {
      "/": [200, "no-cache", "<p>spa "],
      "/app.1.js": [200, year, "zzzzzzz"],
      "/some/deep/link": [200, "no-cache", "<p>spa "],
      "/docs/": [200, "no-cache", "docs"],
      "/missing.js": [404, "no-store", "<html>\r"],
      "/.git/config": [404, "no-store", "<html>\r"],
    });
    equal("siteAsked", 0);
    equal("etag", 304);
  });

  it("platform-release puts a release in place at once, goes back to one, keeps five, and takes no links", () => {
    equal("releases", [[1, "platform-release: files and folders only, no links"], [0, "spa is v1"], 1]);
    equal("second", [0, "<p>seco", 0, "<p>spa ", ["v2", "v1 current"]]);
    equal("kept", ["v4", "v5", "v6", "v7", "v8 current"]);
  });

  it("a server is ready with the files of its sites and a node that is, and takes nothing more before it stops", () => {
    equal("notReady", [200, 503]);
    equal("ready", 200);
    equal("unready", 503);
    equal("leaving", [503, 200]);
    equal("internal", [404, 404, 404]);
  });

  it("S3-35: a service is found by the name that visitors use", () => {
    const lines = (result.logged as readonly string[]).filter((line) => line.includes("?who"));
    assert.deepEqual([lines.length, lines[0]?.includes(" nginx_admin: ")], [1, true], lines.join("\n"));
  });

  it("S3-43, S3-49: each service logs under a name of its own, with the request's id, and health leaves no line", () => {
    const lines = result.logged as readonly string[];
    const of = (tag: string) => lines.filter((line) => line.includes(` ${tag}: `));
    assert.equal(of("nginx_web").length, 1, lines.join("\n"));
    assert.match(of("nginx_web")[0] ?? "", /192\.0\.2\.9 .*"GET \/echo\?log HTTP\/1\.1" 200 .* (?:0f){16} /);
    assert.deepEqual(
      of("nginx_hangfire").map((line) => [
        line.slice(0, 4),
        / (\d{3}) /.exec(line.split("HTTP/1.1")[1] ?? "")?.[1],
      ]),
      [
        ["<190", "401"],
        ["<187", "502"],
      ],
    );
    assert.equal(lines.length, 4, lines.join("\n"));
    equal("errorsLogged", ["nginx_web"]);
    equal("health", 200);
  });
});
