import { execa } from "execa";
import { namesOf } from "../../../localcloud/src/settings/names";
import { must, type Result, settings } from "./cloud";

/** Where a probe begins: a machine by its name, a client on the internet, or the host, which administrates. */
export type Source = { readonly machine: string } | "internet" | "admin";

/** `10.0.3.11 5432`, IPv6 without brackets. */
export type Target = string;

/**
 * Opens each address once and says which answered. A refused connection is no answer: nothing listens. A dropped one
 * costs the whole patience, so all are tried side by side.
 */
const connect = `
import socket, sys, concurrent.futures
def answers(target):
    address, port = target.split()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(3)
        return probe.connect_ex((address, int(port))) == 0
targets = sys.stdin.read().split("\\n")
with concurrent.futures.ThreadPoolExecutor(200) as pool:
    for target, answered in zip(targets, pool.map(answers, targets)):
        if answered: print(target)
`;

/** One datagram to each, with a text that tells who sent it; three times, because nobody repeats what is lost. */
const send = `
import socket, sys
text = sys.argv[1].encode()
for target in sys.stdin.read().split("\\n"):
    address, port = target.split()
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _ in range(3):
            try: probe.sendto(text, (address, int(port)))
            except OSError: pass
`;

/** The addresses that accept a connection from there. */
export async function answering(source: Source, targets: readonly Target[]): Promise<readonly Target[]> {
  const { stdout } = await python(source, connect, [], targets.join("\n"));
  return stdout.split("\n").filter((line) => line !== "");
}

export async function sendDatagrams(source: Source, text: string, targets: readonly Target[]): Promise<void> {
  await python(source, send, [text], targets.join("\n"));
}

/**
 * Ports of a machine on which something listens for others, as the kernel says, by family: `tcp4 5432`. Containers
 * publish none: they are in the machine's network, or on a bridge behind a proxy that is.
 */
export async function listeners(machine: string): Promise<readonly string[]> {
  const lines = await must(machine, "ss -Hlntu");
  const found = lines.split("\n").flatMap((line) => {
    const [protocol = "", , , , local = ""] = line.trim().split(/\s+/);
    const [, address = "", port = ""] = /^(.*):(\d+)$/.exec(local) ?? [];
    const isLoopback = /^127\.|^\[::1\]|^\[::ffff:127\./.test(address) || address.endsWith("%lo");
    if (isLoopback || port === "") return [];
    return familiesOf(address).map((family) => `${protocol}${family} ${port}`);
  });
  return [...new Set(found)].sort();
}

/** A socket of both families shows as a star, and one of the new family for an address of the old one as mapped. */
function familiesOf(address: string): readonly string[] {
  if (address === "*") return ["4", "6"];
  return [address.startsWith("[") && !address.startsWith("[::ffff:") ? "6" : "4"];
}

/** Writes a line to its standard output for each datagram: the text, and the port that it came to. */
const receive = `
import selectors, socket, sys, time
until = time.monotonic() + float(sys.argv[1])
waiting = selectors.DefaultSelector()
for port in sys.argv[2:]:
    one = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    one.bind(("::", int(port)))
    waiting.register(one, selectors.EVENT_READ, port)
while time.monotonic() < until:
    for key, _ in waiting.select(0.5):
        print(key.data, key.fileobj.recv(200).decode(), flush=True)
`;

/** Datagrams to these ports of a machine that got through its firewalls while `work` sent some. */
export async function received(
  machine: string,
  ports: readonly number[],
  work: () => Promise<void>,
): Promise<readonly string[]> {
  const file = "/run/e2e-datagrams";
  const unit = "e2e-datagrams";
  const start = `systemd-run --quiet --collect --unit ${unit} -p StandardOutput=truncate:${file} python3 -c "$(cat)" 300 ${ports.join(" ")}`;
  await must(machine, start, 30, receive);
  await must(
    machine,
    `for _ in {1..100}; do [ "$(ss -Hlnu | grep -c -E ':(${ports.join("|")}) ')" -ge ${ports.length} ] && exit 0; sleep 0.1; done; exit 1`,
  );
  try {
    await work();
    // On the same machine nothing filters: when these have come, all others have come or never will.
    await sendDatagrams(
      { machine },
      "self",
      ports.map((port) => `127.0.0.1 ${port}`),
    );
    await must(
      machine,
      `for _ in {1..100}; do [ "$(grep -c ' self$' ${file})" -ge ${ports.length} ] && exit 0; sleep 0.1; done; exit 1`,
    );
    return (await must(machine, `sort -u ${file}`)).split("\n").filter((line) => !line.endsWith(" self"));
  } finally {
    await must(machine, `systemctl stop ${unit}; rm -f ${file}`);
  }
}

async function python(
  source: Source,
  program: string,
  args: readonly string[],
  input: string,
): Promise<Pick<Result, "stdout">> {
  if (source === "admin") return execa("python3", ["-c", program, ...args], { input });
  if (source === "internet") {
    const inside = ["netns", "exec", namesOf(settings).internet, "python3", "-c", program, ...args];
    return execa("ip", inside, { input });
  }
  const quoted = [program, ...args].map((text) => `'${text.replaceAll("'", "'\\''")}'`).join(" ");
  return { stdout: await must(source.machine, `python3 -c ${quoted}`, 120, input) };
}
