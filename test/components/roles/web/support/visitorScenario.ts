import { ending, standIns } from "./standIns";

/** Everything that is not about keeping: who asks, how, and what goes to whom. */
export const visitorScenario = `${standIns}
def echo(**more):
    return json.loads(ask("/echo", **{"headers": {"Cookie": "a=1"}, **more})[2])


forged = {"X-Forwarded-For": "203.0.113.66", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1", "X-Real-IP": "203.0.113.66",
          "Forwarded": "for=203.0.113.66", "X-Request-ID": "b" * 32, "X-Platform-Any-Replica": "yes", "X-Platform-Service": "admin"}
told_id = "0f" * 16
result["told"] = echo(headers={"Cookie": "a=1", "X-Request-ID": told_id})["headers"]
result["forged"] = echo(headers={"Cookie": "a=1", **forged}, source="192.0.2.66")["headers"]
result["hsts"] = [ask("/page")[1].get("strict-transport-security"), ask("/page", headers={"X-Forwarded-Proto": "http"})[1].get("strict-transport-security")]
result["any"] = echo(headers={"Cookie": "a=1", "X-Platform-Any-Replica": "yes"})["headers"].get("x-platform-any-replica")
names = ["x-content-type-options", "x-frame-options", "referrer-policy", "x-xss-protection"]
result["headers"] = [[ask(path)[1].get(name) for name in names] for path in ("/page", "/framed")]

# Compression.
for coding in ("gzip", "br", "gzip, deflate, br", ""):
    answers = [ask(f"/size/{size}.txt", headers={"Accept-Encoding": coding} if coding else {})[1].get("content-encoding") for size in (1023, 1024)]
    result.setdefault("compressed", {})[coding] = answers

# Kept connections, and how often what is done.
seen.clear()
result["break"] = [ask("/break", method="POST", body=b"a")[0], asked("/break"), ask("/break", headers={"Cookie": "a=1"})[0], asked("/break")]
stop(NODES[0])
time.sleep(0.1)
result["oneAway"] = sorted({ask("/page", headers={"Cookie": "a=1"})[0] for _ in range(30)})
result["postsAway"] = sorted({ask("/echo", method="POST", body=b"a")[0] for _ in range(30)})
start(NODES[0])
seen.clear()
until(lambda: [ask("/page", headers={"Cookie": "a=1"}) for _ in range(10)] and len({one[2] for one in seen}) == 2)
seen.clear()
for _ in range(100):
    ask("/page", headers={"Cookie": "a=1"})
result["share"] = {node: sum(1 for one in seen if one[2] == node) for node in NODES}

# Slow visitors: one who reads slowly, and one who sends slowly.
def slow_reader():
    reader = socket.create_connection((WEB, 80), source_address=(EDGE, 0))
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.sendall(b"GET /large?slow HTTP/1.1\\r\\nHost: www.example.com\\r\\nCookie: a=1\\r\\n\\r\\n")
    reader.recv(1024)
    return reader


reader = slow_reader()
result["slowReader"] = until(lambda: "/large?slow" in done, 10)
rest = 1
total = 0
reader.settimeout(10)
while total < 790_000 and rest:
    rest = len(reader.recv(65536))
    total += rest
result["slowReaderGets"] = total >= 790_000
sender = socket.create_connection((WEB, 80), source_address=(EDGE, 0))
sender.sendall(b"POST /echo?slow HTTP/1.1\\r\\nHost: www.example.com\\r\\nContent-Length: 100000\\r\\n\\r\\n" + b"c" * 50_000)
time.sleep(0.7)
result["slowSender"] = [asked("/echo?slow")]
sender.sendall(b"c" * 50_000)
result["slowSender"] += [until(lambda: asked("/echo?slow") == 1)]
bodies = [os.path.join(folder, name) for folder, _, files in os.walk("/var/lib/nginx/body") for name in files]
result["onDisk"] = bodies
large = ask("/echo", method="PUT", body=b"d" * 3_000_000)
result["large"] = [large[0], json.loads(large[2])["body"]]
chunked = ask("/echo", method="PUT", body=iter([b"e" * 100_000] * 3))
result["chunked"] = [chunked[0], json.loads(chunked[2])["body"]]
result["tooLarge"] = ask("/echo", method="POST", headers={"Content-Length": str(101 * 1024 * 1024)})[0]

# A WebSocket, from end to end.
ws = socket.create_connection((WEB, 80), source_address=(EDGE, 0))
ws.sendall(b"GET /ws HTTP/1.1\\r\\nHost: www.example.com\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\nSec-WebSocket-Version: 13\\r\\n\\r\\n")
ws.settimeout(10)
head = ws.recv(4096).decode()
frame = bytes([0x81, 0x85, 1, 2, 3, 4]) + bytes(byte ^ mask for byte, mask in zip(b"hello", [1, 2, 3, 4, 1]))
ws.sendall(frame)
result["websocket"] = [head.split("\\r\\n")[0], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, ws.recv(100) == frame]

# Hosts, sites and protected paths.
admin = {"Authorization": "Basic " + base64.b64encode(b"admin:planted-password").decode(), "Cookie": "a=1"}
wrong = {"Authorization": "Basic " + base64.b64encode(b"admin:other").decode()}
result["protected"] = [ask("/hangfire/jobs")[0], ask("/HangFire")[0], ask("/hangfire", headers=wrong)[0], ask("/hangfire", headers=admin)[0], ask("/hangfirex")[0], ask("//hangfire/x")[0], ask("/%68angfire")[0]]
result["protectedStream"] = ask("/hangfire/echo", headers={"Accept": "text/event-stream"})[0]
result["protectedBody"] = ask("/hangfire/echo", method="POST", body=b"a" * 2_000_000)[0]
ask("/hangfire/jobs", headers=admin)
result["protectedKept"] = ask("/hangfire/jobs")[0]
result["office"] = [ask("/office")[0], ask("/office", headers={"X-Forwarded-For": "192.0.2.10"})[0]]
files = {"index.html": "<p>spa " + "y" * 2000, "app.1.js": "z" * 2000, "docs/index.html": "docs", ".git/config": "no"}
os.makedirs("/tmp/files")
for name, content in files.items():
    os.makedirs(os.path.dirname(f"/tmp/files/{name}"), exist_ok=True)
    open(f"/tmp/files/{name}", "w").write(content)
subprocess.run("tar -czf /tmp/site.tar.gz -C /tmp/files . && ln -s /etc/passwd /tmp/files/link && tar -czf /tmp/links.tar.gz -C /tmp/files .", shell=True, check=True)
site = lambda path, **more: ask(path, host="app.example.com", **more)
result["notReady"] = [ask("/.platform/ping")[0], ask("/.platform/ready")[0]]
os.makedirs("/srv/www/spa/releases")


def release(*arguments, archive=None):
    given = open(archive, "rb") if archive else subprocess.DEVNULL
    told = subprocess.run(["bash", "/tmp/platform-release", *arguments], stdin=given, capture_output=True, text=True)
    return [told.returncode, (told.stdout + told.stderr).strip()]


result["releases"] = [release("put", "spa", "v1", archive="/tmp/links.tar.gz"), release("put", "spa", "v1", archive="/tmp/site.tar.gz"), release("put", "spa", "v1", archive="/tmp/site.tar.gz")[0]]
result["ready"] = ask("/.platform/ready")[0]
seen.clear()
shown = lambda path: (lambda answer: [answer[0], answer[1].get("cache-control"), answer[2].decode()[:7]])(site(path))
result["site"] = {path: shown(path) for path in ["/", "/app.1.js", "/some/deep/link", "/docs/", "/missing.js", "/.git/config"]}
result["siteAsked"] = len(seen)
open("/tmp/files/index.html", "w").write("<p>second")
subprocess.run("rm /tmp/files/link && tar -cf /tmp/site.tar -C /tmp/files .", shell=True, check=True)
result["second"] = [release("put", "spa", "v2", archive="/tmp/site.tar")[0], shown("/")[2], release("use", "spa", "v1")[0], shown("/")[2], release("list", "spa")[1].split("\\n")]
for number in range(3, 9):
    release("put", "spa", f"v{number}", archive="/tmp/site.tar")
result["kept"] = release("list", "spa")[1].split("\\n")
result["etag"] = site("/", headers={"If-None-Match": site("/")[1]["etag"]})[0]

# Health of this machine.
state["ready"] = 503
result["unready"] = ask("/.platform/ready")[0]
state["ready"] = 200
open("/run/platform-web/leaving", "w").close()
result["leaving"] = [ask("/.platform/ping")[0], ask("/page")[0]]
os.remove("/run/platform-web/leaving")
result["internal"] = [ask(path)[0] for path in ("/.platform/", "/.platform/nothing", "/%2eplatform/x")]

# What is logged.
result["errorsLogged"] = sorted({line.split(": ")[0].split(" ")[-1] for line in logged if "upstream" in line})
logged.clear()
for path in ("/echo?log", "/health", "/health/ready", "/.platform/ping", "/hangfire"):
    ask(path, headers={"X-Request-ID": told_id, "Cookie": "a=1"})
ask("/echo?who", host="admin.example.com")
result["health"] = ask("/health", headers={"Cookie": "a=1"})[0]
state["status"] = 502
ask("/hangfire/fails", headers=admin)
ask("/health", headers={"Cookie": "a=1"})
until(lambda: any("fails" in line for line in logged))
time.sleep(0.3)
result["logged"] = [line for line in logged if "HTTP/1.1" in line]
${ending}`;
