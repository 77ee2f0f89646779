import assert from "node:assert/strict";
import { imagePruneSetup } from "../../../components/setup/imagePrune";
import type { CompleteSetup } from "../../../components/setup/types";
import { shellcheck } from "../../support/shellcheck";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";

describe("the images of past releases", function () {
  this.timeout(180_000);
  let machine: TestMachine;
  const images = async () =>
    (await machine.succeed("docker image ls --format '{{.Repository}}:{{.Tag}}' | sort")).trim().split("\n");
  const bytes = async () => Number(await machine.succeed("du -sB1 /var/lib/docker | cut -f1"));
  const release = (tag: string): CompleteSetup => ({
    ...imagePruneSetup,
    files: [
      ...imagePruneSetup.files,
      {
        path: "/etc/systemd/system/web-1.service",
        content: `[Service]\nExecStart=/usr/bin/docker run --rm \\\n  shop:${tag} \\\n  serve\n`,
      },
    ],
  });

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("app1", []);
    await machine.succeed(`(dockerd --bridge=none --iptables=false --ip6tables=false --storage-driver=vfs >/run/dockerd.log 2>&1 </dev/null &)
for try in {1..300}; do ! docker info >/dev/null 2>&1 || exit 0; sleep 0.1; done; cat /run/dockerd.log; exit 1`);
  });
  after(() => machine?.stop());

  it("are removed by a script that shellcheck accepts", async function () {
    this.timeout(60_000);
    for (const { content } of imagePruneSetup.files) assert.equal(await shellcheck(content), "");
  });

  it("do not add up: after ten deploys the disk holds the image of the last", async () => {
    const sizes: number[] = [];
    for (let deploy = 1; deploy <= 10; deploy++) {
      await machine.succeed(
        `mkdir -p /run/image && head -c 4M /dev/urandom >/run/image/app && tar -C /run/image -c . | docker import - shop:${deploy} >/dev/null`,
      );
      await machine.apply(release(String(deploy)));
      sizes.push(await bytes());
    }
    assert.deepEqual(await images(), ["shop:10"]);
    assert.ok((sizes.at(-1) ?? 0) < (sizes[0] ?? 0) + 4 * 1024 * 1024, `bytes after each deploy: ${sizes}`);
  });

  it("stay when another unit or a container that has ended needs them", async () => {
    await machine.succeed(`for name in search stopped nobody; do echo $name >/run/image/app; tar -C /run/image -c . | docker import - $name:1 >/dev/null; done
docker tag nobody:1 nobody:second
docker create --network=none stopped:1 /app >/dev/null
printf '[Service]\\nExecStart=/usr/bin/docker run search:1\\n' >/etc/systemd/system/search.service`);
    await machine.apply(release("10"));
    assert.deepEqual(await images(), ["search:1", "shop:10", "stopped:1"]);
  });

  it("stay when the new release does not serve", async () => {
    await machine.succeed("tar -C /run/image -c . | docker import - shop:11 >/dev/null");
    const broken = {
      ...release("11"),
      units: [
        {
          name: "web-1.service",
          reads: ["/etc/systemd/system/web-1.service"],
          ready: "false",
          readySeconds: 1,
        },
      ],
    };
    await assert.rejects(machine.apply(broken), /failed at/);
    assert.ok((await images()).includes("shop:10"));
  });

  it("are nothing that a machine without images trips over", async () => {
    await machine.succeed(
      `for try in {1..50}; do docker ps -aq | xargs -r docker rm -f >/dev/null 2>&1 || true; [ -n "$(docker ps -aq)" ] || break; sleep 0.2; done
docker image ls -q | sort -u | xargs -r docker image rm -f >/dev/null`,
    );
    await machine.apply({ ...imagePruneSetup });
  });
});
