import assert from "node:assert/strict";
import { pairAddresses } from "../../../../components/roles/edge/addresses";
import { keepalivedConfig, keepalivedSetup } from "../../../../components/roles/edge/keepalived";
import { shellcheck } from "../../../support/shellcheck";
import { inDebian13, whyNoDebian13 } from "./support/debian13";
import { edge1, edge2 } from "./support/options";

const check = checkScript();

function checkScript() {
  const file = keepalivedSetup(edge1, edge2, pairAddresses()).files.find(({ path }) =>
    path.endsWith("/serves"),
  );
  if (file === undefined) throw new Error("the setup has no check script");
  return file;
}

/** Python that lets both machines answer, and prints what the check says. */
function reachesCases(cases: readonly (readonly [number | undefined, number | undefined])[]): string {
  return `import json, socket, subprocess, threading
for own, other in json.loads('${JSON.stringify(cases)}'):
    servers = []
    for address, status in [("127.0.0.1", own), ("${edge2.privateIp}", other)]:
        if status is None:
            continue
        server = socket.create_server((address, 8404))
        servers.append(server)

        def serve(server=server, status=status):
            try:
                while True:
                    client, _ = server.accept()
                    client.recv(1000)
                    client.sendall(b"HTTP/1.0 %d X\\r\\n\\r\\n" % status)
                    client.close()
            except OSError:
                pass

        threading.Thread(target=serve, daemon=True).start()
    done = subprocess.run(["bash", "${check.path}", "reaches"], capture_output=True)
    print("status", int(done.returncode != 0), flush=True)
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
`;
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

  /** What this machine and the peer answer to `/healthz`; undefined: nothing listens there. */
  const reaches: [string, number | undefined, number | undefined, number][] = [
    ["it reaches a node", 200, undefined, 0],
    ["its nodes are healthy with another 2xx", 204, 200, 0],
    ["neither load balancer reaches a node", 503, 503, 0],
    ["neither load balancer reaches a node, as nginx says it", 502, 504, 0],
    ["only the other one reaches a node", 503, 200, 1],
    ["it reaches nobody, not even the other one", 503, undefined, 1],
    ["it does not answer, and the other one reaches a node", undefined, 200, 1],
  ];
  it("keeps the address while the other machine is no better place for it, and only then", async function () {
    if (whyNoDebian13() !== undefined) this.skip();
    this.timeout(600_000);
    const { output } = await inDebian13(
      `ip address add ${edge1.privateIp}/32 dev lo; ip address add ${edge2.privateIp}/32 dev lo
echo ${Buffer.from(reachesCases(reaches.map(([, own, other]) => [own, other]))).toString("base64")} | base64 -d | python3`,
      { [check.path]: check.content },
    );
    const statuses = output.trim().split("\n");
    assert.deepEqual(
      reaches.map(([name], index) => [name, statuses[index]]),
      reaches.map(([name, , , expected]) => [name, `status ${expected}`]),
    );
  });

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
    const file = keepalivedSetup(edge1, edge2, pairAddresses()).files.find(({ path }) =>
      /keepalived.conf/.test(path),
    );
    assert.ok(file?.validate !== undefined);
    // The script that it tracks must be there and belong to root.
    const { exitCode, output } = await inDebian13(
      `chmod 0755 ${check.path}
set -- /tmp/keepalived.conf
${file.validate}`,
      {
        "/tmp/keepalived.conf": keepalivedConfig(edge1, edge2, pairAddresses()),
        [check.path]: check.content,
      },
    );
    assert.equal(exitCode, 0, output);
    assert.equal(output, "");
  });

  it("differs between the machines only in who is who", () => {
    const neutral = (text: string, own: string, other: string) =>
      text
        .replaceAll(own, "OWN")
        .replaceAll(other, "OTHER")
        .replaceAll(/prod-edge\d/g, "NAME");
    assert.equal(
      neutral(keepalivedConfig(edge1, edge2, pairAddresses()), edge1.privateIp, edge2.privateIp),
      neutral(keepalivedConfig(edge2, edge1, pairAddresses()), edge2.privateIp, edge1.privateIp),
    );
  });

  it("names no interface, as names differ between images", () => {
    assert.doesNotMatch(keepalivedConfig(edge1, edge2, pairAddresses()), /^\s*interface/m);
  });
});
