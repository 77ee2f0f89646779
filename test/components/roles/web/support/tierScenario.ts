import { ending, standIns } from "./standIns";

/** The stand-ins without their own nginx: here there are two, and HAProxy in front. */
const nodes = standIns
  .slice(0, standIns.indexOf("threading.Thread(target=take_logs"))
  .replace("WEB, EDGE, VISITOR", "WEB, EDGE, VISITOR, OTHER")
  .replace('"192.0.2.9", ["10.0.2.11"', '"192.0.2.9", "10.0.5.12", ["10.0.2.11"')
  .replace("for address in [WEB,", "for address in [WEB, OTHER,");

/** Visitors through HAProxy and two web servers, of which one comes, leaves, is killed and comes back. */
export const tierScenario = `${nodes}
logs = {1: [], 2: []}


def take_logs_of(number):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(f"/tmp/log{number}.sock")
    os.chmod(f"/tmp/log{number}.sock", 0o666)
    while True:
        logs[number].append(listener.recv(65536).decode(errors="replace"))


for address in NODES:
    start(address)
for number in logs:
    threading.Thread(target=take_logs_of, args=(number,), daemon=True).start()
    until(lambda: os.path.exists(f"/tmp/log{number}.sock"))


def web(number, *arguments):
    subprocess.run(["nginx", "-c", f"/etc/platform/web{number}.conf", *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


both = open("/etc/haproxy/haproxy.cfg").read()
alone = "\\n".join(line for line in both.split("\\n") if not line.startswith("  server web2 "))
# At first there is none.
open("/etc/haproxy/haproxy.cfg", "w").write(open("/etc/platform/direct.cfg").read())
haproxy = subprocess.Popen(["haproxy", "-Ws", "-f", "/etc/haproxy/haproxy.cfg", "-S", "/run/haproxy-master.sock"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
open("/usr/local/lib/systemctl", "w").write("#!/bin/sh\\n")
os.chmod("/usr/local/lib/systemctl", 0o755)
answers, ending_visits = [], threading.Event()


def visit(number):
    connection = None
    while not ending_visits.is_set():
        try:
            # Half of the visitors keep their connections.
            if connection is None or number % 2:
                connection = http.client.HTTPConnection("10.0.1.11", 80, timeout=20)
            connection.request("POST" if number == 0 else "GET", "/visit", headers={"Host": "www.example.com", "Cookie": "a=1"})
            answer = connection.getresponse()
            content = answer.read()
            answers.append([answer.status, "" if answer.status == 200 else content.decode()[:80]])
        except OSError as error:
            connection = None
            answers.append([0, str(error)])
        time.sleep(0.005)


def failed():
    wrong = [answer for answer in answers if answer[0] != 200]
    count = len(answers)
    answers.clear()
    return [wrong[:5], count > 50]


def served():
    """How many requests each web server logs from now on."""
    before = {number: len(lines) for number, lines in logs.items()}
    until(lambda: len(answers) > 300)
    return [len(logs[number]) - before[number] for number in logs]


def is_ready():
    connection = http.client.HTTPConnection("127.0.0.1", 8404, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False


result["ready"] = until(is_ready)
visitors = [threading.Thread(target=visit, args=(number,), daemon=True) for number in range(4)]
for visitor in visitors:
    visitor.start()
until(lambda: len(answers) > 50)
# Web servers come between: the set-up of the load balancer is done with everything else before they are there.
await_machines = subprocess.Popen(["bash", "/etc/platform/await-machines"], env={**os.environ, "PATH": "/usr/local/lib:" + os.environ["PATH"]})
until(lambda: len(answers) > 400)
result["waits"] = await_machines.poll() is None
web(1)
until(lambda: len(answers) > 600)
web(2)
result["moves"] = await_machines.wait(60)
open("/etc/haproxy/haproxy.cfg", "w").write(alone)
result["reload"] = subprocess.run(["bash", "/tmp/reload-haproxy"], capture_output=True, text=True).stdout
result["moved"] = [until(lambda: len(logs[1]) > 100), *failed()]
shares = served()
result["alone"] = [failed(), shares]
failed()
# Another one is added.
open("/etc/haproxy/haproxy.cfg", "w").write(both)
haproxy.send_signal(12)
result["joins"] = until(lambda: len(logs[2]) > 100)
result["added"] = failed()
result["shares"] = served()
failed()
# One leaves as systemd has it: it denies its health, serves for three seconds more, then ends what it has begun.
open("/run/platform-web/leaving1", "w").close()
time.sleep(3)
web(1, "-s", "quit")
time.sleep(1)
result["left"] = failed()
result["without"] = served()
failed()
os.remove("/run/platform-web/leaving1")
web(1)
before = len(logs[1])
result["back"] = until(lambda: len(logs[1]) > before + 100)
result["returned"] = failed()
# One dies: its master and its workers.
subprocess.run("kill -9 $(cat /run/web1.pid) $(ps -o pid= --ppid $(cat /run/web1.pid))", shell=True, check=True)
until(lambda: len(answers) > 300)
ending_visits.set()
for visitor in visitors:
    visitor.join()
wrong = [answer for answer in answers if answer[0] != 200]
result["died"] = [len(wrong), len(answers) > 200, wrong[:5]]
haproxy.terminate()
${ending.replace(/subprocess\.run\(\["nginx".*\n/, 'web(2, "-s", "stop")\n')}`;
