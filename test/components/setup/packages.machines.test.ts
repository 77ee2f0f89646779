import assert from "node:assert/strict";
import { parse } from "yaml";
import { userDataForNat } from "../../../components/roles/edge/nat";
import { packagePatience } from "../../../components/setup/packages";
import { renderSetup } from "../../../components/setup/render";
import { bootMachine, type TestMachine, whyNoMachine } from "../roles/database/support/machine";
import { repositories } from "./support/repository";

/** Removing this file ends whatever holds a lock. */
const held = "/run/held";

/** Holds one lock as apt and dpkg do, until `held` is gone. */
const holdLock = (path: string) => `touch ${held}
perl -MFcntl -e 'my $lock = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0);
  open(my $file, "+<", $ARGV[0]) or open($file, "+>", $ARGV[0]) or die "$!"; fcntl($file, F_SETLK, $lock) or die "$!";
  open(my $sign, ">", "/run/holding"); close $sign; select undef, undef, undef, 0.1 while -e "${held}"' ${path} </dev/null >/run/holder.out 2>&1 &
for try in {1..300}; do [ ! -e /run/holding ] || break; sleep 0.05; done; [ -e /run/holding ] || { cat /run/holder.out; exit 1; }`;

/** Runs a set-up in the background; what it says goes to /run/setup.out, its exit status to /run/setup.rc. */
function start(packages: readonly string[], patience = packagePatience): string {
  const script = renderSetup("prod-app1", { packages }).replace(
    `package_patience=${packagePatience}`,
    `package_patience=${patience}`,
  );
  return `rm -f /run/setup.*
cat >/run/setup.sh <<'END_OF_SETUP'
${script}
END_OF_SETUP
(status=0; bash /run/setup.sh >/run/setup.out 2>&1 || status=$?; echo "$status" >/run/setup.rc) </dev/null >/dev/null 2>&1 &
`;
}

const until = (condition: string) =>
  `for try in {1..600}; do ! { ${condition}; } >/dev/null 2>&1 || break; sleep 0.1; done; { ${condition}; } || { cat /run/setup.out /var/log/platform-setup.log; exit 1; }`;
const ended = `${until("[ -s /run/setup.rc ]")}\ncat /run/setup.out; exit "$(cat /run/setup.rc)"`;
const waiting = until("grep -q 'waiting for apt and dpkg' /run/setup.out");

