import { ending, standIns } from "./standIns";

/** What is kept, what is not, and what visitors get while the application has errors. */
export const keepingScenario = `${standIns}
def told(path, **more):
    """Status, Cache-Control, where it came from, and how often the nodes were asked by now."""
    status, headers, content = ask(path, **more)
    return [status, headers.get("cache-control"), headers.get("x-cache"), asked(path), content.decode(errors="replace")[:40]]


result["page"] = [told("/page"), told("/page")]
result["query"] = [told("/list?colour=red"), told("/list?colour=red")]
result["asset"] = [told("/app.js"), told("/app.js", headers={"Cookie": "session=1"})]
result["login"] = [told("/page2", headers={"Cookie": "session=1"}), told("/page2", headers={"Cookie": "session=1"})]
result["password"] = [told("/app2.js", headers={"Authorization": "Bearer x"}) for _ in range(2)]
result["harmless"] = [told("/page", headers={"Cookie": "_ga_12=1; _gid=2"}), told("/page", headers={"Cookie": "_ga=1; sid=2"})]
result["api"] = [told("/api/list") for _ in range(2)]
result["search"] = [told("/search?q=a") for _ in range(2)]
result["cookie"] = [told("/cookie") for _ in range(2)]
result["said"] = [told("/said"), told("/said")]
result["private"] = [told("/private"), told("/private")]
result["gone"] = [told("/gone"), told("/gone")]
result["vary"] = [ask("/page")[1].get("vary"), ask("/app.js")[1].get("vary")]
result["post"] = [told("/page", method="POST", body=b"a")[1:3]]

# An error that says how long it may be kept, and nodes that are away. Both pages are kept for a second, and are stale
# for three more; nginx counts whole seconds.
kept = [told(path)[2] for path in ("/page?short", "/turns?short")]
time.sleep(6)
state["release"] = "two"
state["status"] = 403
result["turns"] = [*kept, told("/turns?short")[0]]
state["status"] = 503
result["errors"] = [told("/page?short") for _ in range(3)]
for address in NODES:
    stop(address)
result["away"] = [told("/page?short"), told("/page3")[:2]]
for address in NODES:
    start(address)
until(lambda: ask("/page4")[0] == 503)
result["notKept"] = told("/page4")[:3]
state["status"] = None
result["afterwards"] = told("/page4")[0]
result["recovers"] = told("/page?short")[4]

# While a page is renewed, visitors get the one of before at once.
ask("/renew?short")
time.sleep(2.1)
state["delay"] = 5
state["release"] = "three"
begun = time.monotonic()
renewing = told("/renew?short")
result["renewing"] = [renewing[2], renewing[4], time.monotonic() - begun < 4]
result["renewed"] = until(lambda: b"of three" in ask("/renew?short")[2])
state["delay"] = 0

# Purging, as on a machine; systemd is not here.
open("/usr/local/lib/systemctl", "w").write("#!/bin/sh\\n[ $1 = is-active ] || exec nginx -c /etc/platform/nginx.conf -s reload\\n")
os.chmod("/usr/local/lib/systemctl", 0o755)
environment = {**os.environ, "PATH": "/usr/local/lib:" + os.environ["PATH"]}


def purge(*arguments):
    done = subprocess.run(["bash", "/tmp/platform-purge", *arguments], env=environment, capture_output=True, text=True)
    return [done.returncode, done.stdout.strip() + done.stderr.strip()]


def release_of(path):
    return ask(path)[2].decode().split(" x")[0][-5:].split()[-1]


state["release"] = "four"
for path in ("/asset/a.js", "/asset/b.js", "/asset/bb.js"):
    ask(path)
state["release"] = "five"
result["purgeOne"] = [purge("https://www.example.com/asset/b.js")] + [release_of(f"/asset/{name}.js") for name in ("a", "b", "bb")]
result["purgePrefix"] = [purge("--prefix", "https://www.example.com/asset/b")] + [release_of(f"/asset/{name}.js") for name in ("a", "b", "bb")]
result["release"] = [purge("--release", "five")[0], until(lambda: release_of("/asset/a.js") == "five"), purge("--release", "five")]
state["release"] = "six"
result["keptAgain"] = release_of("/asset/a.js")
result["purgeAll"] = [purge("--all")[0], until(lambda: release_of("/asset/a.js") == "six")]
result["wrong"] = [purge("www.example.com"), purge("https://www.example.com")[0], purge()[0]]
${ending}`;
