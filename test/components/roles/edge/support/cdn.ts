import { looksLikeQuestion, withCdn } from "./options";
import { ending, standIns } from "./standIns";

/** What the stand-in of a CDN shows to be known by. */
export const originSecret = withCdn.cdn?.secret ?? "";

export const cdnAddress = "192.0.2.7";

/** A real cache that obeys what stands in answers, as a CDN does; visitors reach it at port 8081. */
export const cdnConfig = `daemon off;
worker_processes 1;
pid /tmp/cdn.pid;
error_log /tmp/cdn.log;
events {
}
http {
  access_log off;
  proxy_cache_path /tmp/cdn-kept keys_zone=kept:1m;
  server {
    listen ${cdnAddress}:8081;
    location / {
      proxy_bind ${cdnAddress};
      proxy_pass http://10.0.1.11;
      proxy_set_header Host www.example.com;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Origin-Secret ${originSecret};
      proxy_cache kept;
      add_header X-Cache $upstream_cache_status always;
    }
  }
}
`;

/** Visitors of the CDN, and people who try to go around it. `/tmp/cdn.json`: how many requests at once are allowed. */
export const cdnScenario = `${standIns}
import random
BURST, = json.load(open("/tmp/cdn.json"))
CDN = "${cdnAddress}"
A, B, C = VISITORS = ["10.9.0.1", "10.9.0.2", "10.9.0.3"]
for address in [CDN, "192.0.2.8", *VISITORS]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
cdn = subprocess.Popen(["nginx", "-c", "/tmp/cdn.conf"])
SECRET = {"X-Origin-Secret": "${originSecret}"}
GUARDED = {"X-Platform-Question": "${looksLikeQuestion}"}


def headers_of(path):
    if path.startswith("/assets/"):
        return {"Cache-Control": "public, max-age=31536000, immutable", "Surrogate-Control": "max-age=86400", "Surrogate-Key": "app", "CDN-Cache-Control": "max-age=86400", "ETag": '"1"', "Vary": "Accept-Encoding"}
    if path.startswith("/page/"):
        return {"Cache-Control": "public, max-age=3600"}
    return {"Cache-Control": "private, no-store"}


for node in nodes.values():
    node.headers_of = headers_of


def visit(client, path="/api/me", headers={}, target=(CDN, 8081)):
    connection = http.client.HTTPConnection(*target, timeout=15, source_address=(client, 0))
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    except OSError as error:
        return 0, str(error).encode(), {}
    finally:
        connection.close()


ORIGIN = (EDGE, 80)
until(lambda: visit(C)[0] == 200)
around = {
    "by nobody": (C, {}),
    "with the secret, from elsewhere": (C, SECRET),
    "as another visitor": (C, {"X-Forwarded-For": CDN}),
    "by the CDN's machines for somebody else": (CDN, {}),
    "by them with another secret": (CDN, {"X-Origin-Secret": "${originSecret}2"}),
}
result["around"] = {name: visit(client, "/page/1", headers, ORIGIN)[0] for name, (client, headers) in around.items()}
result["byAnotherOfItsMachines"] = visit("192.0.2.8", "/page/1", SECRET, ORIGIN)[0]
result["state"] = visit(C, "/.well-known/platform-edge", GUARDED, ORIGIN)[0]
seen = json.loads(visit(A, headers={"X-Forwarded-For": "198.51.100.66", "X-Real-IP": "198.51.100.66"})[1])["headers"]
result["seen"] = {name.lower(): value for name, value in seen.items()}
odd = json.loads(visit(CDN, "/api/me", {**SECRET, "X-Forwarded-For": "unknown"}, ORIGIN)[1])["headers"]
result["oddClient"] = {name.lower(): value for name, value in odd.items()}["x-real-ip"]
result["kept"] = visit(CDN, "/assets/app.js", SECRET, ORIGIN)[2]

result["burst"] = [visit(B)[0] for _ in range(BURST + 10)]
result["another"] = visit(C)[0]
for node in nodes.values():
    node.seconds = 1
together = []
clients = [f"10.9.1.{number + 1}" for number in range(20)]
for address in clients:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
threads = [threading.Thread(target=lambda client=client: together.append(visit(client)[0])) for client in clients]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
result["together"] = together
for node in nodes.values():
    node.seconds, node.seen = 0, []

# Most of what visitors ask for is the same, some of it rarely, and some is for one of them.
pick = random.Random(1)
paths = []
for _ in range(1000):
    kind = pick.random()
    number = int(pick.paretovariate(1)) % 100
    paths.append(f"/assets/{number}.js" if kind < 0.7 else f"/page/{number}" if kind < 0.9 else f"/api/{number}")
clients = [f"10.9.2.{number + 1}" for number in range(50)]
for address in clients:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
answers = [visit(pick.choice(clients), path) for path in paths]
result["asked"] = len(paths)
result["failed"] = [status for status, _, _ in answers if status != 200]
result["hits"] = sum(headers["X-Cache"] == "HIT" for _, _, headers in answers)
result["reachedOrigin"] = sum(len(node.seen) for node in nodes.values())
result["different"] = len({path for path in paths if not path.startswith("/api/")})
result["personal"] = sum(path.startswith("/api/") for path in paths)
for node in nodes.values():
    node.kill()
until(lambda: not healthy(), 5)
result["withoutOrigin"] = [visit(A, path)[0] for path in ["/assets/1.js", "/page/1"]]
cdn.terminate()
cdn.wait()
${ending}`;