describe("packages of a first set-up, beside an image that updates itself", function () {
  this.timeout(300_000);
  let machine: TestMachine;

  before(async function () {
    if (whyNoMachine() !== undefined) this.skip();
    machine = await bootMachine("app1", []);
    const slow = `touch /run/slow; while [ -e ${held} ]; do sleep 0.1; done`;
    await machine.succeed(
      repositories({
        folder: "/srv/repository",
        release: {
          Origin: "Debian",
          Label: "Debian-Security",
          Suite: "stable-security",
          Codename: "trixie-security",
        },
        packages: [
          { name: "platform-one" },
          { name: "platform-two" },
          { name: "platform-three" },
          { name: "slow", version: "2.0", scripts: { postinst: slow } },
          { name: "broken", scripts: { postinst: "[ ! -e /run/fail ]" } },
          { name: "killed", scripts: { preinst: "[ ! -e /run/kill ] || kill -KILL $PPID" } },
          { name: "nftables", files: { "/usr/sbin/nft": "#!/bin/sh" } },
        ],
      }),
    );
    await machine.succeed("apt-get -qq update");
  });
  after(() => machine?.stop());
  afterEach(() =>
    machine?.run(
      `rm -f ${held} /run/holding\nfor try in {1..100}; do pgrep -f F_WRLCK >/dev/null || exit; sleep 0.1; done`,
    ),
  );

  for (const path of ["dpkg/lock-frontend", "dpkg/lock", "apt/lists/lock"])
    it(`waits while somebody holds /var/lib/${path}, says who, and goes on`, async () => {
      await machine.succeed(
        "dpkg --purge platform-one >/dev/null 2>&1; find /var/lib/apt/lists -name '*Packages*' -delete",
      );
      await machine.succeed(
        `${holdLock(`/var/lib/${path}`)}\n${start(["platform-one"])}\n${waiting}\nrm ${held}`,
      );
      const output = await machine.succeed(ended);
      assert.match(output, /prod-app1: waiting for apt and dpkg, used by perl .* \(process \d+\)/);
      assert.equal(
        (await machine.succeed("dpkg-query -W -f '${db:Status-Status}' platform-one")).trim(),
        "installed",
      );
    });

  it("waits while somebody holds apt's archives", async () => {
    await machine.succeed(
      `dpkg --purge platform-one >/dev/null 2>&1\n${holdLock("/var/cache/apt/archives/lock")}\n${start(["platform-one"])}\n${waiting}\nrm ${held}`,
    );
    await machine.succeed(ended);
  });

  it("ends with the holder's name when nobody lets go", async () => {
    await machine.succeed(`${holdLock("/var/lib/dpkg/lock-frontend")}\n${start(["platform-two"], 2)}`);
    const { exitCode, output } = await machine.run(ended);
    assert.equal(exitCode, 75, output);
    assert.match(output, /apt and dpkg are still used by perl .* after 2 seconds/);
    assert.match(output, /failed at "packages"/);
  });

  it("tries again when somebody takes a lock after it has looked", async () => {
    // A dpkg that loses the race once, with the words of the real one.
    const once = `#!/bin/sh
if [ "$1" = --configure ] && [ ! -e /run/lost ]; then touch /run/lost; exec perl -MFcntl -e '
  my $lock = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0); open(my $f, "+<", "/var/lib/dpkg/lock-frontend"); fcntl($f, F_SETLK, $lock) or die;
  exit(system("/usr/bin/dpkg", "--configure", "-a") >> 8)'; fi
exec /usr/bin/dpkg "$@"`;
    await machine.succeed(`cat >/usr/local/bin/dpkg <<'END'\n${once}\nEND\nchmod 0755 /usr/local/bin/dpkg`);
    try {
      await machine.succeed(start(["platform-two"]));
      const output = await machine.succeed(ended);
      assert.match(output, /waiting for apt and dpkg, used by somebody who was faster/);
    } finally {
      await machine.succeed("rm /usr/local/bin/dpkg");
    }
  });

  it("waits for an image whose timers and unattended-upgrades run, and both are whole afterwards", async () => {
    await machine.succeed(`touch ${held}
mkdir -p /var/lib/slow && dpkg-deb --raw-extract /srv/repository/slow_2.0_all.deb /var/lib/slow
sed -i 's/^Version: .*/Version: 1.0/' /var/lib/slow/DEBIAN/control && rm /var/lib/slow/DEBIAN/postinst
dpkg-deb --build /var/lib/slow /run/slow.deb >/dev/null && dpkg -i /run/slow.deb >/dev/null
systemctl unmask apt-daily.timer apt-daily-upgrade.timer && systemctl start apt-daily.timer apt-daily-upgrade.timer
systemctl start --no-block apt-daily-upgrade.service
${until("[ -e /run/slow ]")}
${start(["platform-three"])}
${waiting}
systemctl start --no-block apt-daily.service
rm ${held}`);
    const output = await machine.succeed(ended);
    assert.match(output, /waiting for apt and dpkg, used by .*python3.*unattended-upgrade|used by .*dpkg/);
    const versions = await machine.succeed(
      `${until("! systemctl is-active --quiet apt-daily-upgrade.service")}\ndpkg-query -W -f '\${Package} \${Version} \${db:Status-Status}\\n' slow platform-three`,
    );
    assert.deepEqual(versions.trim().split("\n").sort(), [
      "platform-three 1.0 installed",
      "slow 2.0 installed",
    ]);
  });

  it("repairs what a killed installation left half configured", async () => {
    await machine.succeed("touch /run/fail; ! apt-get -qq -y install broken >/dev/null 2>&1; rm /run/fail");
    await machine.succeed(`dpkg --purge platform-one >/dev/null\n${start(["platform-one"])}\n${ended}`);
    assert.equal((await machine.succeed("dpkg --audit")).trim(), "");
  });

  it("repairs what a power cut left half unpacked", async () => {
    await machine.succeed("touch /run/kill; ! apt-get -qq -y install killed >/dev/null 2>&1; rm /run/kill");
    assert.match(
      await machine.succeed("dpkg --audit"),
      /must be reinstalled/,
      "the machine must be broken first",
    );
    await machine.succeed(`${start(["killed"])}\n${ended}`);
    assert.equal((await machine.succeed("dpkg --audit")).trim(), "");
  });

  it("says once what an image lacks, and brings an image of two days up to date before anything starts", async () => {
    await machine.succeed(`dpkg --purge platform-one slow >/dev/null 2>&1; dpkg -i /run/slow.deb >/dev/null
touch --date='2 days ago' /var/lib/platform/baked; touch /var/lib/platform/units/docker.service
${start(["platform-one"])}`);
    const output = await machine.succeed(ended);
    assert.match(output, /^prod-app1: the image that it was made from lacks platform-one; npm run bake/m);
    assert.match(output, /^prod-app1: bringing the packages of its image up to date$/m);
    const version = "dpkg-query -W -f '${Version}' slow";
    assert.equal(await machine.succeed(`${version}; [ ! -e /var/lib/platform/units/docker.service ]`), "2.0");
    await machine.succeed(`dpkg -i /run/slow.deb >/dev/null 2>&1\n${start(["platform-one"])}`);
    assert.doesNotMatch(await machine.succeed(ended), /image/);
    assert.equal(await machine.succeed(version), "1.0", "the daily updates do it from now on");
  });

  it("does not look for updates of an image of today", async () => {
    await machine.succeed(`touch /var/lib/platform/baked\n${start(["platform-one"])}`);
    assert.doesNotMatch(await machine.succeed(ended), /image/);
    assert.equal(
      await machine.succeed("dpkg-query -W -f '${Version}' slow; [ ! -e /var/lib/platform/baked ]"),
      "1.0",
    );
  });

  it("gives a NAT machine nft at its first boot although the image updates itself", async () => {
    const [install] = parse(userDataForNat("10.0.0.0/16")).runcmd;
    await machine.succeed(`${holdLock("/var/lib/dpkg/lock-frontend")}
cat >/run/runcmd <<'END'
${install}
END
(sh /run/runcmd >/run/runcmd.out 2>&1; touch /run/runcmd.ended) </dev/null >/dev/null 2>&1 &
${until("grep -qi lock /run/runcmd.out")}
rm ${held}
${until("[ -e /run/runcmd.ended ]")}
command -v nft`);
  });
});
