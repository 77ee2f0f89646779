#!/bin/bash
# pyinfra 3.10.0 (PyPI): an inventory whose hosts are lists and not tuples is no mistake; the run does nothing and ends
# with 0.
#
# A host with data is written as a tuple, `("@local", {})`. The same pair as a list, which is what JSON or YAML gives,
# makes pyinfra say "Ignoring host group" once, among its usual lines; then it connects to nobody, runs every operation
# on nobody and ends with exit status 0:
#
#   as tuples: status 0, the file is there
#   as lists: status 0, no file
#
# Who is hurt: who generates the inventory from a file. The pipeline is green and no machine was configured. Count the
# hosts of the summary, or make tuples: `[tuple(host) for host in hosts]`.
#
# Needs Python 3.10 with venv; half a minute. Ends with 1 when the behaviour has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pyinfra==3.10.0
cd "$work"
echo 'hosts = [("@local", {})]' >tuples.py
echo 'hosts = [["@local", {}]]' >lists.py
cat >deploy.py <<END
from pyinfra.operations import files

files.line(name="a line", path="$work/file", line="hello")
END
for kind in tuples lists; do
  rm -f file
  status=0
  venv/bin/pyinfra -y "$kind.py" deploy.py >"$kind.log" 2>&1 || status=$?
  echo "as $kind: status $status, $([ -e file ] && echo "the file is there" || echo "no file")"
done | tee seen
diff - seen <<'END'
as tuples: status 0, the file is there
as lists: status 0, no file
END
grep -o 'Ignoring host group "hosts"' lists.log
echo "as described"
