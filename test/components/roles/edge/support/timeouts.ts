import { chainStart } from "./chain";
import { ending } from "./standIns";

/**
 * The whole way at its own times: load balancer, web server, Traefik and replicas that take as long as they are asked
 * to. All waiting is done at the same time.
 *
 * Usage: timeouts.py ENGINE
 */
export const timeoutsScenario = `import os, subprocess
for address in ["10.0.5.11", "10.0.2.13"]:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)
os.makedirs("/run/platform-web", exist_ok=True)
for name in ["web", "toNobody"]:
    subprocess.run(["nginx", "-c", f"/etc/platform/{name}.conf"], check=True)
${chainStart}
# A node that accepts no connection and refuses none: what waits to be accepted is as much as may.
deaf = socket.socket()
deaf.bind(("10.0.2.13", 8080))
deaf.listen(0)
waiting = []
for _ in range(8):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(("10.0.2.13", 8080))
    waiting.append(one)
time.sleep(0.5)


def timed(name, path, method="GET", size=0, host=EDGE, port=80, cookie="a=1"):
    began = time.monotonic()
    connection = http.client.HTTPConnection(host, port, timeout=100)
    # By a cookie the page is somebody's own and passes the cache by.
    headers = {"Host": "www.example.com"} | ({"Cookie": cookie} if cookie else {})
    try:
        if size:
            connection.putrequest(method, path, skip_host=True)
            for key, value in {**headers, "Content-Length": str(size)}.items():
                connection.putheader(key, value)
            connection.endheaders()
            try:
                connection.send(bytes(size))
            except OSError:
                pass
        else:
            connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        told = json.loads(content)["headers"].get("x-request-id") if content.startswith(b"{") else None
        result[name] = {"status": answer.status, "id": answer.getheader("X-Request-ID"), "told": told}
    except OSError as error:
        result[name] = {"status": 0, "error": str(error)}
    result[name]["seconds"] = time.monotonic() - began


asked = [
    ("inTime", "/page?after=57"),
    ("tooLate", "/page?after=75"),
    ("kept", "/kept?after=57", {"cookie": None}),
    ("shortInTime", "/short/page?after=1"),
    ("shortLate", "/short/page?after=9"),
    ("longInTime", "/long/page?after=63"),
    ("unread", "/unread", {"method": "PUT", "size": 40_000_000}),
    ("toNobody", "/page", {"host": "10.0.5.11", "port": 8082}),
]
threads = [threading.Thread(target=timed, args=one[:2], kwargs=dict(*one[2:])) for one in asked]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
result["repeated"] = {path: seen.count(path) for _, path, *_ in asked}
for name in ["web", "toNobody"]:
    subprocess.run(["nginx", "-c", f"/etc/platform/{name}.conf", "-s", "stop"])
for traefik in traefiks:
    traefik.terminate()
${ending}`;
