/** What the load balancer's set-up does about machines that are ready, not yet there, or gone. */
export const movingScenario = `import json, os, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OLD, NEW = ["10.0.2.11", "10.0.2.12"], ["10.0.5.11", "10.0.5.12"]
result, servers, ready = {}, {}, {}
for address in OLD + NEW:
    subprocess.run(["ip", "address", "add", address + "/32", "dev", "lo"], check=True)


class Machine(BaseHTTPRequestHandler):
    def do_GET(self):
        is_ready = ready.get(self.server.server_address[0], True) or self.path != "/.platform/ready"
        self.send_response(200 if is_ready and self.headers["Host"] == "www.example.com" else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


def start(*addresses):
    for address in addresses:
        servers[address] = ThreadingHTTPServer((address, 80), Machine)
        threading.Thread(target=servers[address].serve_forever, daemon=True, args=(0.05,)).start()


def stop(*addresses):
    for address in addresses:
        servers[address].shutdown()
        servers[address].server_close()


def run_unit(exit_code):
    open("/usr/local/lib/systemctl", "w").write(f"#!/bin/sh\\nexit {exit_code}\\n")
    os.chmod("/usr/local/lib/systemctl", 0o755)


environment = {**os.environ, "PATH": "/usr/local/lib:" + os.environ["PATH"]}


def move(*arguments, during=lambda: None, script="to-web"):
    begun = time.monotonic()
    moving = subprocess.Popen(["bash", f"/tmp/{script}", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    during()
    text = moving.communicate()[0]
    return {"code": moving.returncode, "seconds": time.monotonic() - begun, "text": text}


run_unit(3)
result["stopped"] = move("2")
run_unit(0)
result["nobody"] = move("2")
start(*OLD)
result["never"] = move("2")
result["more"] = move("2", script="to-more")


def come():
    time.sleep(1)
    start(NEW[0])
    ready[NEW[1]] = False
    start(NEW[1])
    time.sleep(1.5)
    result["stillWaits"] = True
    ready[NEW[1]] = True


result["come"] = move("60", "60", during=come)
ready[NEW[1]] = False
result["one"] = move("60", "2")
for address in NEW:
    ready[address] = False
result["lost"] = move("60", "60", during=lambda: (time.sleep(0.5), stop(*OLD)))
print("RESULT " + json.dumps(result))
os._exit(0)
`;
