import assert from "node:assert/strict";
import { keepalivedConfig, keepalivedSetup } from "../../../components/loadBalancerPair/keepalived";
import { shellcheck } from "../../support/shellcheck";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { lb1, lb2 } from "./support/options";

const check = checkScript();

function checkScript() {
  const file = keepalivedSetup(lb1, lb2).files.find(({ path }) => path.endsWith("/serves"));
  if (file === undefined) throw new Error("the setup has no check script");
  return file;
}

describe("keepalived", () => {
  const answers: [string, string, number][] = [
    ["200", "HTTP/1.0 200 OK\\r\\n\\r\\n", 0],
    ["503", "HTTP/1.0 503 Unavailable\\r\\n\\r\\n", 1],
    ["nothing", "", 1],
  ];
  for (const [name, answer, expected] of answers) {
    it(`has a check that ends with ${expected} when the load balancer answers ${name}`, async function () {
      if (whyNoDebian13() !== undefined) this.skip();
      this.timeout(600_000);
      const { output } = await inDebian13(
        `python3 -c 'import socket, sys
server = socket.create_server(("127.0.0.1", 8404))
print("listening", flush=True)
client = server.accept()[0]
client.recv(1000)
client.sendall(b"${answer}") if b"${answer}" else client.recv(1000)' | {
read -r _
bash ${check.path}
echo "status $(( $? != 0 ))"
}`,
        { [check.path]: check.content },
      );
      assert.equal(output.trim(), `status ${expected}`);
    });
  }

  it("has a check that fails when nothing listens, and shellcheck finds nothing in it", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    this.timeout(600_000);
    assert.equal(await shellcheck(check.content), "");
    const { exitCode } = await inDebian13(`bash ${check.path}`, { [check.path]: check.content });
    assert.equal(exitCode, 1);
  });

  it("is accepted by keepalived 2.3 of Debian 13 without a remark", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    this.timeout(600_000);
    // The script that it tracks must be there and belong to root.
    const { exitCode, output } = await inDebian13(
      "chmod 0755 /usr/local/lib/platform-edge/serves && keepalived -t -f /tmp/keepalived.conf",
      { "/tmp/keepalived.conf": keepalivedConfig(lb1, lb2), [check.path]: check.content },
    );
    assert.equal(exitCode, 0, output);
    assert.equal(output, "");
  });

  it("differs between the machines only in who is who", () => {
    const neutral = (text: string, own: string, other: string) =>
      text
        .replaceAll(own, "OWN")
        .replaceAll(other, "OTHER")
        .replaceAll(/prod-lb\d/g, "NAME");
    assert.equal(
      neutral(keepalivedConfig(lb1, lb2), lb1.privateIp, lb2.privateIp),
      neutral(keepalivedConfig(lb2, lb1), lb2.privateIp, lb1.privateIp),
    );
  });

  it("names no interface, as names differ between images", () => {
    assert.doesNotMatch(keepalivedConfig(lb1, lb2), /^\s*interface/m);
  });
});
